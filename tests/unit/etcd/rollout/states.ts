import * as fc from "fast-check";
import type { Question } from "../../../../components/etcd/rollout/decide";
import type { Desired, DesiredMember, Recorded } from "../../../../components/etcd/rollout/desired";
import type {
  Answer,
  MemberEntry,
  Observed,
  ObservedMachine,
  View,
} from "../../../../components/etcd/rollout/observed";
import {
  clientUrl,
  desired as desiredOf,
  desiredMember,
  five,
  idOf,
  membersOf,
  own,
  peerUrl,
  stranger,
} from "./example";

/** States that a decision may be asked about, likely ones and such as should never be. */

const GiB = 1024 ** 3;
const restores = ["", "", "", "1a2b3c4d", "5e6f7a8b"];
const versions = ["3.4.45", "3.5.31", "3.5.35", "3.6.10", "3.6.16", "3.6.16", "3.6.16", "3.7.3"];
const anyMembers = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(["a"], ["a", "b"], ["a", "b", "c"], five) },
  { weight: 1, arbitrary: fc.subarray(five, { minLength: 1 }) },
);
/** Mostly the first. */
const mostly = <Value>(usual: Value, ...others: Value[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...others) },
  );

const moved = (name: string) => peerUrl(name).replace("10.0.1.", "10.0.2.");

const member = (name: string): fc.Arbitrary<DesiredMember> =>
  fc
    .record({
      machineGeneration: mostly(1, 2, 3),
      dataGeneration: mostly(1, 1, 2),
      place: mostly("10.0.1.0/24", "10.0.2.0/24"),
      peerUrl: mostly(peerUrl(name), moved(name), peerUrl(name).replace("https", "http")),
      dataDirectory: mostly("/var/lib/etcd", `/var/lib/etcd/${name}`),
      nice: mostly("", "Nice=-5\n"),
    })
    .map(({ nice, ...changes }) => {
      const plain = desiredMember(name, changes);
      return { ...plain, unit: plain.unit.replace("LimitNOFILE", `${nice}LimitNOFILE`) };
    });

export const desiredStates: fc.Arbitrary<Desired> = anyMembers.chain((names) =>
  fc
    .record({
      clusterName: mostly("etcd", "prod"),
      version: fc.constantFrom(...versions),
      allowDowngradeTo: fc.constantFrom("", "3.5", "3.6"),
      certificateAuthorities: fc.constantFrom([1], [1], [1, 2], [2, 1], [2], []),
      certificateIssue: mostly(1, 2),
      instanceType: mostly("t3.small", "t3.medium"),
      architecture: mostly("amd64", "arm64"),
      quotaBytes: fc.constantFrom(2 * GiB, 8 * GiB, 8 * GiB),
      dataVolumeGiB: fc.constantFrom(8, 20, 20),
      accessControl: mostly(false, true),
      clients: mostly<Record<string, string>>({}, { app: "app@01234567" }),
      fixed: mostly({ vpcCidr: "10.0.0.0/16" }, { vpcCidr: "10.9.0.0/16" }),
      restore: fc.record({
        id: fc.constantFrom(...restores),
        from: fc.constant("s3://bucket/etcd.db"),
        overData: fc.boolean(),
      }),
      members: fc.tuple(...names.map(member)),
    })
    .map(({ members, ...rest }) =>
      desiredOf({
        ...rest,
        members: Object.fromEntries(members.map((one, index) => [names[index]!, one])),
      }),
    ),
);

