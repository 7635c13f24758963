import { describe, expect, it } from "vitest";
import { decide } from "../../../../components/etcd/rollout/decide";
import { isBlocked } from "../../../../components/etcd/rollout/memberStep";
import {
  countedDown,
  type Desired,
  type DesiredMember,
  replacedData,
  replacedMachines,
  restoredMembers,
} from "../../../../components/etcd/rollout/desired";
import type { Answer, Process } from "../../../../components/etcd/rollout/observed";
import { parallelViolations } from "../../../../components/etcd/rollout/violations";
import {
  blank,
  desired,
  emptied,
  five,
  idOf,
  type MachineChanges,
  membersOf,
  names,
  namesWay,
  observed,
  type ObservedChanges,
  own,
  peerUrl,
  question,
  recorded,
  stopped,
  stranger,
  unitsWith,
} from "./example";

const GiB = 1024 ** 3;
const fiveMembers = membersOf(five);
const down: ObservedChanges = { answers: { b: "silent" } };
const lost: ObservedChanges = { machines: { b: "gone" }, ...down };
const replaced = (name: string, changes: Partial<DesiredMember> = {}) => ({
  members: membersOf(names, { [name]: { machineGeneration: 1, ...changes } }),
});
const newData = (name: string) => replaced(name, { dataGeneration: 1 });
const elsewhere = { peerUrl: "https://10.0.2.9:2380", clientUrl: "https://10.0.2.9:2379" };

const restore = { id: "1a2b3c4d", from: "s3://bucket/etcd.db", overData: false };
const each = (changes: MachineChanges, all = names) =>
  Object.fromEntries(all.map((name) => [name, changes]));
const nobodyTells: ObservedChanges = { silent: true, machines: { c: { process: stopped } } };
const nobodyHasData: ObservedChanges = { machines: each(blank), silent: true };

/** Every member trusts both CAs and has a certificate of this one. */
const both = (issuedBy: number): ObservedChanges => ({
  machines: each({ process: { trusts: [1, 2] }, issuedBy }),
});

function decided(
  changes: Partial<Desired>,
  seen: ObservedChanges = {},
  before: Partial<Desired> = {},
  attempted?: Partial<Desired>,
) {
  return decide(
    question({
      desired: desired(changes),
      recorded: recorded(before),
      attempted: attempted && desired(attempted),
      observed: observed(seen),
    }),
  );
}

/** A member on the next minor version, the others not yet. */
const halfWay = (
  changes: MachineChanges & object = {},
  more: ObservedChanges = {},
): ObservedChanges => ({
  machines: { b: { process: { version: "3.7.3" }, ...changes } },
  ...more,
});
const newer = { version: "3.7.3" };
const older = { version: "3.5.35" };

describe("an update that works on few resources at a time", () => {
  const restored = desired({ restore: { id: "1a2b3c4d", from: "etcd.db", overData: true } });

  it.each<[string, number, Desired | undefined, Desired, boolean]>([
    ["founds nothing below the quorum", 1, undefined, desired(), true],
    ["begins from no snapshot below it", 1, desired(), restored, true],
    ["founds with as many as a quorum", 2, undefined, desired(), false],
    ["founds one member by one", 1, undefined, desired({ members: membersOf(["a"]) }), false],
    ["founds five by three", 3, undefined, desired({ members: membersOf(five) }), false],
    ["does not found five by two", 2, undefined, desired({ members: membersOf(five) }), true],
    ["changes what runs, one at a time as it is", 1, desired(), desired(), false],
    ["founds where nobody tells how many", 0, undefined, desired(), false],
  ])("%s", (_, parallel, before, asked, isRefused) => {
    expect(parallelViolations(before, asked, parallel)).toEqual(
      isRefused ? [expect.stringMatching(/^--parallel is \d, and \d of \d members/)] : [],
    );
  });
});

