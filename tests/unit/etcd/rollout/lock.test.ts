import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RollingLock } from "../../../../components/etcd/rollout/lock";
import { leftAsItWas, notRestarted } from "../../../../components/etcd/rollout/memberStep";
import { nextInTurn, type Standing } from "../../../../components/etcd/rollout/order";
import { scriptInput } from "../../../../components/etcd/scripts";

// The one of node: is not faked with the others.
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
}));
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const nobody: Standing = { unhealthy: [], leader: undefined };
/** Longer than the lock waits for anybody. */
const long = 10_000;

/** Who has come to hold the lock, in this order, as far as time has gone. */
class Members {
  readonly holders: string[] = [];
  readonly refused: Record<string, string> = {};

  constructor(private readonly lock: RollingLock) {}

  ask(...names: string[]): void {
    for (const name of names) {
      this.lock.acquire(name).then(
        () => this.holders.push(name),
        (error: Error) => (this.refused[name] = error.message),
      );
    }
  }

  async after(ms: number): Promise<string[]> {
    await vi.advanceTimersByTimeAsync(ms);
    return this.holders;
  }
}

describe("who is next", () => {
  it.each<[string[], Standing, string]>([
    [["a", "b", "c"], nobody, "a"],
    [["a", "b", "c"], { unhealthy: [], leader: "a" }, "b"],
    [["a", "b", "c"], { unhealthy: ["c"], leader: "a" }, "c"],
    [["a", "c"], { unhealthy: ["b"], leader: "a" }, "c"],
    [["a"], { unhealthy: [], leader: "a" }, "a"],
    [["a", "b"], { unhealthy: ["a", "b"], leader: undefined }, "a"],
    [["a", "b"], { unhealthy: ["a"], leader: "a" }, "a"],
  ])("of %j with %j: %s", (waiting, standing, next) =>
    expect(nextInTurn(waiting, standing)).toBe(next),
  );

  it("leaves those who wait in their order", () => {
    const waiting = ["b", "a"];
    nextInTurn(waiting, { unhealthy: ["a"], leader: "b" });
    expect(waiting).toEqual(["b", "a"]);
  });
});