/** What is asked for now, or was by an earlier update: mostly nearly the same. */
const near = (desired: Desired): fc.Arbitrary<Desired> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(desired) },
    {
      weight: 4,
      arbitrary: desiredStates.chain((other) =>
        fc.subarray(Object.keys(other) as (keyof Desired)[], { maxLength: 2 }).map((parts) => ({
          ...desired,
          ...Object.fromEntries(parts.map((part) => [part, other[part]])),
        })),
      ),
    },
    {
      weight: 2,
      // Somebody has since been asked for once more.
      arbitrary: fc
        .oneof(
          {
            weight: 3,
            arbitrary: fc.constantFrom(...Object.keys(desired.members)).map((name) => [name]),
          },
          { weight: 1, arbitrary: fc.subarray(Object.keys(desired.members)) },
        )
        .chain((names) => fc.tuple(fc.constant(names), fc.boolean()))
        .map(([names, withData]) => ({
          ...desired,
          members: Object.fromEntries(
            Object.entries(desired.members).map(([name, one]) => [
              name,
              names.includes(name)
                ? {
                    ...one,
                    machineGeneration: one.machineGeneration - 1,
                    dataGeneration: one.dataGeneration - Number(withData),
                  }
                : one,
            ]),
          ),
        })),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom("3.6.16", "3.7.3").map((version) => ({ ...desired, version })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(["3.5.35", "3.5"] as const, ["3.6.16", "3.6"] as const)
        .map(([version, allowDowngradeTo]) => ({ ...desired, version, allowDowngradeTo })),
    },
    {
      weight: 1,
      // Members were more, or fewer.
      arbitrary: anyMembers.map((names) => ({ ...desired, members: membersOf(names) })),
    },
    { weight: 1, arbitrary: desiredStates },
  );

const answers = fc.constantFrom<Answer>("serves", "serves", "serves", "refused", "silent");

const entry = (name: string): fc.Arbitrary<MemberEntry> =>
  fc.record({
    id: mostly(idOf(name), idOf("z")),
    name: mostly(name, "", "stranger"),
    peerUrls: mostly([peerUrl(name)], [moved(name)], [peerUrl(name), moved(name)]),
    clientUrls: mostly([clientUrl(name)], [], [clientUrl("y")]),
    isLearner: mostly(false, true),
  });

const views = (names: readonly string[], version: string): fc.Arbitrary<View> =>
  fc
    .record({
      isSilent: mostly(false, true),
      isKnown: mostly(true, false),
      answers: fc.tuple(...names.map(() => answers)),
      entries: fc.tuple(...names.map((name) => fc.option(entry(name), { freq: 8 }))),
      stranger: fc.oneof(
        { weight: 8, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: entry("x") },
      ),
      leader: fc.constantFrom(...names, "x"),
      raftIndex: mostly(1000, 2),
      database: mostly(20480, 3 * GiB),
      alarms: mostly(
        [],
        [{ member: idOf("a"), alarm: "NOSPACE" }],
        [{ member: idOf("b"), alarm: "CORRUPT" }],
      ),
      clusterVersion: mostly<string | undefined>(
        `${version.split(".").slice(0, 2).join(".")}.0`,
        undefined,
        "3.6.0",
      ),
    })
    .map((one) => {
      const said = (index: number): Answer => (one.isSilent ? "silent" : one.answers[index]!);
      const serving = names.filter((_, index) => said(index) === "serves");
      const listed = [...one.entries, one.stranger].filter((each) => each !== null);
      const isTold = one.isKnown && serving.length > 0;
      return {
        answers: new Map(names.map((name, index) => [clientUrl(name), said(index)])),
        status: new Map(
          serving.map((name) => [
            clientUrl(name),
            {
              id: idOf(name),
              version,
              leader: idOf(one.leader),
              raftIndex: one.raftIndex,
              dbSizeBytes: one.database,
            },
          ]),
        ),
        members: isTold && listed.length > 0 ? listed : undefined,
        alarms: isTold ? one.alarms : undefined,
        clusterVersion: one.isSilent ? undefined : one.clusterVersion,
      };
    });