describe("a change that may be made", () => {
  it.each<[string, Partial<Desired>, ObservedChanges?, Partial<Desired>?, Partial<Desired>?]>([
    ["none", {}],
    ["none, of a cluster that is down", {}, { silent: true }],
    ["none, while a machine cannot be seen", {}, lost],
    ["the next minor version", newer],
    ["the next minor version from the first release that is ready for it", newer, runs("3.6.11")],
    ["3.6 from the first release that is ready for it", {}, runs("3.5.32"), { version: "3.5.32" }],
    ["3.5, which any 3.4 is ready for", { version: "3.5.35" }, runs("3.4.1"), { version: "3.4.1" }],
    ["the rest of an upgrade", newer, halfWay()],
    ["the rest of an upgrade that failed at a member", newer, halfWay({}, down), {}, newer],
    ["a patch release up", { version: "3.6.17" }],
    ["a patch release down", { version: "3.6.15" }],
    ["the older minor version, asked for", { version: "3.5.35", allowDowngradeTo: "3.5" }],
    ["an upgrade that repairs a member", newer, down],
    ["a version that nobody tells, as it was", {}, nobodyTells],
    ["back to what ran last, though no version can be seen", {}, nobodyTells, {}, newer],
    ["more members", { members: fiveMembers }],
    ["fewer members", {}, { all: five }, { members: fiveMembers }],
    [
      "fewer members, though one that leaves is down",
      {},
      { all: five, answers: { e: "silent" } },
      { members: fiveMembers },
    ],
    [
      "fewer members, though one that leaves is lost",
      {},
      { all: five, answers: { e: "silent" }, machines: { e: "gone" } },
      { members: fiveMembers },
    ],
    ["a new machine", replaced("b")],
    ["a lost machine replaced", replaced("b"), lost],
    ["a lost machine and its data", newData("b"), lost],
    ["a new machine elsewhere", replaced("b", elsewhere)],
    [
      "a new machine and new data in another zone",
      replaced("b", { dataGeneration: 1, place: "10.0.3.0/24" }),
    ],
    ["a snapshot restored where nothing is", { restore }, nobodyHasData],
    [
      "a snapshot restored on machines that are new",
      { restore },
      { silent: true, machines: each("gone") },
    ],
    ["a snapshot restored over data, said twice", { restore: { ...restore, overData: true } }],
    [
      "a snapshot restored into another version and other members",
      { restore, version: "3.4.45", members: fiveMembers },
      nobodyHasData,
    ],
    [
      "the rest of a restore, whose data is the snapshot's",
      { restore },
      { machines: { ...each(blank), a: { cluster: { restored: restore.id } } } },
      {},
      { restore },
    ],
    ["the snapshot that was restored before", { restore }, {}, { restore }],
    ["a second CA", { certificateAuthorities: [1, 2] }],
    [
      "the second CA issues",
      { certificateAuthorities: [2, 1] },
      both(1),
      { certificateAuthorities: [1, 2] },
    ],
    [
      "the second CA alone",
      { certificateAuthorities: [2] },
      both(2),
      { certificateAuthorities: [2, 1] },
    ],
    [
      "back to the first CA",
      { certificateAuthorities: [1] },
      both(1),
      { certificateAuthorities: [1, 2] },
    ],
    ["another instance type", { instanceType: "t3.medium" }],
    [
      "the CA as it was, where an interrupted update has left a certificate of the other",
      {},
      { machines: { b: { issuedBy: 2 } } },
      {},
      { certificateAuthorities: [2, 1] },
    ],
    [
      "another CA, though a machine tells neither what it trusts nor whose certificate it has",
      { certificateAuthorities: [1, 2] },
      { machines: { b: { process: { trusts: undefined }, issuedBy: undefined } } },
    ],
    [
      "a second CA, whatever a machine that leaves trusts",
      { certificateAuthorities: [2, 1] },
      { ...both(1), all: five, machines: { ...both(1).machines, e: { process: { trusts: [1] } } } },
      { certificateAuthorities: [1, 2] },
    ],
    ["a version from which etcd cannot go down, as it was", older, runs("3.5.35"), older],
    ["a quota that is too small already", {}, { status: { a: { dbSizeBytes: 9 * GiB } } }],
    ["a smaller quota that has room", { quotaBytes: 2 * GiB }],
    ["a larger volume", { dataVolumeGiB: 30 }],
    [
      "an alarm, which a larger quota may end",
      { quotaBytes: 16 * GiB },
      { alarms: { a: "NOSPACE" } },
    ],
    ["the same replacement again", newData("b"), lost, {}, newData("b")],
  ])("%s", (_, changes, seen, before, attempted) => {
    const { violations, steps } = decided(changes, seen, before, attempted);
    expect(violations).toEqual([]);
    expect(steps).toHaveLength(Object.keys(desired(changes).members).length);
  });
});

/** All members run this version, and the cluster is at it. */
function runs(version: string): ObservedChanges {
  return { version };
}

