import { duration, isStale, type SnapshotHealth } from "./health";

/** What a machine's own files say of its snapshots. */
export interface SeenSnapshots {
  /** How often one is to be taken; 0 on request only. */
  readonly minutes: number;
  /** How old the newest one is, in seconds; undefined where there is none. */
  readonly ageSeconds: number | undefined;
  /** How long ago the machine was told to take them, in seconds. */
  readonly toldSeconds: number;
}

/** What `upkeep.sh` has printed of them, and its `now`; undefined where it is something else. */
export function readSeenSnapshots(
  said: Readonly<Record<string, unknown>>,
): SeenSnapshots | undefined {
  const numbers = ["now", "minutes", "newest", "told"].map((name) => said[name]);
  if (!numbers.every((value) => Number.isSafeInteger(value) && Number(value) >= 0)) {
    return undefined;
  }
  const [now, minutes, newest, told] = numbers as [number, number, number, number];
  return {
    minutes,
    // One of a time to come is none: its machine's clock was ahead.
    ageSeconds: newest === 0 || newest > now + 300 ? undefined : Math.max(0, now - newest),
    toldSeconds: Math.max(0, now - told),
  };
}

/**
 * The health of snapshots by what lies on the machines, too. The record in the cluster is a key that any client can
 * write, so that snapshots could stop without a word; but the leader takes one of its own when its newest is too
 * old, so that one of the machines has one that is not.
 *
 * A machine that cannot be asked may be the one that has it, and says nothing by that.
 */
export function withSeenSnapshots(
  health: SnapshotHealth,
  machines: readonly (SeenSnapshots | undefined)[],
): SnapshotHealth {
  const seen = machines.filter((machine) => machine !== undefined);
  const stopped = seen.length > 0 && seen.length === machines.length && seen.every(hasNoneInTime);
  if (health.warning !== "" || !stopped) {
    return health;
  }
  const ages = seen.flatMap(({ ageSeconds }) => ageSeconds ?? []);
  const found =
    ages.length === 0
      ? "no machine has a snapshot"
      : `the newest snapshot on the machines is ${duration(Math.min(...ages))} old`;
  const record =
    health.last === undefined
      ? ""
      : `, whatever the record in the cluster says, which any client can write`;
  return {
    ...health,
    warning: `${found}, and one is due every ${seen[0]!.minutes} minutes${record}: see "systemctl status 'etcd*-snapshot.timer'" on the members' machines, or take one (npm run snapshot)`,
  };
}

function hasNoneInTime({ minutes, ageSeconds, toldSeconds }: SeenSnapshots): boolean {
  return isStale(Math.min(ageSeconds ?? Infinity, toldSeconds), minutes);
}
