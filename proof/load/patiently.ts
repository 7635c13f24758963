import { setTimeout as sleep } from "node:timers/promises";
import { now } from "./clock";

/**
 * Tries again until it succeeds or the time is over.
 * @param attempt is given how many attempts went before
 * @throws the last attempt's error
 */
export async function patiently<T>(
  limitMs: number,
  attempt: (turn: number) => Promise<T>,
): Promise<T> {
  const endMs = now() + limitMs;
  for (let turn = 0; ; turn += 1) {
    try {
      return await attempt(turn);
    } catch (error) {
      if (now() > endMs) {
        throw error;
      }
    }
    await sleep(100);
  }
}
