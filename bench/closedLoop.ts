import { setTimeout as sleep } from "node:timers/promises";
import { Connections } from "../load/connections";
import { now } from "../load/clock";
import { percentile } from "../load/percentile";
import type { Target } from "../load/target";

/** Puts as fast as they are acknowledged, always so many at a time. */
export interface LoopFigures {
  readonly putsPerSecond: number;
  readonly p99Ms: number;
}

const concurrency = 32;
const value = Buffer.alloc(256, "v");
/** So many keys are written over and over, so that the database stays small. */
const keys = 10_000;
const [warmUpMs, measuredMs] = [2_000, 10_000];

/** @throws Error where a put fails: what is measured then is something else */
export async function closedLoop(target: Target): Promise<LoopFigures> {
  const connections = new Connections(target);
  const latencies: number[] = [];
  let [isMeasured, isOver, turn] = [false, false, 0];
  const worker = async (number: number) => {
    while (!isOver) {
      const startMs = now();
      const key = `bench/${turn++ % keys}`;
      await connections
        .at(number)
        .call((client, options) => client.put(key).value(value).options(options).exec(), 5000);
      if (isMeasured) {
        latencies.push(now() - startMs);
      }
    }
  };
  try {
    const workers = Promise.all(Array.from({ length: concurrency }, (_, number) => worker(number)));
    const time = async () => {
      await sleep(warmUpMs);
      isMeasured = true;
      const startMs = now();
      await sleep(measuredMs);
      isMeasured = false;
      const seconds = (now() - startMs) / 1000;
      return { putsPerSecond: latencies.length / seconds, p99Ms: percentile(latencies, 99)! };
    };
    return (await Promise.race([time(), workers])) as LoopFigures;
  } finally {
    isOver = true;
    await sleep(200);
    connections.close();
  }
}
