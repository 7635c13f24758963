import { describe, expect, it } from "vitest";
import { decideMember, type Question, viewOf } from "../../../../components/etcd/rollout/decide";
import {
  endsAProcess,
  isBlocked,
  type MemberStep,
  waitsForOthers,
} from "../../../../components/etcd/rollout/memberStep";
import {
  blank,
  clientUrl,
  desired,
  emptied,
  five,
  idOf,
  type MachineChanges,
  membersOf,
  namesWay,
  observed,
  type ObservedChanges,
  own,
  peerUrl,
  question,
  recorded,
  stopped,
  stranger,
} from "./example";

const digests = { a: "new", b: "new", c: "new", d: "new", e: "new" };
const current: MachineChanges = { process: { digest: "new" } };
const founding = { recorded: undefined };
const allBlank = { a: blank, b: blank, c: blank } satisfies Record<string, MachineChanges>;
const restore = { id: "1a2b3c4d", from: "s3://bucket/etcd.db", overData: false };

type Case = [string, string, ObservedChanges, Partial<MemberStep>, Partial<Question>?];

function stepOf(name: string, seen: ObservedChanges, changes: Partial<Question> = {}) {
  return decideMember(question({ digests, observed: observed(seen), ...changes }), name);
}

describe("what happens to a member next", () => {
  it.each<Case>([
    // It has data.
    ["it serves as it is asked for", "b", { machines: { b: current } }, { action: "keep" }],
    [
      "it serves with another unit",
      "b",
      {},
      {
        action: "restart",
        pid: 4711,
        serve: [clientUrl("a"), clientUrl("c")],
        lead: [],
        via: clientUrl("a"),
      },
    ],
    [
      "it leads, with another unit",
      "a",
      {},
      {
        action: "restart",
        serve: [clientUrl("b"), clientUrl("c")],
        lead: [idOf("b"), idOf("c")],
        via: clientUrl("b"),
      },
    ],
    [
      "it is stopped",
      "b",
      { machines: { b: { process: stopped } }, answers: { b: "refused" } },
      { action: "start", pid: 0, serve: [], rename: "" },
    ],
    [
      "all are stopped",
      "b",
      { machines: { b: { process: stopped } }, silent: true },
      { action: "start" },
    ],
    [
      "it ends again and again, and another one is down",
      "b",
      {
        all: five,
        machines: { b: { process: { pid: 99, restarts: 7, isUp: false } } },
        answers: { b: "refused", c: "silent" },
      },
      { action: "start", pid: 99 },
    ],
    [
      "it has moved to another address",
      "b",
      {
        machines: { b: { process: stopped } },
        answers: { b: "refused" },
        entries: { b: { peerUrls: ["https://10.0.9.9:2380"] } },
      },
      { action: "start", rename: idOf("b") },
    ],
    [
      "it is at its own address, and an entry under its name is left at another one",
      "b",
      {
        machines: { b: { process: stopped } },
        answers: { b: "refused" },
        entries: { z: { name: "b", peerUrls: ["https://10.0.9.9:2380"] } },
      },
      { action: "start", rename: "" },
    ],
    [
      "it goes on to the next minor version, while no update has succeeded yet",
      "b",
      {},
      { action: "restart" },
      { recorded: undefined, desired: desired({ version: "3.7.3" }) },
    ],
    [
      "it is a learner that was started and not promoted",
      "b",
      { machines: { b: current }, answers: { b: "silent" }, entries: { b: { isLearner: true } } },
      { action: "keep" },
    ],
    // It has none, and others serve.
    [
      "without data, listed and never started",
      "b",
      {
        machines: { b: blank },
        answers: { b: "refused" },
        entries: { b: { name: "", clientUrls: [] } },
      },
      { action: "join", add: false, remove: "", via: clientUrl("a") },
    ],
    [
      "without data, a learner of an interrupted join",
      "b",
      {
        machines: { b: blank },
        answers: { b: "refused" },
        entries: { b: { name: "", clientUrls: [], isLearner: true } },
      },
      { action: "join", add: false, remove: "" },
    ],
    [
      "without data, listed and once started",
      "b",
      { machines: { b: emptied }, answers: { b: "refused" } },
      { action: "join", add: true, remove: idOf("b"), via: clientUrl("a") },
    ],
    [
      "without data, and listed with its former address",
      "b",
      {
        machines: { b: blank },
        answers: { b: "silent" },
        entries: {
          b: { peerUrls: ["https://10.0.9.9:2380"], clientUrls: ["https://10.0.9.9:2379"] },
        },
      },
      { action: "join", add: true, remove: idOf("b") },
    ],
    [
      "without data, and not listed",
      "b",
      { machines: { b: blank }, answers: { b: "refused" }, entries: { b: null } },
      { action: "join", add: true, remove: "" },
    ],
    [
      "without data, while the founding of the others is through",
      "b",
      { machines: { b: blank }, answers: { b: "refused" }, entries: { b: { clientUrls: [] } } },
      { action: "join", add: false },
      founding,
    ],
    // It has none, and nobody serves.
    [
      "nobody has ever had data",
      "b",
      { machines: allBlank, silent: true },
      {
        action: "found",
        hasData: false,
        pid: 0,
        token: own.clusterId,
        initialCluster: `a=${peerUrl("a")},b=${peerUrl("b")},c=${peerUrl("c")}`,
      },
      founding,
    ],
    [
      "another one has begun the founding",
      "b",
      { machines: { ...allBlank, a: { cluster: { founded: "" } } }, silent: true },
      { action: "found" },
      founding,
    ],
    // A snapshot is asked for.
    [
      "its snapshot waits",
      "b",
      {
        machines: { b: { ...blank, restoreWaiting: restore.id } },
        answers: { b: "refused" },
      },
      { action: "restore", token: `${own.clusterId}-${restore.id}` },
      { desired: desired({ restore }), recorded: undefined },
    ],
    [
      "its snapshot waits beside what it has",
      "b",
      { machines: { b: { restoreWaiting: restore.id } } },
      { action: "restore", hasData: true },
      { desired: desired({ restore }) },
    ],
    [
      "it has begun from its snapshot already",
      "b",
      { machines: { b: { cluster: { restored: restore.id }, process: { digest: "new" } } } },
      { action: "keep" },
      { desired: desired({ restore }) },
    ],
  ])("%s", (_, name, seen, expected, changes) => {
    expect(stepOf(name, seen, changes)).toMatchObject({ member: name, ...expected });
  });

  it("may take longer the larger its database is", () => {
    const large = { status: { a: { dbSizeBytes: 7 * 1024 ** 3 } } };
    expect(stepOf("b", {})).toMatchObject({ waitSeconds: 121 });
    expect(stepOf("b", large)).toMatchObject({ waitSeconds: 1144 });
  });

  it("is told which of two units it runs where no digest is known", () => {
    const changed = { desired: desired({ version: "3.6.17" }), digests: {} };
    expect(stepOf("b", {}, { digests: {} })).toMatchObject({ action: "keep" });
    expect(stepOf("b", {}, changed)).toMatchObject({ action: "restart" });
    expect(stepOf("b", {}, { digests: {}, recorded: undefined })).toMatchObject({
      action: "restart",
    });
    const trust = { desired: desired({ certificateAuthorities: [1, 2] }), digests: {} };
    expect(stepOf("b", {}, trust)).toMatchObject({ action: "restart" });
  });

  it("is told by what runs and by what was asked for last, where the stack is set back", () => {
    const further = { machines: { b: { process: { version: "3.7.3" } } }, clusterVersion: "3.6.0" };
    expect(stepOf("b", further, { digests: {} })).toMatchObject({ action: "restart" });
    const attempted = desired({ certificateAuthorities: [1, 2] });
    expect(stepOf("b", {}, { digests: {}, attempted })).toMatchObject({ action: "restart" });
  });
});

