import type { Window } from "./clock";

/** Who was down at the same time. */
export interface Overlap extends Window {
  readonly names: readonly string[];
}

/**
 * The times in which several members were down at once, for each set of members, in their order. An
 * end that is another's beginning is no overlap. The windows of one member may overlap each other.
 */
export function overlaps(downByName: ReadonlyMap<string, readonly Window[]>): Overlap[] {
  const found: Overlap[] = [];
  const limits = [...downByName.values()].flat().flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  const moments = [...new Set(limits)].sort((a, b) => a - b);
  for (const [index, fromMs] of moments.slice(0, -1).entries()) {
    const toMs = moments[index + 1]!;
    const names = [...downByName]
      .filter(([, windows]) => windows.some((one) => one.fromMs <= fromMs && one.toMs >= toMs))
      .map(([name]) => name);
    const previous = found.at(-1);
    if (names.length < 2) {
      continue;
    }
    if (previous?.toMs === fromMs && previous.names.join() === names.join()) {
      found[found.length - 1] = { ...previous, toMs };
    } else {
      found.push({ names, fromMs, toMs });
    }
  }
  return found;
}

/** How many were down at once, at most. */
export function mostAtOnce(downByName: ReadonlyMap<string, readonly Window[]>): number {
  const alone = [...downByName.values()].some((windows) => windows.length > 0) ? 1 : 0;
  return Math.max(alone, ...overlaps(downByName).map(({ names }) => names.length));
}
