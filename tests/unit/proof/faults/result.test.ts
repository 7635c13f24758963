import { describe, expect, it } from "vitest";
import type { Seen } from "../../../../proof/faults/faultLoad";
import { type Aftermath, figuresOf } from "../../../../proof/faults/result";
import type { Operation } from "../../../../proof/load/registers";
import { putRecord } from "../load/records";

const window = { fromMs: 0, toMs: 1000 };
const everyMs = (period: number) =>
  Array.from({ length: 1000 / period }, (_, index) => index * period);
const operation: Operation = {
  ...{ client: 0, kind: "get", key: "key", value: "", outcome: "ok" },
  ...{ startNs: 0n, endNs: 1n },
};

const seen: Seen = {
  writes: {
    window,
    puts: everyMs(8).map((endMs) => putRecord({ endMs })),
    leftOutAtMs: [],
    ownStalls: [{ fromMs: 100, toMs: 160 }],
  },
  registers: {
    window,
    operations: Array<Operation>(80).fill(operation),
    succeededAtMs: { put: [], get: everyMs(20) },
  },
  lost: { missing: [], altered: [] },
  hashes: ["a", "b", "c"].map((name) => ({ name, hash: "18446744073709551615" })),
};
const aftermath: Aftermath = {
  ...{ healedBy: "itself", healthyAfterSeconds: 1.2, linearizability: "yes", mishaps: [] },
};

describe("the figures of an injection", () => {
  it("have no violation when all is well", () => {
    expect(figuresOf(seen, aftermath)).toEqual({
      ...{ seconds: 1, healedBy: "itself", healthyAfterSeconds: 1.2, ownStallMs: 60 },
      longestWithoutMs: { write: 8, read: 20 },
      writes: { acknowledged: 125, failed: 0, lost: 0 },
      ...{ operations: 80, linearizable: "yes", violations: [] },
    });
  });

  it("count writes that failed, which is no violation", () => {
    const puts = [...seen.writes.puts, putRecord({ acknowledged: false })];
    const { writes, violations } = figuresOf(
      { ...seen, writes: { ...seen.writes, puts } },
      aftermath,
    );
    expect(writes).toEqual({ acknowledged: 125, failed: 1, lost: 0 });
    expect(violations).toEqual([]);
  });

  const long = { fromMs: 0, toMs: 20_000 };
  it.each<[string, Partial<Seen>, Partial<Aftermath>, string[]]>([
    [
      "lost writes",
      { lost: { missing: ["k1", "k2", "k3", "k4"], altered: ["k5"] } },
      {},
      [
        "4 acknowledged writes are lost: k1, k2, k3, …",
        "1 acknowledged writes have another value: k5",
      ],
    ],
    [
      "unequal data",
      {
        hashes: [
          { name: "a", hash: "1" },
          { name: "b", hash: "2" },
        ],
      },
      {},
      ["the members' data differs, or is not known: a 1, b 2"],
    ],
    [
      "data that is not known",
      { hashes: [{ name: "a", hash: null, error: "gone" }] },
      {},
      ["the members' data differs, or is not known: a gone"],
    ],
    [
      "a history that is not linearizable",
      {},
      { linearizability: "no" },
      ["the history is not linearizable"],
    ],
    [
      "a history of which nobody knows",
      {},
      { linearizability: "unknown" },
      ["nobody knows whether the history is linearizable: the checker's time was not enough"],
    ],
    [
      "a cluster that stays unhealthy",
      {},
      { healedBy: "nobody", healthyAfterSeconds: null, mishaps: ["the up failed"] },
      ["the up failed", "the cluster is not healthy again"],
    ],
    [
      "no write or read for long, and too little load",
      {
        writes: { ...seen.writes, window: long },
        registers: { ...seen.registers, window: long },
      },
      {},
      [
        "no write succeeded for 19008 ms, at most 10000 may pass",
        "no read succeeded for 19020 ms, at most 10000 may pass",
        "6.3 writes were tried a second, fewer than 100",
        "4.0 puts and gets of registers were tried a second, fewer than 30",
      ],
    ],
  ])("tell of %s", (_name, otherSeen, otherAftermath, violations) => {
    const figures = figuresOf({ ...seen, ...otherSeen }, { ...aftermath, ...otherAftermath });
    expect(figures.violations).toEqual(violations);
  });

  it("do not call a history bad that nobody could check", () => {
    const figures = figuresOf(seen, { ...aftermath, linearizability: "not checked" });
    expect(figures.violations).toEqual([]);
  });
});
