import { isText, object, objectIn, objects, placePattern, withoutControls } from "../strangers";

/** What became of a cluster's snapshots, as `snapshot.sh` has written it into the cluster. */
export interface SnapshotHealth {
  /** The last one that was taken, checked and, where it is to be, uploaded; undefined where there is none. */
  readonly last?: TakenSnapshot | undefined;
  /** What went wrong since then; undefined where nothing did. */
  readonly failure?: FailedSnapshot | undefined;
  /** What a person should see to; "" where all is well. */
  readonly warning: string;
}

export interface TakenSnapshot {
  /** When it was taken, as ISO 8601. */
  readonly at: string;
  readonly ageSeconds: number;
  readonly revision: number;
  readonly sizeBytes: number;
  /** `s3://BUCKET/KEY`, or `HOST:PATH`. */
  readonly where: string;
}

export interface FailedSnapshot {
  /** When it failed, as ISO 8601. */
  readonly at: string;
  readonly member: string;
  readonly reason: string;
}

interface Taken {
  readonly time: number;
  readonly revision: number;
  readonly bytes: number;
  readonly where: string;
  /** How often one is to be taken; 0 on request only. */
  readonly minutes: number;
}

interface Failed {
  readonly time: number;
  readonly member: string;
  readonly reason: string;
}

/** How far two machines' clocks may be apart, in seconds: ten times what the preflight lets pass. */
const clockTolerance = 300;

/**
 * The records are keys of the cluster, which every client may write: what is none of ours is told, and is no
 * snapshot.
 * @param answer etcd's to a range of keys: both in base64
 * @param now seconds since 1970, by the clock of the machine that was asked
 */
export function snapshotHealth(answer: unknown, now: number): SnapshotHealth {
  const [saidTaken, saidFailed] = ["taken", "failed"].map((name) => record(answer, name));
  const taken = saidTaken && readTaken(saidTaken, now);
  const failed = saidFailed && readFailed(saidFailed, now);
  if ((saidTaken && !taken) || (saidFailed && !failed)) {
    return {
      warning:
        "the record of the last snapshot in the cluster is none that a member writes, so nobody knows when there was one. A client has written below etcd-by-pulumi/: take a snapshot (npm run snapshot), and look who may",
    };
  }
  const last = taken && {
    at: isoTime(taken.time),
    ageSeconds: Math.max(0, now - taken.time),
    revision: taken.revision,
    sizeBytes: taken.bytes,
    where: taken.where,
  };
  const failure = failed && {
    at: isoTime(failed.time),
    member: failed.member,
    reason: failed.reason,
  };
  return { last, failure, warning: warningOf(taken, failed, now) };
}

function readTaken(said: Record<string, unknown>, now: number): Taken | undefined {
  const { time, revision, bytes, where, minutes } = said;
  return isTime(time, now) &&
    isCount(revision) &&
    isCount(bytes) &&
    isCount(minutes) &&
    isText(where, placePattern)
    ? { time, revision, bytes, where, minutes }
    : undefined;
}

/** A store's own words are in it: they are kept, but for what a terminal would take for an order. */
function readFailed(said: Record<string, unknown>, now: number): Failed | undefined {
  const { time, member, reason } = said;
  return isTime(time, now) &&
    typeof member === "string" &&
    /^[\w.-]{1,64}$/.test(member) &&
    typeof reason === "string"
    ? { time, member, reason: withoutControls(reason).slice(0, 500) }
    : undefined;
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const isTime = (value: unknown, now: number): value is number =>
  isCount(value) && value <= now + clockTolerance;

function warningOf(taken: Taken | undefined, failed: Failed | undefined, now: number): string {
  const age = taken === undefined ? "" : `the last good one is ${duration(now - taken.time)} old`;
  if (failed !== undefined) {
    const since = age === "" ? "there is none" : age;
    return `the snapshot on ${failed.member} failed ${duration(now - failed.time)} ago, and ${since}: ${failed.reason}`;
  }
  return taken !== undefined && isStale(now - taken.time, taken.minutes)
    ? `${age}, and one is due every ${taken.minutes} minutes: see "systemctl status 'etcd*-snapshot.timer'" on the members' machines`
    : "";
}

/**
 * Whether the last snapshot is older than one may be that is due every so many minutes, 0 for never: a quarter of
 * them is between two looks (snapshots/files.ts), and taking one takes its time.
 */
export function isStale(ageSeconds: number, minutes: number): boolean {
  return minutes > 0 && ageSeconds > Math.max(300, minutes * 90);
}

/** 45 s, 12 min, 3 h, 5 d: whole, and not more than was. */
export function duration(seconds: number): string {
  const units = [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
  ] as const;
  const [unit, length] = units.find(([, each]) => seconds >= 2 * each) ?? ["s", 1];
  return `${Math.max(0, Math.floor(seconds / length))} ${unit}`;
}

/** What a key says; nothing of what is no object. */
function record(answer: unknown, name: string): Record<string, unknown> | undefined {
  const keys = objects(object(answer)["kvs"]);
  const found = keys.find(({ key }) => decoded(key).endsWith(`/${name}`));
  return found && objectIn(decoded(found["value"]));
}

const decoded = (base64: unknown) =>
  typeof base64 === "string" ? Buffer.from(base64, "base64").toString() : "";

const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString();
