import { describe, expect, it } from "vitest";
import { refusals } from "../../../../components/etcd/rollout/refusals";
import type { Wanted } from "../../../../components/etcd/rollout/wanted";
import { membersOf, survey, type SurveyChanges, wanted } from "./example";

const runs = (version: string) => ({
  members: Object.fromEntries(["a", "b", "c"].map((name) => [name, { version }])),
});
const fiveMembers = membersOf(["a", "b", "c", "d", "e"]);
const down = { health: { b: { healthy: false } } };
const replaced = (name: string, data = 0) => ({
  members: membersOf(["a", "b", "c"], { [name]: { machine: 1, data } }),
});

const restore = { id: "1a2b3c4d", from: "s3://bucket/etcd.db", overData: false };
const nobodyHasData = {
  members: Object.fromEntries(["a", "b", "c"].map((name) => [name, { hasData: false }])),
};
const gone = {
  members: Object.fromEntries(
    ["a", "b", "c"].map((name) => [name, { hasData: undefined!, problem: "gone" }]),
  ),
};

function found(changes: Partial<Wanted>, seen: SurveyChanges = {}, before = wanted()): string[] {
  return refusals(survey(seen), before, wanted(changes));
}

describe("a change that may be made", () => {
  it.each<[string, Partial<Wanted>, SurveyChanges?, Wanted?]>([
    ["none", {}],
    ["none, of a cluster that is down", {}, { problem: "no machine answers" }],
    ["the next minor version", { version: "3.7.3" }],
    ["the rest of an upgrade", { version: "3.7.3" }, { members: { a: { version: "3.7.3" } } }],
    ["a patch release up", { version: "3.6.17" }],
    ["a patch release down", { version: "3.6.15" }],
    ["the older minor version, asked for", { version: "3.5.35", allowDowngrade: true }],
    ["an upgrade that repairs a member", { version: "3.7.3" }, down],
    ["more members", { members: fiveMembers }],
    ["fewer members", {}, { all: ["a", "b", "c", "d", "e"] }, wanted({ members: fiveMembers })],
    [
      "fewer members, though one that leaves is down",
      {},
      { all: ["a", "b", "c", "d", "e"], health: { e: { healthy: false } } },
      wanted({ members: fiveMembers }),
    ],
    ["a machine made anew", replaced("b")],
    ["a lost machine made anew", replaced("b"), { ...down, members: { b: { problem: "gone" } } }],
    ["a lost machine and its data", replaced("b", 1), down],
    [
      "a machine made anew elsewhere",
      {
        members: membersOf(["a", "b", "c"], {
          b: { machine: 1, peerUrl: "https://10.0.2.9:2380" },
        }),
      },
    ],
    ["a snapshot restored where nothing is", { restore }, nobodyHasData],
    [
      "a snapshot restored on machines that are new",
      { restore },
      { problem: "no machine answers", ...gone },
    ],
    ["a snapshot restored over data, said twice", { restore: { ...restore, overData: true } }],
    [
      "a snapshot restored into another version and other members",
      { restore, version: "3.4.45", members: fiveMembers },
      nobodyHasData,
    ],
    ["the snapshot that was restored before", { restore }, {}, wanted({ restore })],
    ["a second CA", { certificateAuthorities: [1, 2] }],
    [
      "the second CA issues",
      { certificateAuthorities: [2, 1] },
      both(1),
      wanted({ certificateAuthorities: [1, 2] }),
    ],
    [
      "the second CA alone",
      { certificateAuthorities: [2] },
      both(2),
      wanted({ certificateAuthorities: [2, 1] }),
    ],
    [
      "back to the first CA",
      { certificateAuthorities: [1] },
      both(1),
      wanted({ certificateAuthorities: [1, 2] }),
    ],
    ["another instance type", { instanceType: "t3.medium" }],
  ])("%s", (_, changes, seen, before) => expect(found(changes, seen, before)).toEqual([]));
});

/** Every member trusts both CAs and has a certificate of this one. */
function both(issuedBy: number): SurveyChanges {
  const each = { trusts: [1, 2], issuedBy };
  return { members: { a: each, b: each, c: each } };
}

