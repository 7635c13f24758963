import { isLosslessNumber, parse } from "lossless-json";
import type { MemberPlan } from "./plan";
import { type SnapshotAnswer, snapshotHealth, type SnapshotHealth } from "./snapshots/health";

/** What has to be known of a member to read its health. */
export type MemberUrls = Pick<MemberPlan, "name" | "clientUrl" | "peerUrl">;

/** What a member said when it was asked. */
export interface MemberHealth {
  readonly name: string;
  readonly endpoint: string;
  /** Whether a linearizable read on this member succeeded. */
  readonly healthy: boolean;
  /** How long that read took, in milliseconds. */
  readonly latencyMs: number | null;
  readonly version: string | null;
  /** The member's id in hexadecimal, as etcdctl prints it. */
  readonly id: string | null;
  readonly leader: boolean;
  /** The size of the database file, in bytes. */
  readonly dbSizeBytes: number | null;
  /** What of it is not free space, which a defragmentation gives back. */
  readonly dbSizeInUseBytes: number | null;
  /** Alarms that this member has raised: NOSPACE, CORRUPT. */
  readonly alarms: string[];
}

export interface ClusterHealth {
  /** Every member healthy, one leader, no alarm, nobody unknown. */
  readonly healthy: boolean;
  /** The verdict in words. */
  readonly verdict: string;
  readonly members: MemberHealth[];
  /** What became of the snapshots; it does not decide whether the cluster is healthy. */
  readonly snapshots: SnapshotHealth;
}

/** etcd's AlarmType (api/etcdserverpb/rpc.proto). */
const alarmNames: Record<string, string> = { "1": "NOSPACE", "2": "CORRUPT" };

const alarmMeanings: Record<string, string> = {
  NOSPACE:
    ": a database has reached quotaGiB, and the cluster takes no writes until there is room. The way out: npm run defrag -- --compact",
};

/** Access control is no outage: etcd looks at rights after the linearizable part of a read. */
const forbidden = /permission denied|user name is empty|user name not found|invalid auth token/;

interface Answers {
  health: { endpoint: string; health: boolean; took?: string; error?: string }[] | null;
  status: { Endpoint: string; Status: Record<string, unknown> }[] | null;
  alarms: { alarms?: { memberID: unknown; alarm: unknown }[] } | null;
  members: { members?: { ID: unknown; name?: string; peerURLs?: string[] }[] } | null;
  snapshots: SnapshotAnswer | null;
  now: unknown;
}

/**
 * The health of a cluster from what `health.sh` printed.
 * @param tolerated alarms that are not held against it
 * @throws SyntaxError where `text` is not the document that the script prints.
 */
export function readHealth(
  text: string,
  members: readonly MemberUrls[],
  tolerated: readonly string[] = [],
): ClusterHealth {
  const answers = parse(text) as Answers;
  const found = members.map((member) => memberHealth(member, answers));
  const mistakes = [
    ...found.filter((member) => !member.healthy).map((m) => `${m.name} does not serve reads`),
    ...alarmMistakes(found, tolerated),
    ...leaderMistakes(found),
    ...membershipMistakes(members, answers),
  ];
  return {
    healthy: mistakes.length === 0,
    verdict:
      mistakes.length === 0 ? `all ${found.length} members are healthy` : mistakes.join("; "),
    members: found,
    snapshots: snapshotHealth(answers.snapshots, Number(answers.now)),
  };
}

function memberHealth(member: MemberUrls, answers: Answers): MemberHealth {
  const read = answers.health?.find((answer) => answer.endpoint === member.clientUrl);
  const status = answers.status?.find((answer) => answer.Endpoint === member.clientUrl)?.Status;
  const header = (status?.["header"] ?? {}) as Record<string, unknown>;
  const id = hexId(header["member_id"]);
  const alarms = answers.alarms?.alarms?.filter((alarm) => hexId(alarm.memberID) === id) ?? [];
  // After a read that succeeded, etcdctl calls every member unhealthy while any has an alarm.
  const healthy =
    read?.health === true ||
    read?.error?.startsWith("Active Alarm(s)") === true ||
    forbidden.test(read?.error ?? "");
  return {
    name: member.name,
    endpoint: member.clientUrl,
    healthy,
    latencyMs: healthy ? milliseconds(read?.took ?? "") : null,
    version: typeof status?.["version"] === "string" ? status["version"] : null,
    id,
    leader: id !== null && hexId(status?.["leader"]) === id,
    dbSizeBytes: bytes(status?.["dbSize"]),
    dbSizeInUseBytes: bytes(status?.["dbSizeInUse"]),
    alarms: alarms.map(({ alarm }) => alarmNames[String(alarm)] ?? `alarm ${String(alarm)}`),
  };
}

function alarmMistakes(members: MemberHealth[], tolerated: readonly string[]): string[] {
  const raised = new Set(members.flatMap((member) => member.alarms));
  return [...raised]
    .filter((alarm) => !tolerated.includes(alarm))
    .map((alarm) => {
      const by = members.filter((member) => member.alarms.includes(alarm));
      const names = by.map((member) => member.name).join(", ");
      return `${names} raised ${alarm}${alarmMeanings[alarm] ?? ""}`;
    });
}

function leaderMistakes(members: MemberHealth[]): string[] {
  const leaders = members.filter((member) => member.leader).map((member) => member.name);
  return leaders.length === 1 ? [] : [`${leaders.length} members say that they lead, expected 1`];
}

function membershipMistakes(members: readonly MemberUrls[], answers: Answers): string[] {
  const listed = answers.members?.members ?? [];
  const unknown = listed.filter(
    (entry) => !members.some((member) => entry.peerURLs?.includes(member.peerUrl)),
  );
  const missing = members.filter(
    (member) => !listed.some((entry) => entry.peerURLs?.includes(member.peerUrl)),
  );
  return [
    ...unknown.map((entry) => `${entry.name ?? hexId(entry.ID)} is a member and not in this stack`),
    ...missing.map((member) => `${member.name} is not a member`),
  ];
}

/** Ids are unsigned 64-bit: a JavaScript number would round them. */
function hexId(value: unknown): string | null {
  return isLosslessNumber(value) ? BigInt(value.value).toString(16) : null;
}

function bytes(value: unknown): number | null {
  return isLosslessNumber(value) ? Number(value.value) : null;
}

/** A Go duration of one unit, as etcdctl prints it: 1.687ms, 912µs, 1.2s. */
function milliseconds(took: string): number | null {
  const match = /^([\d.]+)(ns|µs|us|ms|s)$/.exec(took);
  if (match === null) {
    return null;
  }
  const factor = { ns: 1e-6, µs: 1e-3, us: 1e-3, ms: 1, s: 1e3 }[match[2] as "ms"];
  return Number((Number(match[1]) * factor).toFixed(3));
}
