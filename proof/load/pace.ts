export interface Pace {
  readonly putsPerSecond: number;
  /** How many puts may be under way at once. */
  readonly maxOutstanding: number;
}

/**
 * How many puts to start now and how many to leave out for good, so that after `elapsedMs` as many
 * puts have had their turn as the rate asks for, however long the earlier ones take. Those that
 * find no room among the outstanding ones are left out: caught up later they would be a burst.
 * @param turns how many puts have had their turn, started or left out
 */
export function putsDue(
  elapsedMs: number,
  turns: number,
  outstanding: number,
  { putsPerSecond, maxOutstanding }: Pace,
): { start: number; leaveOut: number } {
  const due = Math.max(0, Math.floor((elapsedMs / 1000) * putsPerSecond) - turns);
  const start = Math.min(due, Math.max(0, maxOutstanding - outstanding));
  return { start, leaveOut: due - start };
}
