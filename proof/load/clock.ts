/**
 * Milliseconds since the epoch, by a clock that is not set while the process runs: two readings
 * can be subtracted.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** A stretch of time by that clock. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}
