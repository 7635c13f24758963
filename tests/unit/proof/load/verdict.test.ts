import { describe, expect, it } from "vitest";
import { compareWrites } from "../../../../proof/load/compareWrites";
import { changesTable } from "../../../../proof/changes/table";
import { type Limits, type Measured, verdict } from "../../../../proof/load/verdict";
import { putRecord } from "./records";

const well: Measured = {
  writer: {
    seconds: 12.34,
    puts: 1481,
    putsPerSecond: 120.02,
    longestGapMs: 83.4,
    longestWatchedGapMs: 83.4,
    failed: [],
    retried: 7,
    leftOut: 0,
    longestOwnStallMs: 0,
    latencyMs: { p50: 4, p99: 40 },
  },
  sampler: {
    samples: 1000,
    mostDownAtOnce: 1,
    certainlyDownAtOnce: 1,
    overlaps: [],
    longestBlindMs: 30,
    members: [],
  },
  lost: { missing: [], altered: [] },
  hashes: ["a", "b", "c"].map((name) => ({ name, hash: "18446744073709551615" })),
};

it("acknowledged writes are compared with what is stored, the others are not", () => {
  const puts = [
    putRecord({ key: "there", value: "1" }),
    putRecord({ key: "missing", value: "2" }),
    putRecord({ key: "altered", value: "3" }),
    putRecord({ key: "failed", value: "4", acknowledged: false }),
  ];
  const stored = new Map([
    ["there", "1"],
    ["altered", "4"],
    ["somebody else's", "5"],
  ]);
  expect(compareWrites(puts, stored)).toEqual({ missing: ["missing"], altered: ["altered"] });
});

describe("the verdict", () => {
  it("has all figures and no violation when all is well", () => {
    expect(verdict(well)).toEqual({ ...well, violations: [] });
  });

  const { writer, sampler } = well;
  const two = {
    ...sampler,
    mostDownAtOnce: 2,
    overlaps: [{ names: ["a", "c"], fromMs: 1000, toMs: 1034.2 }],
  };
  it.each<[string, Partial<Measured>, Limits | undefined, string[]]>([
    [
      "failed writes",
      { writer: { ...writer, failed: [putRecord({}), putRecord({ lastError: "a: gone" })] } },
      undefined,
      ["2 writes failed, the last since a: gone"],
    ],
    [
      "lost writes",
      { lost: { missing: ["k1", "k2", "k3", "k4"], altered: ["k5"] } },
      undefined,
      [
        "4 acknowledged writes are lost: k1, k2, k3, …",
        "1 acknowledged writes have another value: k5",
      ],
    ],
    [
      "hashes that differ in their last digit",
      { hashes: [...well.hashes, { name: "d", hash: "18446744073709551614" }] },
      undefined,
      [
        "the data differs: a 18446744073709551615, b 18446744073709551615, " +
          "c 18446744073709551615, d 18446744073709551614",
      ],
    ],
    [
      "a member without a hash",
      { hashes: [...well.hashes, { name: "d", hash: null, error: "gone" }] },
      undefined,
      ["d gave no hash of its data: gone"],
    ],
    [
      "members that may have been down at once",
      { sampler: two },
      undefined,
      ["2 members may have been down at once: at most a and c for 35 ms"],
    ],
    [
      "members that may have been down at once for longer than is let pass",
      { sampler: two },
      { unsureMs: 34 },
      ["2 members may have been down at once: at most a and c for 35 ms"],
    ],
    ["nothing of what is shorter than is let pass", { sampler: two }, { unsureMs: 35 }, []],
    [
      "members that were down at once, for however short",
      { sampler: { ...two, certainlyDownAtOnce: 2 } },
      { unsureMs: 35 },
      ["2 members were down at once: at most a and c for 35 ms"],
    ],
    [
      "members that were down at once",
      { sampler: { ...two, certainlyDownAtOnce: 2 } },
      undefined,
      ["2 members were down at once: at most a and c for 35 ms"],
    ],
    ["not what is allowed", { sampler: two }, { membersDownAtOnce: 2 }, []],
    ["no samples", { sampler: { ...sampler, samples: 0 } }, undefined, ["no member was sampled"]],
    [
      "members that the sampler could not talk to",
      {
        sampler: {
          ...sampler,
          members: [
            {
              ...{ name: "a", samples: 2, failedSamples: 2, served: false },
              ...{ downs: 0, downMs: 0, errors: ["wrong CA", "timeout"] },
            },
          ],
        },
      },
      undefined,
      ["a was never seen to serve: wrong CA, timeout"],
    ],
    [
      "too few writes to prove anything",
      { writer: { ...writer, putsPerSecond: 88.88, leftOut: 9 } },
      undefined,
      [
        "88.9 puts were acknowledged a second, fewer than 100, " +
          "9 were left out since too many were under way",
      ],
    ],
    ["fewer writes where that is meant", { writer }, { putsPerSecond: 120 }, []],
  ])("names %s", (_, changes, limits, violations) => {
    expect(verdict({ ...well, ...changes }, limits).violations).toEqual(violations);
  });
});

it("the table has a row for each change, and below it what went wrong", () => {
  const bad = {
    ...well,
    writer: { ...well.writer, failed: [putRecord({})], longestGapMs: 700, longestOwnStallMs: 400 },
  };
  const text = changesTable([
    { change: "upgrade", kills: 0, verdict: verdict(well) },
    { change: "new CA", kills: 1, verdict: verdict(bad) },
  ]);
  const lines = text.split("\n").filter((line) => !/^[┌├└]/.test(line));
  expect(lines.map((line) => line.split(/ *│ */).filter((cell) => cell !== ""))).toEqual([
    [
      ...["change", "seconds", "puts", "puts/s", "longest write gap ms"],
      ...["failed", "retried", "members down at once"],
    ],
    ["upgrade", "12.3", "1481", "120.0", "83", "0", "7", "1"],
    ["new CA", "12.3", "1481", "120.0", "700", "1", "7", "1"],
    ["new CA: 1 writes failed, the last since no reason is known"],
    ["new CA: the writer itself stood still for 400 ms"],
  ]);
});
