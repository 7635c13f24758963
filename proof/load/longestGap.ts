import type { Window } from "./clock";

/**
 * The longest time within a window in which nothing happened, in ms; from its beginning to its end.
 * @param momentsMs when something happened, in any order; moments outside the window don't count
 * @param unwatched when nobody would have seen it, none of them at the same time: this is no part of a gap
 */
export function longestGapMs(
  momentsMs: readonly number[],
  { fromMs, toMs }: Window,
  unwatched: readonly Window[] = [],
): number {
  const inside = momentsMs.filter((moment) => moment >= fromMs && moment <= toMs);
  const moments = [...inside.sort((a, b) => a - b), toMs];
  let [longest, previous] = [0, fromMs];
  for (const moment of moments) {
    const unseen = unwatched.map((window) => overlapMs(window, { fromMs: previous, toMs: moment }));
    longest = Math.max(longest, moment - previous - unseen.reduce((sum, part) => sum + part, 0));
    previous = moment;
  }
  return longest;
}

function overlapMs(one: Window, other: Window): number {
  return Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));
}
