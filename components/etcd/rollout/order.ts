/** What decides the order of a rolling change. */
export interface Standing {
  /** Members that do not take part: nobody misses them while they are changed. */
  readonly unhealthy: readonly string[];
  readonly leader: string | undefined;
}

/**
 * Who of those who wait is changed next: first whoever does not take part, the leader last, so that
 * the leadership moves once. The order of arrival decides between equals.
 */
export function nextInTurn(waiting: readonly string[], standing: Standing): string {
  const rank = (name: string) =>
    standing.unhealthy.includes(name) ? 0 : name === standing.leader ? 2 : 1;
  return [...waiting].sort((one, other) => rank(one) - rank(other))[0]!;
}