describe("what nothing is done to", () => {
  it.each<[string, string, ObservedChanges, RegExp, Partial<Question>?]>([
    [
      "a machine that cannot be seen",
      "b",
      { machines: { b: "connection refused" } },
      /^its machine cannot be seen: connection refused\. Bring it back/,
    ],
    [
      "one at which nobody has looked",
      "b",
      { all: ["a", "c"] },
      /^its machine cannot be seen: nobody has looked/,
    ],
    // B9: whose a machine is.
    [
      "a machine of another cluster",
      "b",
      { machines: { b: { cluster: { id: stranger, name: "other", stack: "acme/etcd/prod" } } } },
      /^b's machine belongs to the cluster other \(f{32}\) of the stack acme\/etcd\/prod, and this stack's \(organization\/etcd\/dev\) is 0011.*: nothing on it was changed\. Use another machine/,
    ],
    [
      "a blank machine of another cluster",
      "b",
      {
        machines: { ...allBlank, b: { ...blank, cluster: { id: stranger, name: "", stack: "" } } },
        silent: true,
      },
      /^b's machine belongs to the cluster without a name \(f{32}\) of the stack unknown/,
      founding,
    ],
    [
      "another cluster's data",
      "b",
      { machines: { b: { dataCluster: stranger } } },
      /^b's data is of the cluster f{32}, .* Move it away if nobody needs it/,
    ],
    [
      "a disk that was another cluster's",
      "b",
      { machines: { b: { ...blank, dataCluster: stranger } } },
      /^b's data is of the cluster f{32}/,
    ],
    [
      "data of which nobody knows whose it is",
      "b",
      { machines: { b: { dataCluster: "" } } },
      /^b's data is of a cluster that nobody knows/,
    ],
    [
      "a machine on which another cluster runs",
      "b",
      { machines: { b: { process: { cluster: stranger } } } },
      /^the etcd that runs on b's machine is of the cluster f{32}, .* Stop it/,
    ],
    [
      "a machine on which somebody's etcd runs",
      "b",
      { machines: { b: { process: { cluster: "" } } } },
      /is of a cluster that nobody knows/,
    ],
    // A healthy member, and the others are not.
    [
      "a healthy one while another is silent",
      "b",
      { answers: { c: "silent" } },
      /^not restarting this healthy member, because others do not answer: c\./,
    ],
    [
      "a healthy one while another has never started",
      "b",
      { answers: { c: "refused" }, entries: { c: { name: "", clientUrls: [] } } },
      new RegExp(`others do not answer: ${peerUrl("c")}\\.`),
    ],
    [
      "a healthy one beside a learner that nobody knows",
      "b",
      { entries: { x: { name: "", isLearner: true, clientUrls: [] } } },
      new RegExp(`others do not answer: ${peerUrl("x")}\\.`),
    ],
    [
      "a healthy one while an alarm is raised",
      "b",
      { alarms: { a: "CORRUPT" } },
      /^the cluster has an alarm \(CORRUPT\): not restarting this healthy member\. Clear the alarm/,
    ],
    [
      "a healthy one while a database is full, though the quota stays",
      "b",
      { alarms: { a: "NOSPACE" } },
      /has an alarm \(NOSPACE\)/,
    ],
    [
      "a healthy one while a database is full, whose quota is not known",
      "b",
      { alarms: { a: "NOSPACE" }, machines: { b: { process: { quotaBytes: 0 } } } },
      /has an alarm \(NOSPACE\)/,
    ],
    [
      "a healthy one whose members may not be asked for",
      "b",
      { machines: { b: { view: { members: undefined } } }, all: ["b"] },
      /^not restarting this healthy member: its members and alarms could not be asked for\. See npm run health/,
    ],
    [
      "a healthy one whose alarms may not be asked for",
      "b",
      { machines: { b: { view: { alarms: undefined } } }, all: ["b"] },
      /^not restarting this healthy member: its members and alarms could not be asked for\. See npm run health/,
    ],
    // B8b: it runs and does not answer.
    [
      "a silent one that runs, while another is down",
      "b",
      { all: five, answers: { b: "silent", c: "silent" } },
      /^its etcd runs and does not serve reads now, .* \(c\): it is not restarted\. See npm run health/,
    ],
    [
      "a silent one that was started again some time ago, while another is down",
      "b",
      {
        all: five,
        machines: { b: { process: { restarts: 7 } } },
        answers: { b: "silent", c: "silent" },
      },
      /it is not restarted/,
    ],
    // What must not be started, or started anew.
    [
      "data of a member that was taken out",
      "b",
      {
        machines: { b: { process: stopped } },
        answers: { b: "refused" },
        entries: { b: null },
      },
      /^its data is of a member that was taken out .* move \/var\/lib\/etcd\/member away .* npm run replace -- b --new-data/,
    ],
    [
      "an etcd that runs without data",
      "b",
      { machines: { b: { hasData: false } } },
      /^its etcd runs, and its data directory is empty\. Look at the machine/,
    ],
    [
      "an empty directory while its member serves from another one",
      "b",
      { machines: { b: emptied } },
      /^its data directory is empty, and its member serves/,
    ],
    [
      "an empty directory while its member serves at its former address",
      "b",
      {
        machines: { b: blank },
        entries: { b: { peerUrls: ["https://10.0.9.9:2380"] } },
      },
      /^its data directory is empty, and its member serves/,
    ],
    [
      "an empty directory where the members cannot be asked for",
      "b",
      { all: ["a", "b"], machines: { b: { ...blank, view: { members: undefined } }, a: "gone" } },
      /^its data directory is empty, and the members could not be asked for\. See npm run health/,
    ],
    // B1: founded once.
    [
      "an empty directory while nobody serves",
      "b",
      { machines: { b: emptied }, silent: true },
      /nobody|no member serves .*the cluster has been founded already\. Starting it would make a second, empty cluster.* Bring the other members back first; .* set restoreFrom$/,
    ],
    [
      "all directories are empty, and one was healthy once",
      "b",
      {
        machines: { ...allBlank, c: { ...blank, cluster: { founded: "2026-11-24T10:00:00Z" } } },
        silent: true,
      },
      /; c was healthy in it on 2026-11-24T10:00:00Z\. Starting it would make a second/,
      founding,
    ],
    [
      "a founding whose members have had a leader",
      "b",
      {
        machines: {
          ...allBlank,
          a: {
            cluster: { founded: "" },
            view: {
              status: new Map([
                [
                  clientUrl("a"),
                  {
                    id: idOf("a"),
                    version: "3.6.16",
                    leader: "0",
                    raftIndex: 4,
                    dbSizeBytes: 20480,
                  },
                ],
              ]),
            },
          },
        },
        silent: true,
      },
      /; a has had a leader already\./,
      founding,
    ],
    [
      "a founding while a machine cannot be seen",
      "b",
      { machines: { ...allBlank, c: "no route to host" }, silent: true },
      /^the cluster is founded only when every machine has been seen, and c cannot be\. Bring/,
      founding,
    ],
    [
      "a founding in the place of a snapshot that was begun from",
      "b",
      {
        machines: {
          ...allBlank,
          b: { ...blank, cluster: { founded: "", restored: restore.id } },
        },
        silent: true,
      },
      /; b has begun from a snapshot/,
      { recorded: undefined, desired: desired({ restore }) },
    ],
    // A snapshot is asked for.
    [
      "a snapshot that has not been prepared",
      "b",
      {},
      /^the snapshot s3:\/\/bucket\/etcd\.db is not prepared on it \(restore 1a2b3c4d\)\. Run pulumi up again/,
      { desired: desired({ restore }) },
    ],
    [
      "another snapshot than was prepared",
      "b",
      { machines: { b: { restoreWaiting: "ffffffff" } } },
      /is not prepared on it/,
      { desired: desired({ restore }) },
    ],
    // No update has succeeded yet, so the gate has compared no versions.
    [
      "a version that skips one, before an update has succeeded",
      "b",
      { version: "3.5.35" },
      /^version is 3\.7\.3, and the cluster is at 3\.5\.0.* Set version back/,
      { recorded: undefined, desired: desired({ version: "3.7.3" }) },
    ],
    [
      "an older version, before an update has succeeded",
      "b",
      { version: "3.7.3" },
      /^version is 3\.6\.16, and the cluster is at 3\.7\.0.* Set version back/,
      { recorded: undefined, desired: desired({ allowDowngradeTo: "3.5" }) },
    ],
  ])("%s", (_, name, seen, expected, changes) => {
    const step = stepOf(name, seen, changes);
    const text = isBlocked(step) ? step.blocked : `not blocked, but ${step.action}`;
    expect(text).toMatch(expected);
    expect(namesWay(text), text).toBe(true);
  });
});

