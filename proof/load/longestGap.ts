import type { Window } from "./clock";

/**
 * The longest time within a window in which nothing happened, in ms; from its beginning to its end.
 * @param momentsMs when something happened, in any order; moments outside the window don't count
 */
export function longestGapMs(momentsMs: readonly number[], { fromMs, toMs }: Window): number {
  const inside = momentsMs.filter((moment) => moment >= fromMs && moment <= toMs);
  const moments = [...inside.sort((a, b) => a - b), toMs];
  let [longest, previous] = [0, fromMs];
  for (const moment of moments) {
    longest = Math.max(longest, moment - previous);
    previous = moment;
  }
  return longest;
}