describe("the lock of a rolling change", () => {
  it("goes round one at a time, who takes no part first and the leader last", async () => {
    const ask = vi.fn(async () => ({ unhealthy: ["c"], leader: "a" }));
    const lock = new RollingLock(3, ask);
    const members = new Members(lock);
    members.ask("a", "b", "c");
    expect(await members.after(long)).toEqual(["c"]);
    lock.release("c");
    expect(await members.after(long)).toEqual(["c", "b"]);
    lock.release("b");
    expect(await members.after(long)).toEqual(["c", "b", "a"]);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("waits a moment for who else comes, before it asks who leads", async () => {
    const ask = vi.fn(async () => nobody);
    const members = new Members(new RollingLock(3, ask));
    members.ask("a");
    expect(await members.after(299)).toEqual([]);
    expect(ask).not.toHaveBeenCalled();
    expect(await members.after(1)).toEqual(["a"]);
  });

  it("goes on by who was seen to lead since", async () => {
    const lock = new RollingLock(3, async () => ({ unhealthy: [], leader: "c" }));
    const members = new Members(lock);
    members.ask("a", "b", "c");
    expect(await members.after(long)).toEqual(["a"]);
    lock.seesLeader("b");
    lock.release("a");
    expect(await members.after(long)).toEqual(["a", "c"]);
    lock.seesLeader(undefined);
    lock.release("c");
    expect(await members.after(long)).toEqual(["a", "c", "b"]);
  });

  it("asks nobody in a cluster of one, and does not wait", async () => {
    const ask = vi.fn(async () => nobody);
    const members = new Members(new RollingLock(1, ask));
    members.ask("a");
    expect(await members.after(0)).toEqual(["a"]);
    expect(ask).not.toHaveBeenCalled();
  });

  it("is given where nobody can tell who leads", async () => {
    const lock = new RollingLock(3, async () => {
      throw new Error("no route to host");
    });
    const members = new Members(lock);
    members.ask("b", "a");
    expect(await members.after(long)).toEqual(["b"]);
  });

  it("does not begin with the leader because it came first", async () => {
    const lock = new RollingLock(3, async () => ({ unhealthy: [], leader: "a" }));
    const members = new Members(lock);
    members.ask("a");
    expect(await members.after(2900)).toEqual([]);
    members.ask("b");
    expect(await members.after(300)).toEqual(["b"]);
    lock.release("b");
    expect(await members.after(0)).toEqual(["b", "a"]);
  });

  it("begins with the leader where nobody else comes", async () => {
    const members = new Members(new RollingLock(3, async () => ({ unhealthy: [], leader: "a" })));
    members.ask("a");
    expect(await members.after(3000)).toEqual([]);
    expect(await members.after(600)).toEqual(["a"]);
  });

  it("begins at once with another one than the leader, though it is alone", async () => {
    const members = new Members(new RollingLock(3, async () => ({ unhealthy: [], leader: "a" })));
    members.ask("b");
    expect(await members.after(300)).toEqual(["b"]);
  });

  it("is not given back by somebody who has it not", async () => {
    const lock = new RollingLock(3, async () => nobody);
    const members = new Members(lock);
    members.ask("a", "b");
    await members.after(long);
    lock.release("b");
    lock.fail("c", [leftAsItWas]);
    expect(await members.after(long)).toEqual(["a"]);
  });

  it("can be had twice, one after the other: a machine and its member have one name", async () => {
    const lock = new RollingLock(3, async () => nobody);
    const members = new Members(lock);
    members.ask("a");
    await members.after(long);
    lock.release("a");
    members.ask("a");
    expect(await members.after(0)).toEqual(["a", "a"]);
  });
});

describe("when a change fails", () => {
  it("it is refused to those who wait", async () => {
    const lock = new RollingLock(3, async () => nobody);
    const members = new Members(lock);
    members.ask("a", "b", "c");
    await members.after(long);
    lock.fail("a", ["it does not come back"]);
    expect(await members.after(long)).toEqual(["a"]);
    expect(members.refused).toEqual({
      b: expect.stringContaining("b was left as it is, because a has failed") as string,
      c: expect.stringContaining("Repair a and run pulumi up again") as string,
    });
  });

  it("it is refused to those who come later, but for the one that has failed", async () => {
    const lock = new RollingLock(3, async () => nobody);
    const members = new Members(lock);
    members.ask("a");
    await members.after(long);
    lock.fail("a", ["it does not come back"]);
    members.ask("b", "a");
    expect(await members.after(long)).toEqual(["a", "a"]);
    expect(members.refused).toHaveProperty("b");
  });

  it("it is refused to what needs no lock, too", () => {
    const lock = new RollingLock(3, async () => nobody);
    expect(() => lock.assertNobodyFailed("b")).not.toThrow();
    lock.fail("a", ["it does not come back"]);
    expect(() => lock.assertNobodyFailed("b")).toThrow("because a has failed");
    expect(() => lock.assertNobodyFailed("a")).not.toThrow();
  });

  it("the first one to fail is named", () => {
    const lock = new RollingLock(3, async () => nobody);
    lock.fail("a", ["it does not come back"]);
    lock.fail("b", ["b was left as it is, because a has failed"]);
    expect(() => lock.assertNobodyFailed("c")).toThrow("because a has failed");
  });

  it.each([
    ["a healthy member", `a: ${leftAsItWas}, because others do not answer: b`],
    ["one that runs and is silent", `a: its etcd runs and does not serve reads: ${notRestarted}.`],
  ])("it goes on when %s was left as it was: the one to repair may come next", async (_, why) => {
    const lock = new RollingLock(3, async () => nobody);
    const members = new Members(lock);
    members.ask("a", "b");
    await members.after(long);
    lock.fail("a", ["some other line", why]);
    expect(await members.after(0)).toEqual(["a", "b"]);
  });

  it("the member's script has the same words for it", () => {
    const said = scriptInput("member")
      .split(`fail "`)
      .filter((one) => one.includes(leftAsItWas));
    expect(said.length).toBeGreaterThan(2);
  });
});