const machine = (name: string, view: View, version: string): fc.Arbitrary<ObservedMachine> =>
  fc.oneof(
    {
      weight: 1,
      arbitrary: fc.constant({ name, seen: false as const, problem: "connection refused" }),
    },
    {
      weight: 9,
      arbitrary: fc
        .record({
          cluster: mostly(own.clusterId, "", stranger),
          founded: mostly("2026-11-24T10:00:00Z", ""),
          restored: fc.constantFrom(...restores),
          restoreWaiting: fc.constantFrom(...restores),
          dataCluster: mostly(own.clusterId, "", stranger),
          hasData: mostly(true, false),
          running: mostly(own.clusterId, "", stranger),
          isRunning: mostly(true, false),
          isUp: mostly(true, false),
          restarts: mostly(0, 7),
          version: mostly(version, "3.7.3", ""),
          digest: fc.constantFrom("old", "new"),
          trusts: fc.constantFrom<(number[] | undefined)[]>([1], [1, 2], undefined),
          issuedBy: fc.constantFrom(1, 1, 2),
          quotaBytes: mostly(8 * GiB, 0, GiB),
        })
        .map((one): ObservedMachine => ({
          name,
          seen: true,
          cluster: {
            id: one.cluster,
            name: "etcd",
            stack: own.stack,
            founded: one.founded,
            restored: one.restored,
          },
          dataCluster: one.dataCluster,
          hasData: one.hasData,
          restoreWaiting: one.restoreWaiting,
          certificates: [],
          process: {
            pid: one.isRunning ? 4711 : 0,
            version: one.isRunning ? one.version : "",
            digest: one.isRunning ? one.digest : "",
            cluster: one.isRunning ? one.running : "",
            ...(one.trusts !== undefined && { trusts: one.trusts }),
            quotaBytes: one.quotaBytes,
            restarts: one.restarts,
            isUp: one.isUp,
          },
          issuedBy: one.issuedBy,
          view,
        })),
    },
  );

/** A machine that has never had a member. */
const fresh = (name: string, view: View): fc.Arbitrary<ObservedMachine> =>
  fc.constantFrom("", "", "1a2b3c4d").map((restoreWaiting) => ({
    name,
    seen: true,
    cluster: { id: "", name: "", stack: "", founded: "", restored: "" },
    dataCluster: "",
    hasData: false,
    restoreWaiting,
    certificates: [],
    process: {
      pid: 0,
      version: "",
      digest: "",
      cluster: "",
      quotaBytes: 0,
      restarts: 0,
      isUp: false,
    },
    view,
  }));

function observedStates(names: readonly string[], version: string): fc.Arbitrary<Observed> {
  const nobody = views(names, version).map((view): View => ({
    ...view,
    answers: new Map([...view.answers.keys()].map((url) => [url, "refused" as const])),
    status: new Map(),
    members: undefined,
    alarms: undefined,
    clusterVersion: undefined,
  }));
  const living = views(names, version).chain((view) =>
    fc.tuple(
      ...names.map((name) =>
        fc.oneof(
          { weight: 6, arbitrary: machine(name, view, version) },
          // It has a look of its own.
          {
            weight: 1,
            arbitrary: views(names, version).chain((other) => machine(name, other, version)),
          },
          { weight: 1, arbitrary: fresh(name, view) },
        ),
      ),
    ),
  );
  const unborn = nobody.chain((view) =>
    fc.tuple(
      ...names.map((name) =>
        fc.oneof(
          { weight: 8, arbitrary: fresh(name, view) },
          { weight: 1, arbitrary: machine(name, view, version) },
        ),
      ),
    ),
  );
  return fc
    .oneof({ weight: 4, arbitrary: living }, { weight: 1, arbitrary: unborn })
    .chain((machines) =>
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(machines) },
        // Not everybody was looked at.
        { weight: 1, arbitrary: fc.subarray(machines) },
      ),
    )
    .map((machines) => ({ machines }));
}

/** Whatever a decision may be asked. */
export const questions: fc.Arbitrary<Question & { observed: Observed }> = desiredStates
  .chain((desired) =>
    fc
      .record({
        before: near(desired),
        attempted: fc.option(near(desired), { freq: 1, nil: undefined }),
        isRecorded: mostly(true, false),
        other: mostly("", ...versions),
        digests: fc.boolean(),
      })
      .chain(({ before, attempted, isRecorded, other, digests }) => {
        const names = [...Object.keys(desired.members), ...Object.keys(before.members)];
        const all = [...new Set(names)];
        const recorded = fc.subarray(all).map((restored): Recorded => ({
          clusterId: own.clusterId,
          update: "0011223344556677",
          desired: before,
          restored,
        }));
        return fc.record({
          clusterId: fc.constant(own.clusterId),
          stack: fc.constant(own.stack),
          desired: fc.constant(desired),
          recorded: isRecorded ? recorded : fc.constant(undefined),
          attempted: fc.constant(attempted),
          observed: observedStates(all, other || before.version),
          ...(digests && {
            digests: fc.constant(Object.fromEntries(all.map((name) => [name, "new"]))),
          }),
        });
      }),
  )
  // Plain objects, as they come from a state and from settings.
  .map((asked) => structuredClone(asked));
