/** From where to where a number may be, both included. */
export const bounds = {
  /** Beyond 8 GiB etcd recommends none (etcd.io, system limits). */
  quotaGiB: [1, 8],
  heartbeatIntervalMs: [1, 10_000],
  /** etcd's own upper bound (server/embed/config.go). */
  electionTimeoutMs: [5, 50_000],
  caLifetimeDays: [1, 36_500],
  certificateLifetimeDays: [1, 36_500],
  certificateRenewalDays: [1, 36_500],
  certificateIssue: [1, 999_999],
  /** A week: an older one is hardly of use. */
  snapshotMinutes: [0, 10_080],
  snapshotKeep: [1, 1000],
  snapshotKeepDays: [1, 3650],
  /** The largest volume of type gp3. */
  dataVolumeGiB: [1, 16_384],
} as const;

export type Bounded = keyof typeof bounds;

/** What is wrong with a number, or undefined. */
export function boundError(
  value: number,
  [least, most]: readonly [number, number],
): string | undefined {
  return Number.isInteger(value) && value >= least && value <= most
    ? undefined
    : `is ${value}, expected a whole number from ${least} to ${most}`;
}
