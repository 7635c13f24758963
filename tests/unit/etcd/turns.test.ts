import { describe, expect, it } from "vitest";
import { scriptInput } from "../../../components/etcd/scripts";
import { leftAsItWas, Turns } from "../../../components/etcd/turns";

/** Whether a promise is still waiting after everything that can go on has gone on. */
async function waits(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol();
  const soon = new Promise((resolve) => setImmediate(() => resolve(waiting)));
  return (await Promise.race([promise.catch(() => undefined), soon])) === waiting;
}

describe("turns", () => {
  it("go round one at a time, in the order of asking", async () => {
    const turns = new Turns();
    await turns.take("a");
    const [b, c] = [turns.take("b"), turns.take("c")];
    expect(await waits(b)).toBe(true);
    turns.end("a");
    await b;
    expect(await waits(c)).toBe(true);
    turns.end("b");
    await c;
  });

  it("are refused to those who wait when somebody fails", async () => {
    const turns = new Turns();
    await turns.take("a");
    const others = Promise.allSettled([turns.take("b"), turns.take("c")]);
    expect(turns.fail("a", ["it does not come back"])).toBe(false);
    const reasons = (await others).map((result) => String((result as { reason: Error }).reason));
    expect(reasons).toEqual([
      expect.stringContaining("b was left as it is, because a has failed"),
      expect.stringContaining("c was left as it is, because a has failed"),
    ]);
  });

  it("go on when a healthy member was left as it was: the one to repair may come next", async () => {
    const turns = new Turns();
    await turns.take("a");
    const b = turns.take("b");
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
    const turns = new Turns();
    await turns.take("a");
    turns.fail("a", ["it does not come back"]);
    await expect(turns.take("b")).rejects.toThrow("because a has failed");
  });
});
