import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../load/clock";
import { Connections } from "../load/connections";
import { percentile } from "../load/percentile";
import type { Target } from "../load/target";

export interface LoopFigures {
  readonly putsPerSecond: number;
  /** 99 of 100 puts took no longer. */
  readonly p99Ms: number;
}

const concurrency = 32;
const value = Buffer.alloc(256, "v");
/** So many keys are written over and over, so that the database stays small. */
const keys = 10_000;
const [warmUpMs, measuredMs, putLimitMs] = [2_000, 10_000, 5_000];

/**
 * Puts as fast as they are acknowledged, always so many at a time, spread over the members.
 * @throws Error where a put fails: what is measured then is something else
 */
export async function closedLoop(target: Target): Promise<LoopFigures> {
  const connections = new Connections(target);
  const latencies: number[] = [];
  let [isMeasured, isOver, turn] = [false, false, 0];
  const putAll = async (worker: number) => {
    while (!isOver) {
      const startMs = now();
      const key = `bench/${turn++ % keys}`;
      await connections
        .at(worker)
        .call(
          (client, options) => client.put(key).value(value).options(options).exec(),
          putLimitMs,
        );
      if (isMeasured) {
        latencies.push(now() - startMs);
      }
    }
  };
  const measure = async () => {
    await sleep(warmUpMs);
    isMeasured = true;
    const startMs = now();
    await sleep(measuredMs);
    isMeasured = false;
    const seconds = (now() - startMs) / 1000;
    return { putsPerSecond: latencies.length / seconds, p99Ms: percentile(latencies, 99)! };
  };
  const workers = Promise.all(Array.from({ length: concurrency }, (_, one) => putAll(one)));
  const failure = workers.then((): never => {
    throw new Error("the load ended before its time");
  });
  try {
    return await Promise.race([measure(), failure]);
  } finally {
    isOver = true;
    // Those under way end first.
    await Promise.allSettled([workers]);
    connections.close();
  }
}