describe("a change that is refused", () => {
  it.each<
    [string, Partial<Desired>, ObservedChanges, RegExp, Partial<Desired>?, Partial<Desired>?]
  >([
    [
      "a snapshot over data, said once",
      { restore },
      { machines: { a: { hasData: false } } },
      /^restoreFrom is s3:\/\/bucket\/etcd\.db, and b and c have data, .* set restoreOverData: true/,
    ],
    [
      "more members while the others begin from a snapshot",
      { restore, members: fiveMembers },
      nobodyHasData,
      /^a, b and c begin from the snapshot .*, and that is not finished: d and e would begin from it, too\. Set/,
      {},
      { restore },
    ],
    [
      "rights that are taken back on a machine that goes",
      { members: membersOf(["b", "c"]) },
      {},
      /^access is no longer controlled, the last client goes and machines change \(a\) in one/,
      { accessControl: true },
    ],
    [
      "a skipped minor version",
      newer,
      runs("3.5.35"),
      /^version is 3\.7\.3, and the cluster is at 3\.5\.0: .*skip.* Go to the latest 3\.6 first$/,
      { version: "3.5.35" },
    ],
    [
      "a minor version that is skipped by those that have not gone up",
      { version: "3.8.0" },
      halfWay(),
      /skip.* Go to the latest 3\.7 first$/,
      {},
      newer,
    ],
    [
      "3.6 from a release that is not ready for it",
      {},
      runs("3.5.31"),
      /members run 3\.5\.31: from 3\.5\.32 on the way .* Go to the latest 3\.5 first$/,
      { version: "3.5.31" },
    ],
    [
      "3.7 from a release that is not ready for it",
      newer,
      runs("3.6.10"),
      /members run 3\.6\.10: from 3\.6\.11 on the way .* Go to the latest 3\.6 first$/,
      { version: "3.6.10" },
    ],
    [
      "3.7 while one member is not ready for it and another one tells no version",
      newer,
      { machines: { b: { process: { version: "" } }, c: { process: { version: "3.6.10" } } } },
      /members run 3\.6\.10/,
    ],
    [
      "3.7 while one member is not ready for it",
      newer,
      { machines: { c: { process: { version: "3.6.10" } } } },
      /members run 3\.6\.10/,
    ],
    [
      "an older minor version that nobody asked for",
      { version: "3.5.35" },
      {},
      /allowDowngradeTo: "3\.5"$/,
    ],
    [
      "an older minor version, where another one was asked for",
      { version: "3.5.35", allowDowngradeTo: "3.6" },
      {},
      /allowDowngradeTo: "3\.5"$/,
    ],
    [
      "two minor versions down",
      { version: "3.5.35", allowDowngradeTo: "3.5" },
      runs("3.7.3"),
      /one minor version at a time\. Go to the latest 3\.6 first/,
      newer,
    ],
    [
      "down from a version that cannot",
      { version: "3.4.23", allowDowngradeTo: "3.4" },
      runs("3.5.35"),
      /can go down from 3\.6 and later only/,
      { version: "3.5.35" },
    ],
    [
      "down while a member is not there",
      { version: "3.5.35", allowDowngradeTo: "3.5" },
      down,
      /only while all members are healthy, and b does not serve reads\. /,
    ],
    [
      "down and another instance type",
      { version: "3.5.35", allowDowngradeTo: "3.5", instanceType: "t3.medium" },
      {},
      /^the version goes down and instanceType changes/,
    ],
    [
      "another version, while nobody tells which one the cluster has",
      newer,
      { clusterVersion: undefined, machines: { b: { process: stopped } } },
      /which version the cluster has cannot be seen.* Set version back to 3\.6\.16/,
    ],
    [
      "joining and leaving",
      { members: membersOf(["a", "b", "d"]) },
      {},
      /^d would join and c leave in one update/,
    ],
    [
      "joining a cluster that is not whole",
      { members: fiveMembers },
      down,
      /and b does not serve reads\. /,
    ],
    [
      "joining with an alarm",
      { members: fiveMembers },
      { alarms: { a: "NOSPACE" } },
      /, and NOSPACE is raised\. See npm run health$/,
    ],
    [
      "joining where nobody may ask for alarms",
      { members: fiveMembers },
      { machines: each({ view: { alarms: undefined } }) },
      /whether an alarm is raised could not be asked\. /,
    ],
    [
      "joining and a new version",
      { members: fiveMembers, ...newer },
      {},
      /^the version and the members change/,
    ],
    [
      "leaving while one that stays is down",
      {},
      { all: five, answers: { b: "silent" } },
      /only while all that stay are healthy, and b does not serve reads/,
      { members: fiveMembers },
    ],
    [
      "leaving again what an interrupted update brought, while one is down",
      {},
      { all: ["a", "b", "c"], answers: { b: "silent" } },
      /only while all that stay are healthy, and b does not serve reads/,
      {},
      { members: fiveMembers },
    ],
    [
      "anything while a machine cannot be seen",
      { certificateIssue: 2 },
      lost,
      /^b's machine cannot be seen, and unseen is refused: gone\. Bring it back; .* npm run replace -- b$/,
    ],
    [
      "going on with anything while a machine cannot be seen",
      {},
      lost,
      /^b's machine cannot be seen/,
      {},
      { certificateIssue: 2 },
    ],
    [
      "a machine at which nobody has looked",
      { certificateIssue: 2 },
      { all: ["a", "b"] },
      /^c's machine cannot be seen, and unseen is refused: nobody has looked/,
    ],
    [
      "a new machine while another is down",
      replaced("a"),
      down,
      /^a is replaced only while all others are healthy, and b does not serve reads\. /,
    ],
    [
      "a new machine with an alarm",
      replaced("a"),
      { alarms: { c: "CORRUPT" } },
      /^a is replaced only while all others are healthy, and CORRUPT is raised/,
    ],
    [
      "a new machine and a new version",
      { ...replaced("a"), ...newer },
      {},
      /^the version changes in the same update as a is replaced/,
    ],
    [
      "two new machines",
      { members: membersOf(names, { a: { machineGeneration: 1 }, b: { machineGeneration: 1 } }) },
      {},
      /^a and b would be replaced in one update/,
    ],
    // What was done counts, and not what was asked for: a was interrupted.
    [
      "a new machine and data, though an earlier one has not been finished",
      {
        members: membersOf(names, {
          a: { machineGeneration: 1, dataGeneration: 1 },
          b: { machineGeneration: 1, dataGeneration: 1 },
        }),
      },
      {},
      /^a and b would be replaced in one update, or one of them has not been finished.* finish the first by a pulumi up of its own$/,
      {},
      newData("a"),
    ],
    [
      "new data on the old machine",
      { members: membersOf(names, { a: { dataGeneration: 1 } }) },
      {},
      /npm run replace -- a --new-data$/,
    ],
    [
      "the data of the only member",
      { members: membersOf(["a"], { a: { machineGeneration: 1, dataGeneration: 1 } }) },
      { all: ["a"] },
      /would lose its data/,
      { members: membersOf(["a"]) },
    ],
    [
      "the data of one of two",
      { members: membersOf(["a", "b"], { a: { machineGeneration: 1, dataGeneration: 1 } }) },
      { all: ["a", "b"] },
      /would lose its data/,
      { members: membersOf(["a", "b"]) },
    ],
    [
      "another address of a running member",
      { members: membersOf(names, { b: elsewhere }) },
      {},
      /^b would move from https:.* npm run replace -- b$/,
    ],
    [
      "a type of another architecture",
      { instanceType: "t4g.small", architecture: "arm64" },
      {},
      /^instanceType is t4g\.small, of the architecture arm64, and the machines are of amd64/,
    ],
    [
      "TLS turned off",
      { members: membersOf(names, { b: { peerUrl: peerUrl("b").replace("https", "http") } }) },
      {},
      /cannot turn TLS on or off/,
    ],
    [
      "a CA that nobody trusts yet",
      { certificateAuthorities: [2, 1] },
      { machines: { ...both(1).machines, c: {} } },
      /^certificateAuthorities is \[2, 1\], and c does not trust 2 yet, only 1/,
      { certificateAuthorities: [1, 2] },
    ],
    [
      "a CA taken away whose certificates are in use",
      { certificateAuthorities: [2] },
      { machines: { ...both(2).machines, c: { process: { trusts: [1, 2] } } } },
      /^certificateAuthorities is \[2\], and c has a certificate of 1/,
      { certificateAuthorities: [2, 1] },
    ],
    [
      "another CA while a machine cannot be seen",
      { certificateAuthorities: [1, 2] },
      { machines: { b: "connection refused" } },
      /^b's machine cannot be seen, and unseen is refused: connection refused/,
    ],
    // M1: a name is part of what a cluster is.
    ["another name", { clusterName: "prod" }, {}, /^clusterName is prod, and this cluster is etcd/],
    // M2
    [
      "a quota below the database",
      { quotaBytes: 2 * GiB },
      { status: { c: { dbSizeBytes: 2 * GiB } } },
      /^quotaGiB is 2, and the largest database has 2\.00 GiB: .* Set it higher, or npm run defrag/,
    ],
    // M3
    [
      "another network",
      { fixed: { vpcCidr: "10.9.0.0/16" } },
      {},
      /^vpcCidr is 10\.9\.0\.0\/16, and this stack was made with 10\.0\.0\.0\/16/,
    ],
    [
      "somebody else's network",
      { fixed: { vpcCidr: "10.0.0.0/16", vpcId: "vpc-1" } },
      {},
      /^vpcId is vpc-1, and this stack was made with an empty one/,
    ],
    ["no network", { fixed: {} }, {}, /^vpcCidr is empty, and this stack was made with 10/],
    [
      "another subnet around a member that stays",
      { members: membersOf(names, { b: { place: "10.0.0.0/20" } }) },
      {},
      /^b is in the subnet 10\.0\.1\.0\/24, and 10\.0\.0\.0\/20 is asked for.* Set/,
    ],
    // M4
    [
      "another directory",
      { members: membersOf(names, { b: { dataDirectory: "/var/lib/etcd/b" } }) },
      {},
      /^b's data is in \/var\/lib\/etcd, and .* it would be in \/var\/lib\/etcd\/b/,
    ],
    // M17
    [
      "a counter that gets smaller",
      { members: membersOf(names) },
      {},
      /^replacements\.b or dataReplacements\.b got smaller, .* asked for 2 times and its data 1 times\. Set them back to that$/,
      { members: membersOf(names, { b: { machineGeneration: 2, dataGeneration: 1 } }) },
    ],
    [
      "a counter that gets smaller than an interrupted update had it",
      {},
      {},
      /^replacements\.b .* asked for 1 times and its data 1 times\. Set them back/,
      {},
      newData("b"),
    ],
    // M19
    [
      "a new machine in another zone, which the data cannot follow to",
      replaced("b", { ...elsewhere, place: "10.0.2.0/24" }),
      {},
      /^b would move from the subnet 10\.0\.1\.0\/24 to 10\.0\.2\.0\/24, .* npm run replace -- b --new-data$/,
    ],
    [
      "a volume that shrinks",
      { dataVolumeGiB: 10 },
      {},
      /^dataVolumeGiB is 10, and the volumes have 20 GiB/,
    ],
    // B9
    [
      "another cluster's machine",
      {},
      { machines: { b: { cluster: { id: stranger, name: "other" } } } },
      /^b's machine belongs to the cluster other \(f{32}\) of the stack organization\/etcd\/dev/,
    ],
    [
      "a restore onto another cluster's machine",
      { restore: { ...restore, overData: true } },
      { machines: { b: { dataCluster: stranger } } },
      /^b's data is of the cluster f{32}/,
    ],
  ])("%s", (_, changes, seen, expected, before, attempted) => {
    const { violations, steps, preparations } = decided(changes, seen, before, attempted);
    expect(violations).toEqual([expect.stringMatching(expected)]);
    expect(namesWay(violations[0]!), violations[0]).toBe(true);
    expect([...steps, ...preparations]).toEqual([]);
  });

  it("is refused where nobody stays", () => {
    const { violations } = decided(
      { members: membersOf(["d"]) },
      { all: ["a"] },
      { members: membersOf(["a"]) },
    );
    expect(violations).toEqual([
      expect.stringMatching(/^d would join and a leave in one update/),
      expect.stringMatching(/^none of the members stays \(a would leave\)/),
    ]);
  });

  it("is refused where one is gone by an interrupted replacement, and another one is asked for", () => {
    const both = { machineGeneration: 1, dataGeneration: 1 };
    const { violations, steps } = decided(
      { members: membersOf(names, { a: both, b: both }) },
      { machines: { a: "gone" }, answers: { a: "silent" } },
      {},
      newData("a"),
    );
    expect(violations).toEqual([
      expect.stringMatching(/^a and b would be replaced in one update/),
      expect.stringMatching(/^b is replaced only while all others are healthy, and a does not/),
    ]);
    expect(steps).toEqual([]);
  });

  it("is refused with all that speaks against it", () => {
    const { violations } = decided({ version: "3.8.0", members: membersOf(["a", "b", "d"]) }, down);
    expect(violations).toHaveLength(4);
  });

  it("is refused with what follows from the settings alone where nobody has looked", () => {
    const changes = desired({ clusterName: "prod", version: "3.8.0" });
    const decision = decide(question({ desired: changes, observed: undefined }));
    expect(decision).toEqual({
      violations: [expect.stringMatching(/^clusterName is prod/)],
      preparations: [],
      steps: [],
      lines: [],
    });
  });
});

