import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Checker } from "../../../../proof/faults/checker";
import { historyOf } from "../../../../proof/faults/history";
import { putOutcome } from "../../../../proof/load/outcome";
import type { Operation } from "../../../../proof/load/registers";

type Told = Pick<Operation, "kind" | "value"> & Partial<Operation>;

/** Operations on one key, one after the other unless they say otherwise, each 5 ns long. */
function operations(...told: readonly Told[]): Operation[] {
  return told.map((one, index) => ({
    ...{ client: index, key: "key", outcome: "ok" as const },
    ...{ startNs: 1000n + 10n * BigInt(index), endNs: 1005n + 10n * BigInt(index) },
    ...one,
  }));
}
const put = (value: string, rest: Partial<Operation> = {}): Told => ({
  ...{ kind: "put", value },
  ...rest,
});
const get = (value: string, rest: Partial<Operation> = {}): Told => ({
  ...{ kind: "get", value },
  ...rest,
});
const unknown = { outcome: "unknown" } as const;
const failed = { outcome: "failed" } as const;

describe("the history that is checked", () => {
  it("has what succeeded, with its times since the beginning", () => {
    expect(historyOf(operations(put("1"), get("1")))).toEqual([
      { client: 0, kind: "put", key: "key", value: "1", call: 0, return: 5 },
      { client: 1, kind: "get", key: "key", value: "1", call: 10, return: 15 },
    ]);
  });

  it("leaves a put open to the end of which nobody knows, if its value was read", () => {
    const history = historyOf(operations(put("1", unknown), get("1"), get("1")));
    expect(history.map((one) => one.return)).toEqual([26, 15, 25]);
  });

  it("has neither such a put that nobody read, nor what failed", () => {
    const all = operations(
      put("1", unknown),
      put("2", failed),
      get("", failed),
      // Of another key: not the first one's value.
      get("1", { key: "other" }),
    );
    expect(historyOf(all).map(({ key }) => key)).toEqual(["other"]);
  });

  it("is empty where nothing happened", () => expect(historyOf([])).toEqual([]));
});

it.each([
  ["14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED", "failed"],
  ["etcdserver: too many requests", "failed"],
  ["4 DEADLINE_EXCEEDED: Deadline exceeded", "unknown"],
  ["etcdserver: leader changed", "unknown"],
  ["etcdserver: request timed out", "unknown"],
  // etcd applies such a put and then says this.
  ["etcdserver: mvcc: database space exceeded", "unknown"],
])("of a put that ended with %j it is known: %s", (error, outcome) => {
  expect(putOutcome(error)).toBe(outcome);
});

const hasGo = spawnSync("go", ["version"]).status === 0;

describe.skipIf(!hasGo)("porcupine, by which histories are checked", () => {
  let checker: Checker;
  beforeAll(async () => {
    checker = await Checker.build();
  }, 300_000);

  it.each<[string, Told[]]>([
    ["reads of what was written last", [get(""), put("1"), get("1"), put("2"), get("2")]],
    [
      "a put and a get at the same time, either way",
      [put("1", { endNs: 1030n }), get("", { endNs: 1020n }), get("1")],
    ],
    [
      "a put of which nobody knows, read later",
      [put("1"), put("2", unknown), get("1"), get("2"), get("2")],
    ],
    ["a put of which nobody knows, never read", [put("1"), put("2", unknown), get("1")]],
    ["the same on several keys", [put("1"), put("2", { key: "b" }), get("1")]],
  ])("finds no fault with %s", async (_name, told) => {
    expect(await checker.check(operations(...told))).toEqual({ linearizable: "yes" });
  });

  it.each<[string, Told[]]>([
    ["a stale read", [put("1"), put("2"), get("1")]],
    ["a lost write", [put("1"), get("")]],
    ["a value that comes and goes", [put("1"), put("2", unknown), get("2"), get("1")]],
    ["a put that failed for certain and is read", [put("1"), put("2", failed), get("2")]],
    ["a value that nobody put", [get("1")]],
  ])("catches %s", async (_name, told) => {
    const { linearizable, file } = await checker.check(operations(...told));
    expect(linearizable).toBe("no");
    expect(file).toMatch(/history\.jsonl$/);
    await rm(dirname(file!), { recursive: true });
  });
});
