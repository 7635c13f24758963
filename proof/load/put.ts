import { setTimeout as sleep } from "node:timers/promises";
import { now } from "./clock";
import type { Connection } from "./connection";

/** What became of one put. */
export interface PutRecord {
  readonly key: string;
  readonly value: string;
  readonly startMs: number;
  /** When it was acknowledged or given up. */
  readonly endMs: number;
  readonly acknowledged: boolean;
  readonly attempts: number;
  /**
   * Why the last attempt that failed did, of those that had their full time; also of puts that were
   * acknowledged in the end.
   */
  readonly lastError?: string;
}

export interface Patience {
  /** How long one attempt may take. */
  readonly attemptMs: number;
  /** After this time without an acknowledgement the put has failed. */
  readonly putMs: number;
}

/**
 * Puts a value until a member acknowledges it or patience is at an end. The first attempt goes to
 * the member whose turn it is, every other one to the next member: at once after the first
 * failure, then after pauses of up to 200 ms. Never throws.
 */
export async function put(
  connections: { at(turn: number): Pick<Connection, "member" | "call"> },
  turn: number,
  { key, value }: { key: string; value: string },
  patience: Patience,
): Promise<PutRecord> {
  const startMs = now();
  const leftMs = () => startMs + patience.putMs - now();
  let attempts = 0;
  let lastError: string | undefined;
  const record = (acknowledged: boolean) => {
    const told = lastError === undefined ? {} : { lastError };
    return { key, value, startMs, endMs: now(), acknowledged, attempts, ...told };
  };
  do {
    // Read again for each attempt: the members may have changed meanwhile.
    const connection = connections.at(turn + attempts);
    attempts += 1;
    const limitMs = Math.min(patience.attemptMs, Math.max(1, leftMs()));
    try {
      await connection.call(
        (client, options) => client.put(key).value(value).options(options).exec(),
        limitMs,
      );
      return record(true);
    } catch (error) {
      // An attempt that had less time than others ran out of it: the one before says more.
      if (lastError === undefined || limitMs === patience.attemptMs) {
        lastError = `${connection.member.name}: ${(error as Error).message}`;
      }
    }
    await sleep(Math.max(0, Math.min(pauseMs(attempts), leftMs())));
  } while (leftMs() > 0);
  return record(false);
}

/** How long to wait after so many failed attempts. */
function pauseMs(attempts: number): number {
  return attempts === 1 ? 0 : Math.min(200, 10 * 2 ** attempts);
}
