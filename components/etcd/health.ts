import { parse } from "lossless-json";
import { alarmName, hasServed } from "./etcdctl";
import type { MemberPlan } from "./plan";
import { snapshotHealth, type SnapshotHealth } from "./snapshots/health";
import { hexId, largestAnswer, natural, object, objects, textOf, word } from "./strangers";

/** What has to be known of a member to read its health. */
export type MemberUrls = Pick<MemberPlan, "name" | "clientUrl" | "peerUrl">;

/** What a member said when it was asked. */
export interface MemberHealth {
  readonly name: string;
  readonly endpoint: string;
  /** Whether a linearizable read on this member succeeded. */
  readonly healthy: boolean;
  /** How long that read took, in milliseconds; undefined where it failed. */
  readonly latencyMs?: number | undefined;
  /** What it says that it runs. */
  readonly version?: string | undefined;
  /** The member's id in hexadecimal, as etcdctl prints it. */
  readonly id?: string | undefined;
  readonly leader: boolean;
  /** The size of the database file, in bytes. */
  readonly dbSizeBytes?: number | undefined;
  /** What of it is not free space, which a defragmentation gives back. */
  readonly dbSizeInUseBytes?: number | undefined;
  /** Alarms that this member has raised: NOSPACE, CORRUPT. */
  readonly alarms: string[];
}

export interface ClusterHealth {
  /** Every member healthy, one leader, no alarm, nobody unknown. */
  readonly healthy: boolean;
  /** The verdict in words. */
  readonly verdict: string;
  /** What each of them said. */
  readonly members: MemberHealth[];
  /** What became of the snapshots; it does not decide whether the cluster is healthy. */
  readonly snapshots: SnapshotHealth;
}

const alarmMeanings: Record<string, string> = {
  NOSPACE:
    ": a database has reached quotaGiB, and the cluster takes no writes until there is room. The way out: npm run defrag -- --compact",
};

/** What each question was answered with. It is a stranger's word: a machine may have been taken over. */
interface Answers {
  readonly health: readonly Answer[];
  readonly status: readonly Answer[];
  readonly alarms: readonly Answer[];
  readonly members: readonly Answer[];
}

type Answer = Readonly<Record<string, unknown>>;

/**
 * The health of a cluster from what `health.sh` printed.
 * @param tolerated alarms that are not held against it
 * @throws Error where `text` is not the document that the script prints
 */
export function readHealth(
  text: string,
  members: readonly MemberUrls[],
  tolerated: readonly string[] = [],
): ClusterHealth {
  const said = readDocument(text);
  const answers: Answers = {
    health: objects(said["health"]),
    status: objects(said["status"]),
    alarms: objects(object(said["alarms"])["alarms"]),
    members: objects(object(said["members"])["members"]),
  };
  const found = members.map((member) => memberHealth(member, answers));
  const errors = [
    ...found.filter((member) => !member.healthy).map((m) => `${m.name} does not serve reads`),
    // What nobody could ask for is not taken for none: where writes stall, reads can pass, and alarms are asked by a write.
    ...(typeof said["alarms"] === "object" && said["alarms"] !== null
      ? alarmErrors(found, answers.alarms, tolerated)
      : ["whether an alarm is raised could not be asked for"]),
    ...leaderErrors(found),
    ...membershipErrors(members, answers),
  ];
  return {
    healthy: errors.length === 0,
    verdict: errors.length === 0 ? `all ${found.length} members are healthy` : errors.join("; "),
    members: found,
    snapshots: snapshotHealth(said["snapshots"], natural(said["now"])),
  };
}

/** What a parser quotes of a stranger's text is not for a terminal. */
function readDocument(text: string): Answer {
  if (text.length > largestAnswer) {
    throw new Error(`its answer has ${text.length} characters, expected at most ${largestAnswer}`);
  }
  try {
    return object(parse(text));
  } catch {
    throw new Error("its answer is no JSON");
  }
}

function memberHealth(member: MemberUrls, answers: Answers): MemberHealth {
  const read = answers.health.find((answer) => answer["endpoint"] === member.clientUrl);
  const status = object(
    answers.status.find((answer) => answer["Endpoint"] === member.clientUrl)?.["Status"],
  );
  const id = hexId(object(status["header"])["member_id"]);
  const alarms = answers.alarms.filter((alarm) => hexId(alarm["memberID"]) === id);
  const healthy = hasServed(read);
  return {
    name: member.name,
    endpoint: member.clientUrl,
    healthy,
    latencyMs: healthy ? milliseconds(textOf(read?.["took"])) : undefined,
    version: word(status["version"]) || undefined,
    id: id || undefined,
    leader: id !== "" && hexId(status["leader"]) === id,
    dbSizeBytes: bytes(status["dbSize"]),
    dbSizeInUseBytes: bytes(status["dbSizeInUse"]),
    alarms: alarms.map(alarmName),
  };
}

/** Also of a member that did not answer, or has left: it counts until it is disarmed. */
function alarmErrors(
  members: readonly MemberHealth[],
  raised: readonly Answer[],
  tolerated: readonly string[],
): string[] {
  const nameOf = (entry: Answer) => {
    const id = hexId(entry["memberID"]);
    return (
      members.find((member) => member.id === id)?.name ?? `the member ${id || "without an id"}`
    );
  };
  return [...new Set(raised.map(alarmName))]
    .filter((alarm) => !tolerated.includes(alarm))
    .map((alarm) => {
      const by = raised.filter((entry) => alarmName(entry) === alarm).map(nameOf);
      return `${[...new Set(by)].join(", ")} raised ${alarm}${alarmMeanings[alarm] ?? ""}`;
    });
}

function leaderErrors(members: MemberHealth[]): string[] {
  const leaders = members.filter((member) => member.leader).map((member) => member.name);
  return leaders.length === 1 ? [] : [`${leaders.length} members say that they lead, expected 1`];
}

function membershipErrors(members: readonly MemberUrls[], answers: Answers): string[] {
  const isAt = (entry: Answer, member: MemberUrls) =>
    Array.isArray(entry["peerURLs"]) && entry["peerURLs"].includes(member.peerUrl);
  const listed = answers.members;
  const unknown = listed.filter((entry) => !members.some((member) => isAt(entry, member)));
  const missing = members.filter((member) => !listed.some((entry) => isAt(entry, member)));
  return [
    ...unknown.map(
      (entry) => `${word(entry["name"]) || hexId(entry["ID"])} is a member and not in this stack`,
    ),
    ...missing.map((member) => `${member.name} is not a member`),
  ];
}

function bytes(value: unknown): number | undefined {
  return textOf(value) === "" ? undefined : natural(value);
}

/** A Go duration of one unit, as etcdctl prints it: 1.687ms, 912µs, 1.2s. */
function milliseconds(took: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,15})?)(ns|µs|us|ms|s)$/.exec(took);
  if (match === null) {
    return undefined;
  }
  const factor = { ns: 1e-6, µs: 1e-3, us: 1e-3, ms: 1, s: 1e3 }[match[2] as "ms"];
  return Number((Number(match[1]) * factor).toFixed(3));
}