describe("B1: founded once, whoever comes back", () => {
  it.each([
    ["3 → 1 → 3", ["a", "b", "c"]],
    ["5 → 1 → 5", five],
  ])("%s, while the survivor does not answer", (_, all) => {
    const returning = all.filter((name) => name !== "a");
    const machines = Object.fromEntries(returning.map((name) => [name, blank]));
    const changes = {
      desired: desired({ members: membersOf(all) }),
      recorded: recorded({ members: membersOf(["a"]) }),
    };
    for (const name of returning) {
      const step = stepOf(name, { all, machines, silent: true }, changes);
      expect(step).toMatchObject({ blocked: expect.stringContaining("founded already") as string });
      const alone = stepOf(name, { all: [name], machines, silent: true }, changes);
      expect(alone).toMatchObject({
        blocked: expect.stringContaining("founded already") as string,
      });
    }
  });

  it("3 → 1 → 3, while the survivor serves: they join", () => {
    const changes = {
      recorded: recorded({ members: membersOf(["a"]) }),
      observed: observed({
        machines: { b: blank, c: blank },
        answers: { b: "refused", c: "refused" },
        entries: { b: null, c: null },
      }),
    };
    expect(stepOf("b", {}, changes)).toMatchObject({ action: "join", add: true });
  });
});

