import type { Sample } from "./probe";

/** A time in which a member was down, as far as samples can tell. */
export interface Downtime {
  /** No real downtime that was seen is longer than this: from here … */
  readonly fromMs: number;
  /** … to here. */
  readonly toMs: number;
  /** The part in which the member was down for certain; null where one sample alone failed. */
  readonly certain: { readonly fromMs: number; readonly toMs: number } | null;
}

/**
 * The downtimes of one member, from its samples in their order.
 *
 * A member is down when a sample fails (refused, reset, no answer in time, TLS failure, another
 * status than 200) after an earlier one succeeded: one that never served is not down but not there
 * yet. A sample proves only what was at some moment between its start and its end, so a downtime
 * reaches from the *start* of the last success before it to the *end* of the first success after
 * it: never too short, and too long by two sampling periods at most, or by as much as a sample
 * took. For certain the member was down from the end of the first failure to the start of the last.
 * @param endMs the end of a downtime after which no sample succeeded; without it, such a downtime
 *   does not count
 */
export function downtimes(samples: readonly Sample[], endMs?: number): Downtime[] {
  const found: Downtime[] = [];
  let lastSuccess: Sample | undefined;
  let failures: Sample[] = [];
  for (const sample of samples) {
    if (sample.error !== undefined) {
      failures.push(sample);
      continue;
    }
    if (lastSuccess !== undefined && failures.length > 0) {
      found.push(downtime(lastSuccess.startMs, failures, sample.endMs));
    }
    [lastSuccess, failures] = [sample, []];
  }
  if (lastSuccess !== undefined && failures.length > 0 && endMs !== undefined) {
    found.push(downtime(lastSuccess.startMs, failures, Math.max(endMs, failures.at(-1)!.endMs)));
  }
  return found;
}

function downtime(fromMs: number, failures: readonly Sample[], toMs: number): Downtime {
  const certain = { fromMs: failures[0]!.endMs, toMs: failures.at(-1)!.startMs };
  return { fromMs, toMs, certain: certain.fromMs < certain.toMs ? certain : null };
}
