import type { ClusterHealth } from "./health";
import { mebibytes } from "./mebibytes";
import { natural, object, objectIn } from "./strangers";

/** A member's database, in bytes. */
export interface DatabaseSize {
  /** Of its file. */
  readonly sizeBytes: number;
  /** What of it is not free space. */
  readonly inUseBytes: number;
}

/** What was done to a member's database, as `defrag.sh` prints it. */
export interface Defragmentation {
  readonly before: DatabaseSize;
  readonly after: DatabaseSize;
  /** The size of the file at which the etcd that runs takes no more writes. */
  readonly quotaBytes: number;
}

/**
 * What `defrag.sh` printed.
 * @throws Error where a size is none: an alarm is not disarmed on what nobody has seen
 */
export function readDefragmentation(text: string): Defragmentation {
  const said = objectIn(text);
  const read = {
    before: readSize(said["before"]),
    after: readSize(said["after"]),
    quotaBytes: natural(said["quotaBytes"]),
  };
  const { before, after, quotaBytes } = read;
  if ([before, after].some(({ sizeBytes }) => sizeBytes === 0) || quotaBytes === 0) {
    throw new Error(
      "it was defragmented, and does not tell the sizes of its database. See npm run health",
    );
  }
  return read;
}

function readSize(said: unknown): DatabaseSize {
  const { sizeBytes, inUseBytes } = object(said);
  return { sizeBytes: natural(sizeBytes), inUseBytes: natural(inUseBytes) };
}

/** A database fuller than this would soon raise the alarm again. */
const fullest = 0.9;

export function isOutOfSpace(health: ClusterHealth): boolean {
  return health.members.some((member) => member.alarms.includes("NOSPACE"));
}

/** What a person should know before the first member is defragmented. */
export function warnings(health: ClusterHealth, { compact }: { compact: boolean }): string[] {
  const downtime = [
    "This is the only member: nobody is answered until it is done",
    "Of two members one does not answer while it is at it, and the cluster cannot do without the other",
  ][health.members.length - 1];
  return [
    ...(downtime === undefined ? [] : [downtime]),
    ...(isOutOfSpace(health) && !compact ? [wayOut] : []),
  ];
}

const wayOut =
  "NOSPACE is raised: a database has reached quotaGiB, and the cluster takes no writes until there is room. " +
  "Defragmenting gives back only what is free already, and the alarm stays. The way out is --compact: " +
  "it drops the history of all keys first, which watchers that are behind and reads with --rev may still " +
  "want, and disarms the alarm when there is room";

/** What was done to a member, in words. */
export function describe(name: string, { before, after, quotaBytes }: Defragmentation): string {
  return `${name}: ${mebibytes(before.sizeBytes)} → ${mebibytes(after.sizeBytes)} of ${mebibytes(quotaBytes)}`;
}

/** Why the alarm of a full database stays, and the ways on; undefined where every member has room. */
export function whyStillFull(done: Readonly<Record<string, Defragmentation>>): string | undefined {
  const full = Object.entries(done).filter(
    ([, { after, quotaBytes }]) => after.sizeBytes > quotaBytes * fullest,
  );
  if (full.length === 0) {
    return undefined;
  }
  const sizes = full.map(
    ([name, { after, quotaBytes }]) =>
      `${name} still has ${mebibytes(after.sizeBytes)} of ${mebibytes(quotaBytes)} in use`,
  );
  return (
    `The alarm stays: ${sizes.join(", ")}, and with less than a tenth free it would soon be raised again. ` +
    "Delete keys, or raise quotaGiB (8 at most) and run pulumi up; then npm run defrag -- --compact again"
  );
}
