import { expect, it } from "vitest";
import { describeChange } from "../../../../components/etcd/rollout/description";
import type { Wanted } from "../../../../components/etcd/rollout/wanted";
import { membersOf, survey, type SurveyChanges, wanted, wantedMember } from "./example";

const smaller = membersOf(["a", "b", "c"]);
for (const name of Object.keys(smaller)) {
  smaller[name] = { ...smaller[name]!, unit: wantedMember(name).unit.replace("=8", "=2") };
}

const first = "a snapshot is taken first";

it.each<[string, Partial<Wanted>, SurveyChanges, string[], Wanted?]>([
  ["nothing", {}, {}, []],
  [
    "a version",
    { version: "3.7.3" },
    {},
    [first, "3.6.16 → 3.7.3, one member at a time, leader a last"],
  ],
  [
    "the rest of an upgrade, a member being down",
    { version: "3.7.3" },
    { members: { a: { version: "3.7.3" } }, health: { c: { healthy: false } } },
    [first, "3.6.16 → 3.7.3, one member at a time, first c, leader a last"],
  ],
  [
    "a snapshot to begin from, where two have data",
    { restore: { id: "1a2b3c4d", from: "backup.db", overData: true } },
    { members: { b: { hasData: false } } },
    [
      "a, b and c begin from the snapshot backup.db, all at once",
      "what a and c have now is moved aside, and can be read no more",
    ],
  ],
  ["a flag", { members: smaller }, {}, ["--quota 8 → 2, one member at a time, leader a last"]],
  [
    "of a cluster that cannot be asked",
    { version: "3.7.3" },
    { problem: "no route" },
    ["3.6.16 → 3.7.3, one member at a time"],
  ],
  [
    "of a single member",
    { version: "3.7.3", members: membersOf(["a"]) },
    { all: ["a"] },
    [first, "3.6.16 → 3.7.3, a stops for it: it is the only member"],
    wanted({ members: membersOf(["a"]) }),
  ],
  [
    "another CA to trust",
    { certificateAuthorities: [1, 2] },
    {},
    ["trusted CA 1 → 1 and 2, one member at a time, leader a last"],
  ],
  [
    "another CA to issue",
    { certificateAuthorities: [2, 1] },
    {},
    ["every certificate is issued anew by CA 2, and no member restarts for it"],
    wanted({ certificateAuthorities: [1, 2] }),
  ],
  [
    "certificates on request",
    { certificateIssue: 2 },
    {},
    ["every certificate is issued anew with a new key, and no member restarts for it"],
  ],
  [
    "an instance type",
    { instanceType: "m7g.large" },
    {},
    [
      "instance type t3.small → m7g.large: stopped and started, one member at a time, leader a last",
    ],
  ],
  [
    "members",
    { members: membersOf(["a", "b", "d"]) },
    {},
    [
      "c is taken out of the cluster, then its machine goes",
      "d joins as a learner and is promoted, one at a time",
    ],
  ],
  [
    "machines",
    { members: membersOf(["a", "b", "c"], { a: { machine: 1 }, b: { machine: 2, data: 1 } }) },
    {},
    [
      "a gets a new machine, with its data where that is still there",
      "b gets a new machine and loses its data: taken out, added as a learner, promoted",
    ],
  ],
])("%s", (_, changes, seen, expected, before = wanted()) =>
  expect(describeChange(survey(seen), before, wanted(changes))).toEqual(expected),
);
