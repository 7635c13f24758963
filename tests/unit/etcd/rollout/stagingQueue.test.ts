import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StagingQueue } from "../../../../components/etcd/rollout/stagingQueue";

describe("machines of a cluster that lives", () => {
  let queue: StagingQueue;
  let entered: string[];

  const enter = (...names: string[]) =>
    names.forEach((name) => void queue.enter(name).then(() => entered.push(name)));
  const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    vi.useFakeTimers();
    queue = new StagingQueue();
    entered = [];
  });
  afterEach(() => vi.useRealTimers());

  it("are staged one after the other, as they come", async () => {
    enter("a", "b", "c");
    await passes(1000);
    expect(entered).toEqual(["a"]);
    queue.leave("a");
    await passes(1000);
    expect(entered).toEqual(["a", "b"]);
    queue.leave("b");
    await passes(0);
    expect(entered).toEqual(["a", "b", "c"]);
  });

  it("do not wait for ever for one that is stuck", async () => {
    enter("a", "b");
    await passes(59_999);
    expect(entered).toEqual(["a"]);
    await passes(1);
    expect(entered).toEqual(["a", "b"]);
  });

  it("may leave without having entered", async () => {
    queue.leave("c");
    enter("a");
    await passes(0);
    expect(entered).toEqual(["a"]);
  });
});
