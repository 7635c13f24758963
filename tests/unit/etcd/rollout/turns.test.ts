import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { scriptInput } from "../../../../components/etcd/scripts";
import { nextInTurn, type Standing } from "../../../../components/etcd/rollout/order";
import { leftAsItWas, Turns } from "../../../../components/etcd/rollout/turns";

const nobody: Standing = { unhealthy: [], leader: undefined };

/** Whether a promise is still waiting after everything that can go on has gone on. */
async function waits(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol();
  const soon = new Promise((resolve) => setImmediate(() => resolve(waiting)));
  return (await Promise.race([promise.catch(() => undefined), soon])) === waiting;
}

describe("who is next", () => {
  it.each<[string[], Standing, string]>([
    [["a", "b", "c"], nobody, "a"],
    [["a", "b", "c"], { unhealthy: [], leader: "a" }, "b"],
    [["a", "b", "c"], { unhealthy: ["c"], leader: "a" }, "c"],
    [["a", "c"], { unhealthy: ["b"], leader: "a" }, "c"],
    [["a"], { unhealthy: [], leader: "a" }, "a"],
    [["a", "b"], { unhealthy: ["a", "b"], leader: undefined }, "a"],
  ])("of %j with %j: %s", (waiting, standing, next) =>
    expect(nextInTurn(waiting, standing)).toBe(next),
  );
});

describe("turns", () => {
  it("go round one at a time, who takes no part first and the leader last", async () => {
    const ask = vi.fn(async () => ({ unhealthy: ["c"], leader: "a" }));
    const turns = new Turns(3, ask);
    const [a, b, c] = [turns.take("a"), turns.take("b"), turns.take("c")];
    await c;
    expect(await waits(b)).toBe(true);
    turns.end("c");
    await b;
    expect(await waits(a)).toBe(true);
    turns.end("b");
    await a;
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("go on by what a change has told of the leader", async () => {
    const turns = new Turns(3, async () => ({ unhealthy: [], leader: "c" }));
    const [a, b, c] = [turns.take("a"), turns.take("b"), turns.take("c")];
    await a;
    turns.end("a", "b");
    await c;
    expect(await waits(b)).toBe(true);
    turns.end("c", "b");
    await b;
  });

  it("ask nobody in a cluster of one", async () => {
    const ask = vi.fn(async () => nobody);
    const turns = new Turns(1, ask);
    await turns.take("a");
    expect(ask).not.toHaveBeenCalled();
  });

  it("do not begin with the leader because it came first", async () => {
    const turns = new Turns(3, async () => ({ unhealthy: [], leader: "a" }));
    const a = turns.take("a");
    await sleep(600);
    await turns.take("b");
    expect(await waits(a)).toBe(true);
    turns.end("b");
    await a;
  });

  it("begin with the leader where nobody else comes", async () => {
    await new Turns(3, async () => ({ unhealthy: [], leader: "a" })).take("a");
  });

  it("are refused to those who wait when somebody fails", async () => {
    const turns = new Turns(3, async () => nobody);
    const first = turns.take("a");
    const others = Promise.allSettled([turns.take("b"), turns.take("c")]);
    await first;
    turns.fail("a", ["it does not come back"]);
    const reasons = (await others).map((result) => String((result as { reason: Error }).reason));
    expect(reasons).toEqual([
      expect.stringContaining("b was left as it is, because a has failed"),
      expect.stringContaining("c was left as it is, because a has failed"),
    ]);
  });

  it("go on when a healthy member was left as it was: the one to repair may come next", async () => {
    const turns = new Turns(3, async () => nobody);
    const [a, b] = [turns.take("a"), turns.take("b")];
    await a;
    turns.fail("a", [`a: ${leftAsItWas}, because others do not answer: b`]);
    await b;
    // In the words of the script.
    expect(
      scriptInput("member")
        .split(`fail "`)
        .filter((one) => one.includes(leftAsItWas)),
    ).toHaveLength(3);
  });

  it("are refused to those who come later, too", async () => {
    const turns = new Turns(3, async () => nobody);
    await turns.take("a");
    turns.fail("a", ["it does not come back"]);
    await expect(turns.take("b")).rejects.toThrow("because a has failed");
  });

  it("are not given back by somebody who has none", async () => {
    const turns = new Turns(3, async () => nobody);
    const [a, b] = [turns.take("a"), turns.take("b")];
    await a;
    turns.end("b");
    expect(await waits(b)).toBe(true);
  });
});
