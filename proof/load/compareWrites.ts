import type { PutRecord } from "./put";

/** Keys whose acknowledged value is not what is stored. */
export interface LostWrites {
  /** Not there. */
  readonly missing: readonly string[];
  /** There, with another value. */
  readonly altered: readonly string[];
}

/** Failed puts don't count: nobody was promised anything about them. */
export function compareWrites(
  puts: readonly PutRecord[],
  stored: ReadonlyMap<string, string>,
): LostWrites {
  const acknowledged = puts.filter((put) => put.acknowledged);
  const keys = (some: readonly PutRecord[]) => some.map(({ key }) => key);
  return {
    missing: keys(acknowledged.filter(({ key }) => !stored.has(key))),
    altered: keys(
      acknowledged.filter(({ key, value }) => stored.has(key) && stored.get(key) !== value),
    ),
  };
}