describe("a change that is refused", () => {
  it.each<[string, Partial<Wanted>, SurveyChanges, RegExp, Wanted?]>([
    [
      "a snapshot over data, said once",
      { restore },
      { members: { a: { hasData: false } } },
      /^restoreFrom is s3:\/\/bucket\/etcd\.db, and b and c have data, .* set restoreOverData: true/,
    ],
    [
      "a skipped minor version",
      { version: "3.7.3" },
      runs("3.5.35"),
      /^version is 3\.7\.3, and the members run 3\.5\.35: .*skip.* Go to the latest 3\.6 first$/,
    ],
    [
      "the next minor version from a release that is not ready for it",
      { version: "3.6.16" },
      runs("3.5.31"),
      /from 3\.5\.32 on the way .* Go to the latest 3\.5 first$/,
    ],
    [
      "an older minor version that nobody asked for",
      { version: "3.5.35" },
      {},
      /allowDowngrade: true$/,
    ],
    [
      "two minor versions down",
      { version: "3.5.35", allowDowngrade: true },
      runs("3.7.3"),
      /one minor version at a time\. Go to the latest 3\.6 first/,
    ],
    [
      "down from a version that cannot",
      { version: "3.4.23", allowDowngrade: true },
      runs("3.5.35"),
      /can go down from 3\.6 and later only/,
    ],
    [
      "down while a member is not there",
      { version: "3.5.35", allowDowngrade: true },
      down,
      /only while all members are healthy, and b does not serve reads$/,
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
      /and b does not serve reads$/,
    ],
    [
      "joining with an alarm",
      { members: fiveMembers },
      { health: { a: { alarms: ["NOSPACE"] } } },
      /a raised NOSPACE$/,
    ],
    [
      "joining and a new version",
      { members: fiveMembers, version: "3.7.3" },
      {},
      /^the version and the members change/,
    ],
    [
      "leaving one that nobody could be asked of",
      { members: membersOf(["a"]) },
      { problem: "no route" },
      /no member could be asked: no route$/,
    ],
    [
      "a machine made anew while another is down",
      replaced("a"),
      down,
      /^a is made anew only while all others are healthy, and b does not serve reads$/,
    ],
    [
      "two machines made anew",
      { members: membersOf(["a", "b", "c"], { a: { machine: 1 }, b: { machine: 1 } }) },
      {},
      /^a and b would be made anew in one update/,
    ],
    [
      "new data on the old machine",
      { members: membersOf(["a", "b", "c"], { a: { data: 1 } }) },
      {},
      /npm run replace -- a --new-data$/,
    ],
    [
      "the data of the only member",
      { members: membersOf(["a"], { a: { machine: 1, data: 1 } }) },
      { all: ["a"] },
      /would lose its data/,
      wanted({ members: membersOf(["a"]) }),
    ],
    [
      "another address of a running member",
      { members: membersOf(["a", "b", "c"], { b: { peerUrl: "https://10.0.2.9:2380" } }) },
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
      { members: membersOf(["a", "b", "c"], { b: { peerUrl: "http://10.0.1.108:2380" } }) },
      {},
      /cannot turn TLS on or off/,
    ],
    [
      "a CA that nobody trusts yet",
      { certificateAuthorities: [2, 1] },
      { members: { a: { trusts: [1, 2] }, b: { trusts: [1, 2] } } },
      /^certificateAuthorities is \[2, 1\], and c does not trust 2 yet, only 1/,
    ],
    [
      "a CA taken away whose certificates are in use",
      { certificateAuthorities: [2] },
      {
        members: {
          a: { trusts: [1, 2], issuedBy: 2 },
          b: { trusts: [1, 2], issuedBy: 2 },
          c: { trusts: [1, 2] },
        },
      },
      /^certificateAuthorities is \[2\], and c has a certificate of 1/,
      wanted({ certificateAuthorities: [2, 1] }),
    ],
    [
      "another CA while a machine cannot be looked at",
      { certificateAuthorities: [1, 2] },
      { members: { b: { problem: "connection refused" } } },
      /whether b is ready for it cannot be seen: connection refused$/,
    ],
  ])("%s", (_, changes, seen, expected, before) => {
    const all = found(changes, seen, before);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(expected);
  });

  it("is refused with all that speaks against it", () => {
    const all = found({ version: "3.8.0", members: membersOf(["a", "b", "d"]) }, down);
    expect(all).toHaveLength(4);
  });
});