describe("B5: begun from a snapshot once", () => {
  const restored = recorded({ restore }, ["a", "b", "c"]);
  const more = desired({ restore, members: membersOf(five) });
  const seen = {
    machines: Object.fromEntries(
      five.map((name) => [
        name,
        ["d", "e"].includes(name) ? blank : { cluster: { restored: restore.id } },
      ]),
    ),
    all: five,
    answers: { d: "refused", e: "refused" },
    entries: { d: null, e: null },
  } satisfies ObservedChanges;

  it("who comes later joins, though restoreFrom is still set", () => {
    const changes = { desired: more, recorded: restored };
    expect(stepOf("d", seen, changes)).toMatchObject({ action: "join", add: true });
    expect(stepOf("b", seen, changes)).toMatchObject({ action: "restart" });
  });

  it("who gets a new machine joins, or starts with its data", () => {
    const changes = { desired: desired({ restore }), recorded: restored };
    const gone = { answers: { b: "refused" }, entries: {} } as const;
    expect(stepOf("b", { machines: { b: blank }, ...gone }, changes)).toMatchObject({
      action: "join",
      remove: idOf("b"),
    });
    const kept: MachineChanges = { cluster: { founded: "", restored: "" }, process: stopped };
    expect(stepOf("b", { machines: { b: kept }, ...gone }, changes)).toMatchObject({
      action: "start",
    });
  });
});

