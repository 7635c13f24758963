import type { Window } from "./clock";
import { longestGapMs } from "./longestGap";
import { percentile } from "./percentile";
import type { PutRecord } from "./put";

/** All that a writer did. */
export interface WriterHistory {
  /** From its start to its stop. */
  readonly window: Window;
  readonly puts: readonly PutRecord[];
  /** Each put that was left out since too many were under way, by when it was due. */
  readonly leftOutAtMs: readonly number[];
  /** When the writer's own process stood still, for 50 ms or more. */
  readonly ownStalls: readonly Window[];
}

export interface WriterFigures {
  readonly seconds: number;
  /** How many puts were acknowledged. */
  readonly puts: number;
  readonly putsPerSecond: number;
  /** The longest time without any put being acknowledged. */
  readonly longestGapMs: number;
  /** The same less what of it the writer's own process stood still: then it neither puts nor sees an answer. */
  readonly longestWatchedGapMs: number;
  readonly failed: readonly PutRecord[];
  /** How many puts were acknowledged at a second or later attempt. */
  readonly retried: number;
  readonly leftOut: number;
  /** How long the writer's own process stood still, at most: a gap of this length may be its. */
  readonly longestOwnStallMs: number;
  /** From a put's first attempt to its acknowledgement; null where there was none. */
  readonly latencyMs: { readonly p50: number | null; readonly p99: number | null };
}

/**
 * The figures of a writer.
 * @param window the part of its time to look at, by default all of it. A put belongs to the window
 *   that it was started in; the gap is one between acknowledgements within the window.
 */
export function writerFigures(history: WriterHistory, window = history.window): WriterFigures {
  const isInside = (moment: number) => moment >= window.fromMs && moment < window.toMs;
  const puts = history.puts.filter(({ startMs }) => isInside(startMs));
  const acknowledged = puts.filter((put) => put.acknowledged);
  const latencies = acknowledged.map(({ startMs, endMs }) => endMs - startMs);
  const acknowledgedAtMs = history.puts.filter((put) => put.acknowledged).map(({ endMs }) => endMs);
  const seconds = (window.toMs - window.fromMs) / 1000;
  return {
    seconds,
    puts: acknowledged.length,
    putsPerSecond: seconds > 0 ? acknowledged.length / seconds : 0,
    longestGapMs: longestGapMs(acknowledgedAtMs, window),
    longestWatchedGapMs: longestGapMs(acknowledgedAtMs, window, history.ownStalls),
    failed: puts.filter((put) => !put.acknowledged),
    retried: acknowledged.filter(({ attempts }) => attempts > 1).length,
    leftOut: history.leftOutAtMs.filter(isInside).length,
    longestOwnStallMs: Math.max(
      0,
      ...history.ownStalls
        .filter((stall) => stall.toMs > window.fromMs && stall.fromMs < window.toMs)
        .map(({ fromMs, toMs }) => toMs - fromMs),
    ),
    latencyMs: { p50: percentile(latencies, 50), p99: percentile(latencies, 99) },
  };
}