describe("before an update has succeeded", () => {
  const founded = (changes: Partial<Desired>, attempted?: Partial<Desired>) =>
    decide(
      question({
        desired: desired(changes),
        recorded: undefined,
        attempted: attempted && desired(attempted),
        observed: undefined,
      }),
    ).violations;

  it.each<[string, Partial<Desired>, Partial<Desired>?]>([
    ["the first one", {}],
    ["the same again", {}, {}],
    ["more members", { members: fiveMembers }, {}],
    ["a flag set right", { members: unitsWith("=8", "=2") }, {}],
    ["another version", newer, {}],
  ])("may be asked for: %s", (_, changes, attempted) =>
    expect(founded(changes, attempted)).toEqual([]),
  );

  it.each<[string, Partial<Desired>, Partial<Desired>, RegExp]>([
    [
      "fewer members",
      {},
      { members: fiveMembers },
      /^d and e would be taken out, and no pulumi up/,
    ],
    [
      "a new machine",
      replaced("b"),
      {},
      /^b would get a new machine or new data, and no pulumi up/,
    ],
    ["new data", newData("b"), {}, /^b would get a new machine or new data/],
    ["a counter set back", {}, replaced("b"), /^b would get a new machine or new data/],
    ["another name", { clusterName: "prod" }, {}, /^clusterName is prod/],
    ["another network", { fixed: {} }, {}, /^vpcCidr is empty/],
    [
      "another directory",
      { members: membersOf(names, { b: { dataDirectory: "/var/lib/etcd/b" } }) },
      {},
      /^b's data is in/,
    ],
    [
      "more members that would begin from a snapshot, too",
      { restore, members: fiveMembers },
      { restore },
      /^a, b and c begin from the snapshot/,
    ],
  ])("is refused: %s", (_, changes, attempted, expected) => {
    const violations = founded(changes, attempted);
    expect(violations).toEqual([expect.stringMatching(expected)]);
    expect(namesWay(violations[0]!)).toBe(true);
  });

  it("a founding is one step each, all alike", () => {
    const { violations, steps, preparations } = decide(
      question({ recorded: undefined, observed: observed(nobodyHasData) }),
    );
    expect([...violations, ...preparations]).toEqual([]);
    expect(steps.map((step) => !isBlocked(step) && step.action)).toEqual([
      "found",
      "found",
      "found",
    ]);
  });

  it("another cluster's machine is refused", () => {
    const { violations } = decide(
      question({
        recorded: undefined,
        observed: observed({ machines: { b: { cluster: { id: stranger } } } }),
      }),
    );
    expect(violations).toEqual([expect.stringMatching(/^b's machine belongs to/)]);
  });
});

describe("a member as it is asked for", () => {
  const ending = (restarts: number) => ({ pid: 99, isUp: false, restarts });

  it.each<[string, Partial<Process>, Answer, string]>([
    ["stays as it is", {}, "serves", "keep"],
    ["is started where it is stopped", stopped, "refused", "start"],
    ["is left alone while systemd tries again", ending(2), "refused", "keep"],
    ["is started once systemd is only trying again", ending(3), "refused", "start"],
    ["is not restarted because it tells no version", { version: "" }, "serves", "keep"],
  ])("%s", (_, process, answer, expected) => {
    const { steps } = decided({}, { machines: { b: { process } }, answers: { b: answer } });
    expect(steps.find(({ member }) => member === "b")).toMatchObject({ action: expected });
  });
});

describe("the order of the steps", () => {
  const order = (changes: Partial<Desired>, seen: ObservedChanges) =>
    decided(changes, seen).steps.map(({ member }) => member);

  it.each<[string, ObservedChanges, string[]]>([
    ["the leader last", { leader: "b" }, ["a", "c", "b"]],
    ["who takes no part first", { leader: "a", answers: { c: "silent" } }, ["c", "b", "a"]],
    ["as they are named, where nobody can be asked", { silent: true }, ["a", "b", "c"]],
  ])("%s", (_, seen, expected) => expect(order({ certificateIssue: 2 }, seen)).toEqual(expected));
});

describe("B4: a way back from a half-way upgrade", () => {
  it("while one is on the newer version and healthy", () => {
    const { violations, preparations, steps, lines } = decided({}, halfWay(), {}, newer);
    expect(violations).toEqual([]);
    expect(preparations).toEqual([]);
    expect(steps.find(({ member }) => member === "b")).toMatchObject({ action: "restart" });
    expect(lines).toContain("3.7.3 → 3.6.16, one member at a time, leader a last");
    expect(lines).not.toContain("a snapshot is taken first");
  });

  it.each([
    ["ends again and again", { pid: 99, version: "3.7.3", restarts: 7, isUp: false }],
    ["does not run", stopped],
    ["hangs", { version: "3.7.3", isUp: false }],
  ])("while one is on the newer version and %s: it comes first", (_, process) => {
    const seen = halfWay({ process, unitVersion: "3.7.3" }, { answers: { b: "refused" } });
    const { violations, preparations, steps } = decided({}, seen, {}, newer);
    expect(violations).toEqual([]);
    expect(preparations).toEqual([]);
    expect(steps[0]).toMatchObject({ member: "b", action: "start" });
    expect(steps.slice(1).some((step) => "action" in step && step.action === "start")).toBe(false);
  });

  it("not by itself when all have moved", () => {
    const { violations } = decided({}, runs("3.7.3"), {}, newer);
    expect(violations).toEqual([expect.stringMatching(/at 3\.7\.0, .* allowDowngradeTo: "3\.6"$/)]);
  });

  it("by going down when all have moved, if that is meant", () => {
    const { violations, preparations } = decided(
      { allowDowngradeTo: "3.6" },
      runs("3.7.3"),
      {},
      newer,
    );
    expect(violations).toEqual([]);
    expect(preparations).toEqual([
      { kind: "snapshot" },
      { kind: "downgrade", through: "a", target: "3.6.0" },
    ]);
  });

  it("the cluster is as old as its oldest member where it does not say it", () => {
    const silently = { clusterVersion: undefined };
    expect(decided({}, halfWay({}, silently), {}, newer).violations).toEqual([]);
    const { violations } = decided({}, { ...runs("3.7.3"), ...silently }, { ...newer });
    expect(violations).toEqual([
      expect.stringMatching(/cluster is at 3\.7\.3, .* allowDowngradeTo/),
    ]);
  });
});

describe("what the cluster is asked for first", () => {
  it.each<
    [string, Partial<Desired>, ObservedChanges, unknown[], Partial<Desired>?, Partial<Desired>?]
  >([
    ["nothing", {}, {}, []],
    ["a snapshot before another minor version", newer, {}, [{ kind: "snapshot" }]],
    ["nothing before a patch release", { version: "3.6.17" }, {}, []],
    [
      "nothing where allowDowngradeTo is left set",
      { allowDowngradeTo: "3.6" },
      {},
      [],
      { allowDowngradeTo: "3.6" },
      { allowDowngradeTo: "3.6" },
    ],
    [
      "to go down, by one that serves and can be seen",
      { version: "3.5.35", allowDowngradeTo: "3.5" },
      {},
      [{ kind: "snapshot" }, { kind: "downgrade", through: "a", target: "3.5.0" }],
    ],
    [
      "to go down no longer",
      newer,
      {
        machines: { a: { process: { version: "3.6.16" } } },
        version: "3.7.3",
        clusterVersion: "3.6.0",
      },
      [{ kind: "snapshot" }, { kind: "downgrade", through: "a", target: "" }],
      newer,
      { allowDowngradeTo: "3.6" },
    ],
    [
      "to let those go that leave, first who is not missed",
      {},
      { all: five, answers: { e: "silent" } },
      [{ kind: "remove", through: "a", peerUrls: [peerUrl("e"), peerUrl("d")] }],
      { members: fiveMembers },
    ],
    [
      "to let those go that leave, once, where an interrupted update had gone on with it",
      {},
      { all: five },
      [{ kind: "remove", through: "a", peerUrls: [peerUrl("d"), peerUrl("e")] }],
      { members: fiveMembers },
      { members: fiveMembers },
    ],
    [
      "to let those go that an interrupted update brought",
      {},
      { all: names, entries: { d: {} } },
      [{ kind: "remove", through: "a", peerUrls: [peerUrl("d"), peerUrl("e")] }],
      {},
      { members: fiveMembers },
    ],
    [
      "to be led by another one than is replaced",
      replaced("a"),
      {},
      [{ kind: "transfer-leadership", from: "a" }],
    ],
    ["nothing of one that is replaced and gone", replaced("b"), lost, []],
    [
      "nothing by a machine that cannot be seen, though others see its member",
      { ...replaced("a"), allowDowngradeTo: "3.6", version: "3.6.17" },
      { machines: { a: "gone" } },
      [],
      { version: "3.6.17", members: membersOf(names) },
    ],
    [
      "nothing of a cluster that is to begin from a snapshot",
      { ...newer, restore: { ...restore, overData: true } },
      {},
      [],
    ],
    ["nothing of one that does not serve", {}, { silent: true }, []],
  ])("%s", (_, changes, seen, expected, before, attempted) => {
    const { violations, preparations } = decided(changes, seen, before, attempted);
    expect(violations).toEqual([]);
    expect(preparations).toEqual(expected);
  });

  it("is asked by a machine that can be seen", () => {
    const lostLeader = { machines: { a: "gone" }, leader: "b" };
    const fewer = { members: membersOf(["a", "b", "c"], { a: { machineGeneration: 1 } }) };
    const { violations, preparations } = decided(
      fewer,
      { all: ["a", "b", "c", "d"], ...lostLeader },
      { members: membersOf(["a", "b", "c", "d"]) },
    );
    expect(violations).toEqual([]);
    expect(preparations).toEqual([{ kind: "remove", through: "b", peerUrls: [peerUrl("d")] }]);
  });
});

const first = "a snapshot is taken first";
const inTurn = "one member at a time, leader a last";

describe("a change in words", () => {
  it.each<
    [string, Partial<Desired>, ObservedChanges, string[], Partial<Desired>?, Partial<Desired>?]
  >([
    ["nothing", {}, {}, []],
    ["a version", newer, {}, [first, `3.6.16 → 3.7.3, ${inTurn}`]],
    [
      "the rest of an upgrade, a member being down",
      newer,
      { machines: { a: { process: { version: "3.7.3" } } }, answers: { c: "silent" } },
      [first, "3.6.16 → 3.7.3, one member at a time, first c, leader a last"],
    ],
    [
      "a version of a member that is stopped",
      { version: "3.6.17" },
      {
        machines: { b: { process: stopped, unitVersion: "3.6.15" } },
        answers: { b: "refused" },
      },
      [
        "3.6.16 → 3.6.17, one member at a time, first b, leader a last",
        "3.6.15 → 3.6.17, one member at a time, first b, leader a last",
      ],
    ],
    [
      "clients that come, get other rights and go, and what they may do",
      { clients: { api: "api@2", app: "app@1" }, accessControl: true },
      {},
      [
        "app is a client from now on, with a certificate of its own",
        "api gets other rights",
        "old is a client no more: its certificate opens no connection, its user is taken away, and its requests are refused; a watch that it has open goes on until its connection ends",
        "access is controlled from now on: who shows no certificate of a client (api and app) or of clientCertPem is refused; watches that are open go on until their connections end",
      ],
      { clients: { api: "api@1", old: "old@1" } },
    ],
    [
      "access control that somebody has turned off",
      { accessControl: true },
      { machines: { a: { view: { isControlled: false } } } },
      ["access control, which somebody has turned off, is turned on again"],
      { accessControl: true },
    ],
    [
      "nothing of it where it is on",
      { accessControl: true },
      { machines: { a: { view: { isControlled: true } } } },
      [],
      { accessControl: true },
    ],
    [
      "access that is no longer controlled, and the last client",
      {},
      {},
      [
        "old is a client no more: its certificate opens no connection from now on; those that are open go on until they end, since access is not controlled",
        "access is no longer controlled: every client may do everything",
      ],
      { clients: { old: "old@1" }, accessControl: true },
    ],
    [
      "a snapshot to begin from, where two have data",
      { restore: { id: "1a2b3c4d", from: "backup.db", overData: true } },
      { machines: { b: { hasData: false } } },
      [
        "a, b and c begin from the snapshot backup.db, all at once",
        "what a and c have now is moved aside, and can be read no more",
      ],
    ],
    ["a flag", { members: unitsWith("=8", "=2") }, {}, [`--quota-backend-bytes 8 → 2, ${inTurn}`]],
    [
      "a flag more, and one less",
      { members: unitsWith("--quota-backend-bytes=8", "--pre-vote") },
      {},
      [`--quota-backend-bytes 8 → unset, ${inTurn}`, `--pre-vote unset → true, ${inTurn}`],
    ],
    // M1
    [
      "the text of a unit",
      { members: unitsWith("LimitNOFILE=65536", "LimitNOFILE=90000\nNice=-5") },
      {},
      [
        `unit: no more LimitNOFILE=65536, ${inTurn}`,
        `unit: LimitNOFILE=90000, ${inTurn}`,
        `unit: Nice=-5, ${inTurn}`,
      ],
    ],
    [
      "the text of a unit that is set back before all have it",
      {},
      {},
      [`unit: no more Nice=-5, ${inTurn}`],
      {},
      { members: unitsWith("[Service]", "[Service]\nNice=-5") },
    ],
    [
      "of a cluster that cannot be asked",
      { version: "3.6.17" },
      { silent: true },
      ["3.6.16 → 3.6.17, one member at a time"],
    ],
    [
      "of a single member",
      { ...newer, members: membersOf(["a"]) },
      { all: ["a"] },
      [first, "3.6.16 → 3.7.3, a stops for it: it is the only member"],
      { members: membersOf(["a"]) },
    ],
    // M5
    [
      "of two members, which is allowed",
      { ...newer, members: membersOf(["a", "b"]) },
      { all: ["a", "b"] },
      [
        first,
        `3.6.16 → 3.7.3, ${inTurn}; writes wait while one of the two restarts: it takes both`,
      ],
      { members: membersOf(["a", "b"]) },
    ],
    [
      "another CA to trust",
      { certificateAuthorities: [1, 2] },
      {},
      [
        `trusted CA 1 → 1 and 2, ${inTurn}`,
        "before the next step, clients need the new caCertPem: certificates of CA 2 will be shown to them",
      ],
    ],
    [
      "another CA to issue",
      { certificateAuthorities: [2, 1] },
      both(1),
      ["every certificate is issued again by CA 2, and no member restarts for it"],
      { certificateAuthorities: [1, 2] },
    ],
    [
      "a CA that goes",
      { certificateAuthorities: [2] },
      both(2),
      [
        `trusted CA 1 and 2 → 2, ${inTurn}`,
        "clients that still have a certificate of CA 1 are refused from now on: give them the new clientCertPem and clientKeyPem before",
      ],
      { certificateAuthorities: [2, 1] },
    ],
    [
      "a CA that is taken back before all trust it",
      {},
      {},
      [`trusted CA 1 and 2 → 1, ${inTurn}`],
      {},
      { certificateAuthorities: [1, 2] },
    ],
    [
      "certificates on request",
      { certificateIssue: 2 },
      {},
      ["every certificate is issued again with a new key, and no member restarts for it"],
    ],
    [
      "an instance type",
      { instanceType: "m7g.large" },
      {},
      [`instance type t3.small → m7g.large: stopped and started, ${inTurn}`],
    ],
    ["larger volumes", { dataVolumeGiB: 30 }, {}, ["data volumes 20 → 30 GiB"]],
    [
      "members that join",
      { members: membersOf(["a", "b", "c", "d"]) },
      {},
      ["d joins as a learner and is promoted, one at a time"],
    ],
    [
      "members that leave",
      { members: membersOf(["a", "b"]) },
      {},
      ["c is taken out of the cluster, then its machine goes"],
    ],
    [
      "members that an interrupted update brought",
      {},
      { entries: { d: {} } },
      ["d is taken out of the cluster, then its machine goes"],
      {},
      { members: membersOf(["a", "b", "c", "d"]) },
    ],
    [
      "a machine",
      replaced("a"),
      {},
      ["a gets a new machine, with its data where that is still there"],
    ],
    [
      "a machine and its data",
      newData("b"),
      {},
      ["b gets a new machine and loses its data: taken out, added as a learner, promoted"],
    ],
    // Interrupted, and asked for again.
    [
      "a replacement that an earlier update began",
      newData("b"),
      { machines: { b: "gone" }, answers: { b: "silent" } },
      [
        "the replacement of b, which an earlier update began, is finished",
        "b gets a new machine and loses its data: taken out, added as a learner, promoted",
      ],
      {},
      newData("b"),
    ],
  ])("%s", (_, changes, seen, expected, before, attempted) => {
    const { violations, lines } = decided(changes, seen, before, attempted);
    expect(violations).toEqual([]);
    expect(lines).toEqual(expected);
  });

  it("of a cluster that is being founded has nothing to tell", () => {
    const { lines } = decide(question({ recorded: undefined, observed: observed(nobodyHasData) }));
    expect(lines).toEqual([]);
  });
});

describe("what a counter asks for", () => {
  const counted = (machineGeneration: number, dataGeneration: number) =>
    desired({ members: membersOf(names, { b: { machineGeneration, dataGeneration } }) });

  it.each([
    [2, 1, [], [], []],
    [3, 1, ["b"], [], []],
    [3, 2, ["b"], ["b"], []],
    [1, 1, [], [], ["b"]],
    [2, 0, [], [], ["b"]],
    [3, 0, ["b"], [], ["b"]],
  ])("2 and 1 → %d and %d", (machine, data, machines, volumes, down) => {
    const [before, after] = [counted(2, 1), counted(machine, data)];
    expect(replacedMachines(before, after)).toEqual(machines);
    expect(replacedData(before, after)).toEqual(volumes);
    expect(countedDown(before, after)).toEqual(down);
  });

  it("of a member that joins or leaves is nothing", () => {
    const [more, fewer] = [counted(2, 1), desired({ members: membersOf(["a"]) })];
    expect(replacedMachines(fewer, more)).toEqual([]);
    expect(countedDown(more, fewer)).toEqual([]);
  });
});

describe("who begins from a snapshot", () => {
  const asked = desired({ restore });
  it("all, where it is new", () =>
    expect(restoredMembers(recorded(), asked)).toEqual(["a", "b", "c"]));
  it("all of a new stack", () => expect(restoredMembers(undefined, asked)).toEqual(names));
  it("those who did, and nobody who came later", () => {
    const before = recorded({ restore }, ["a"]);
    expect(restoredMembers(before, asked)).toEqual(["a"]);
  });
  it("nobody, where none is asked for", () =>
    expect(restoredMembers(recorded({ restore }, ["a"]), desired())).toEqual([]));

  it("from the same one again, when the request is another", () => {
    const again = desired({ restore: { ...restore, id: "5e6f7a8b", overData: true } });
    const { steps } = decide(
      question({
        desired: again,
        recorded: recorded({ restore }, names),
        observed: observed({
          machines: each({ cluster: { restored: restore.id }, restoreWaiting: "5e6f7a8b" }),
        }),
      }),
    );
    expect(steps).toHaveLength(3);
    for (const step of steps) {
      expect(step).toMatchObject({ action: "restore", token: `${own.clusterId}-5e6f7a8b` });
    }
  });
});

it("a lost disk is a step of its own, the others wait for it", () => {
  const { violations, steps } = decided(
    { members: unitsWith("=8", "=2") },
    { machines: { b: emptied }, answers: { b: "refused" } },
  );
  expect(violations).toEqual([]);
  expect(steps).toEqual([
    expect.objectContaining({ member: "b", action: "join", remove: idOf("b") }),
    ...["c", "a"].map((member) => ({
      member,
      blocked: expect.stringContaining("others do not answer: b") as string,
    })),
  ]);
});

it("one that is there and only does not answer may do so in a moment", () => {
  const { steps } = decided({ members: unitsWith("=8", "=2") }, { answers: { b: "silent" } });
  const waiting = steps.filter((step) => isBlocked(step) && step.mayPass);
  expect(waiting.map(({ member }) => member)).toEqual(expect.arrayContaining(["a", "c"]));
});