it("a larger quota is a way out of a full database, and no other alarm is", () => {
  const roomier = { desired: desired({ quotaBytes: 16 * 1024 ** 3 }) };
  expect(stepOf("b", { alarms: { a: "NOSPACE" } }, roomier)).toMatchObject({ action: "restart" });
  expect(stepOf("b", { alarms: { a: "CORRUPT" } }, roomier)).toHaveProperty("blocked");
});

it("B8b: a silent one that runs is started anew where all others serve", () => {
  const step = stepOf("b", { answers: { b: "silent" } });
  expect(step).toMatchObject({ action: "start", pid: 4711 });
});

it("so it is where nobody may ask who the members are: then the stack's own are the others", () => {
  const untold = { view: { members: undefined } };
  const machines = { a: untold, b: untold, c: untold };
  expect(stepOf("b", { machines, answers: { b: "silent" } })).toMatchObject({ action: "start" });
  expect(stepOf("b", { machines, answers: { b: "silent", c: "silent" } })).toMatchObject({
    blocked: expect.stringContaining("no quorum without it that is known to serve (c)") as string,
  });
});

it("a learner cannot lead", () => {
  const learner = { all: ["a", "b", "c", "d"], entries: { d: { isLearner: true } } };
  const step = stepOf("a", learner, {
    desired: desired({ members: membersOf(["a", "b", "c", "d"]) }),
  });
  expect(step).toMatchObject({ action: "restart", lead: [idOf("b"), idOf("c")] });
});

