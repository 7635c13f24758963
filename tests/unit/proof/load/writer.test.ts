import { describe, expect, it } from "vitest";
import { longestGapMs } from "../../../../proof/load/longestGap";
import { putsDue } from "../../../../proof/load/pace";
import { percentile } from "../../../../proof/load/percentile";
import { put } from "../../../../proof/load/put";
import { writerFigures } from "../../../../proof/load/writerFigures";
import { putRecord } from "./records";

describe("the longest gap", () => {
  const window = { fromMs: 100, toMs: 200 };
  it.each([
    ["all of it, where nothing happened", [], 100],
    ["between two moments", [110, 150, 190], 40],
    ["from the beginning", [180, 190], 80],
    ["to the end", [110, 130], 70],
    ["of moments in any order", [190, 110, 150], 40],
    ["that moments outside don't fill", [0, 99, 140, 201], 60],
  ])("is %s", (_, moments, gap) => {
    expect(longestGapMs(moments, window)).toBe(gap);
  });

  it.each([
    ["before it", [{ fromMs: 0, toMs: 105 }], 60],
    ["in the middle of it", [{ fromMs: 140, toMs: 160 }], 40],
    ["over its end", [{ fromMs: 170, toMs: 300 }], 50],
    [
      "twice",
      [
        { fromMs: 125, toMs: 135 },
        { fromMs: 150, toMs: 155 },
      ],
      45,
    ],
    ["so long that another one is longer", [{ fromMs: 120, toMs: 175 }], 20],
  ])("has nothing in it of what nobody watched: %s", (_, unwatched, gap) => {
    expect(longestGapMs([110, 120, 180], window, unwatched)).toBe(gap);
  });
});

it.each([
  [50, 3],
  [99, 5],
  [0, 1],
  [60, 3],
  [61, 4],
])("the %i-th percentile is the nearest rank's", (percent, value) => {
  expect(percentile([5, 3, 1, 4, 2], percent)).toBe(value);
  expect(percentile([], percent)).toBe(null);
});

describe("the pace", () => {
  const pace = { putsPerSecond: 100, maxOutstanding: 300 };
  it.each([
    ["nothing before its time", 9, 0, 0, { start: 0, leaveOut: 0 }],
    ["one put every 10 ms", 10, 0, 0, { start: 1, leaveOut: 0 }],
    ["what a late tick missed", 1000, 60, 5, { start: 40, leaveOut: 0 }],
    ["nothing twice", 1000, 100, 5, { start: 0, leaveOut: 0 }],
    ["new puts while the old ones hang", 3000, 299, 299, { start: 1, leaveOut: 0 }],
    ["and leaves out what has no room", 3010, 300, 300, { start: 0, leaveOut: 1 }],
    ["only what has room", 4000, 390, 295, { start: 5, leaveOut: 5 }],
    ["what comes after those left out", 5000, 499, 0, { start: 1, leaveOut: 0 }],
  ])("starts %s", (_, elapsedMs, turns, outstanding, due) => {
    expect(putsDue(elapsedMs, turns, outstanding, pace)).toEqual(due);
  });
});

describe("a put", () => {
  const entry = { key: "k", value: "v" };
  const patience = { attemptMs: 40, putMs: 100 };

  /** Members that answer a put, or refuse it with their words, each time they are asked. */
  function members(...answers: (string | undefined)[]) {
    const asked: string[] = [];
    const at = (turn: number) => {
      const index = turn % answers.length;
      const member = { name: `m${index}`, clientUrl: "" };
      const call = async <T>(_: unknown, timeoutMs: number): Promise<T> => {
        asked.push(member.name);
        if (answers[index] !== undefined) {
          throw new Error(timeoutMs < patience.attemptMs ? "out of time" : answers[index]);
        }
        return undefined as T;
      };
      return { member, call };
    };
    return { at, asked };
  }
  it("goes to the member whose turn it is", async () => {
    const { at, asked } = members(undefined, undefined, undefined);
    const record = await put({ at }, 5, entry, patience);
    expect(record).toMatchObject({ ...entry, acknowledged: true, attempts: 1 });
    expect(record).not.toHaveProperty("lastError");
    expect(asked).toEqual(["m2"]);
  });

  it("goes on to the next ones, and is acknowledged by the first that does", async () => {
    const { at, asked } = members(undefined, "gone", "no leader");
    const record = await put({ at }, 1, entry, patience);
    expect(record).toMatchObject({ acknowledged: true, attempts: 3, lastError: "m2: no leader" });
    expect(asked).toEqual(["m1", "m2", "m0"]);
  });

  it("has failed when its time is over, with the last error that says why", async () => {
    const record = await put(members("gone"), 0, entry, patience);
    expect(record).toMatchObject({ acknowledged: false, lastError: "m0: gone" });
    expect(record.attempts).toBeGreaterThan(1);
    expect(record.endMs - record.startMs).toBeGreaterThanOrEqual(99);
  });
});

describe("a writer's figures", () => {
  const history = {
    window: { fromMs: 0, toMs: 10_000 },
    puts: [
      putRecord({ key: "a", startMs: 1000, endMs: 1010 }),
      putRecord({ key: "b", startMs: 2000, endMs: 4000, attempts: 3, lastError: "gone" }),
      putRecord({ key: "c", startMs: 3000, endMs: 8000, acknowledged: false, attempts: 9 }),
      putRecord({ key: "d", startMs: 6000, endMs: 6020 }),
    ],
    leftOutAtMs: [2500, 7000],
    ownStalls: [
      { fromMs: 100, toMs: 200 },
      { fromMs: 4900, toMs: 5300 },
    ],
  };

  it("are of all its time", () => {
    expect(writerFigures(history)).toEqual({
      seconds: 10,
      puts: 3,
      putsPerSecond: 0.3,
      longestGapMs: 10_000 - 6020,
      longestWatchedGapMs: 10_000 - 6020,
      failed: [history.puts[2]],
      retried: 1,
      leftOut: 2,
      longestOwnStallMs: 400,
      latencyMs: { p50: 20, p99: 2000 },
    });
  });

  it("are of a part of it", () => {
    expect(writerFigures(history, { fromMs: 500, toMs: 2500 })).toEqual({
      seconds: 2,
      puts: 2,
      putsPerSecond: 1,
      longestGapMs: 2500 - 1010,
      longestWatchedGapMs: 2500 - 1010,
      failed: [],
      retried: 1,
      leftOut: 0,
      longestOwnStallMs: 0,
      latencyMs: { p50: 10, p99: 2000 },
    });
  });

  it("are of nothing, where nothing was written", () => {
    const none = { ...history, puts: [], leftOutAtMs: [], ownStalls: [] };
    expect(writerFigures(none, { fromMs: 5, toMs: 5 })).toMatchObject({
      puts: 0,
      putsPerSecond: 0,
      longestGapMs: 0,
      latencyMs: { p50: null, p99: null },
    });
  });
});