it("of two, each can be restarted while the other serves", () => {
  const two = { desired: desired({ members: membersOf(["a", "b"]) }), recorded: recorded() };
  expect(stepOf("b", { all: ["a", "b"] }, two)).toMatchObject({
    action: "restart",
    serve: [clientUrl("a")],
  });
});

it("a single one restarts for itself", () => {
  const one = { desired: desired({ members: membersOf(["a"]) }) };
  expect(stepOf("a", { all: ["a"] }, one)).toMatchObject({
    action: "restart",
    serve: [],
    lead: [],
  });
});

it("most decide who leads, where an old leader still believes in itself", () => {
  const seen = observed({ leader: "c", status: { a: { leader: idOf("a") } } });
  const step = stepOf("c", {}, { observed: seen });
  expect(step).toMatchObject({ action: "restart", lead: [idOf("a"), idOf("b")] });
});

describe("a member's turn", () => {
  const down: MachineChanges = { process: { ...stopped } };
  const downToo = { machines: { a: down, b: down, c: down }, silent: true };

  it.each<[string, ObservedChanges, boolean]>([
    ["it runs as asked for, and nobody serves", { machines: { b: current }, silent: true }, true],
    ["it is stopped, and nobody serves", downToo, true],
    ["it runs as asked for, beside others that serve", { machines: { b: current } }, false],
    [
      "it runs as asked for and does not serve, beside others that do",
      { machines: { b: current }, answers: { b: "silent" } },
      false,
    ],
    [
      "it is stopped, beside others that serve",
      { machines: { b: down }, answers: { b: "refused" } },
      false,
    ],
    [
      "it runs with another unit, and nobody serves: its process is ended",
      { machines: { a: down, c: down }, silent: true },
      false,
    ],
    ["it serves with another unit", {}, false],
  ])("%s: is it one of several that wait for each other?", (_, seen, together) => {
    const step = stepOf("b", seen);
    expect(isBlocked(step)).toBe(false);
    const view = viewOf(question(), observed(seen));
    expect(waitsForOthers(step as MemberStep, view)).toBe(together);
  });

  it.each<[string, ObservedChanges, boolean]>([
    ["it is silent and runs", { answers: { b: "silent" } }, true],
    ["it is stopped", { machines: { b: down }, answers: { b: "refused" } }, false],
    ["it serves with another unit", {}, false],
    ["it runs as asked for", { machines: { b: current } }, false],
  ])("%s: would a process that serves nobody be ended?", (_, seen, ends) => {
    expect(endsAProcess(stepOf("b", seen) as MemberStep)).toBe(ends);
  });
});
