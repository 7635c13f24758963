import { parse } from "lossless-json";
import { readCertificates, type SeenCertificate } from "../certificates";
import { alarmName, hasServed } from "../etcdctl";
import { decoded, hexId, largestAnswer, natural, object, objects, word } from "../strangers";
import { flagsOfUnit } from "../unit";

/**
 * What a machine has of its member, as `observe.sh` printed it. All of it is data from a stranger: a
 * machine may have been taken over.
 */
export interface SeenMachine {
  readonly name: string;
  readonly seen: true;
  /** Whose the machine is, by its own record; "" each where it is nobody's. */
  readonly cluster: {
    readonly id: string;
    readonly name: string;
    readonly stack: string;
    /** When its member was healthy in this cluster for the first time. */
    readonly founded: string;
    /** The restore that its member has begun from. */
    readonly restored: string;
  };
  /** Whose data its data directory holds, or "". */
  readonly dataCluster: string;
  readonly hasData: boolean;
  /** The restore whose data waits beside the member's, or "". */
  readonly restoreWaiting: string;
  /** etcd's flags as the unit on the disk has them, `--name=value` each; undefined where there is none. */
  readonly flags?: readonly string[];
  /** The version that the unit on the disk is for. */
  readonly unitVersion?: string;
  readonly process: Process;
  /** The generation of the CA that issued its server certificate. */
  readonly issuedBy?: number;
  /** The certificates that lie on it; those that cannot be read are left out. */
  readonly certificates: readonly SeenCertificate[];
  /** What its etcdctl was told by the members. */
  readonly view: View;
}

/** The etcd that runs, by /proc and not by a file that may speak of another one. */
export interface Process {
  /** 0 where none runs. */
  readonly pid: number;
  readonly version: string;
  /** Of the unit that it was started with. */
  readonly digest: string;
  readonly cluster: string;
  /** The generations of the CAs that it trusts; undefined where that is not known. */
  readonly trusts?: readonly number[];
  /** At which size of its database it takes no more writes; 0 where that is not known. */
  readonly quotaBytes: number;
  /** How often systemd has started it again since somebody asked for it. */
  readonly restarts: number;
  /** Whether it has been ready since it was started, or is still on its way. */
  readonly isUp: boolean;
}

/** A machine that could not be looked at. */
export interface UnseenMachine {
  readonly name: string;
  readonly seen: false;
  readonly problem: string;
}

export type ObservedMachine = SeenMachine | UnseenMachine;

/** How an endpoint answered a linearizable read. */
export type Answer =
  /** It answered, were it to say that one may not read: it has a leader, and the leader a quorum. */
  | "serves"
  /** Nothing listens there. */
  | "refused"
  /** It is there and cannot serve, or nobody knows. */
  | "silent";

/** An entry of the membership. Ids are hexadecimal: they are unsigned 64-bit numbers. */
export interface MemberEntry {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** None where it has never started. */
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** What an endpoint tells of itself. */
export interface EndpointStatus {
  readonly id: string;
  readonly version: string;
  /** "0" where it knows of none. */
  readonly leader: string;
  readonly raftIndex: number;
  readonly dbSizeBytes: number;
}

/** The members as one machine's etcdctl sees them. */
export interface View {
  /** By client URL. */
  readonly answers: ReadonlyMap<string, Answer>;
  readonly status: ReadonlyMap<string, EndpointStatus>;
  /** undefined where nobody could say. */
  readonly members: readonly MemberEntry[] | undefined;
  /** Alarms by name, such as NOSPACE, each with the id of who raised it; undefined where nobody could say. */
  readonly alarms: readonly { readonly member: string; readonly alarm: string }[] | undefined;
  /** The cluster's version, such as 3.6.0; undefined where nobody could say. */
  readonly clusterVersion: string | undefined;
  /** Whether access is controlled; absent where nobody was asked, or could say. */
  readonly isControlled?: boolean;
}

/** A whole cluster, machine by machine. */
export interface Observed {
  readonly machines: readonly ObservedMachine[];
}

interface Document {
  readonly cluster: Record<string, unknown>;
  readonly process: Record<string, unknown>;
  readonly certificates: Record<string, unknown>;
  /** Whether somebody listens, by client URL: open, refused or silent. */
  readonly doors: Record<string, unknown>;
  readonly answers: Record<string, unknown>;
  readonly [field: string]: unknown;
}

/**
 * What `observe.sh` printed, understood.
 * @throws Error where it is no such document
 */
export function readObservation(name: string, text: string): SeenMachine {
  if (text.length > largestAnswer) {
    throw new Error(
      `${name} answered with ${text.length} characters, expected at most ${largestAnswer}`,
    );
  }
  const said = readDocument(name, text);
  for (const part of ["cluster", "process", "certificates", "doors", "answers"] as const) {
    if (typeof said?.[part] !== "object" || said[part] === null) {
      throw new Error(`${name} answered without "${part}": no observation`);
    }
  }
  const unit = decoded(said["unit"]);
  const certificates = readCertificates(said.certificates);
  const server = certificates.find(({ file }) => file === "server");
  const unitVersion = /^# Written by Pulumi for etcd ([\d.]{1,20}):/m.exec(unit)?.[1];
  return {
    name,
    seen: true,
    cluster: {
      id: word(said.cluster["id"]),
      name: word(said.cluster["name"]),
      stack: word(said.cluster["stack"]),
      founded: word(said.cluster["founded"]),
      restored: word(said.cluster["restored"]),
    },
    dataCluster: word(said["dataCluster"]),
    hasData: said["hasData"] === true,
    restoreWaiting: word(said["restoreWaiting"]),
    ...(unit !== "" && { flags: flagsOfUnit(unit).filter((flag) => !/\p{C}/u.test(flag)) }),
    ...(unitVersion !== undefined && { unitVersion }),
    process: readProcess(said.process),
    certificates,
    ...(server && { issuedBy: server.issuedBy }),
    view: readView(said),
  };
}

/** What a parser quotes of a stranger's text is not for a terminal. */
function readDocument(name: string, text: string): Document {
  try {
    return JSON.parse(text) as Document;
  } catch {
    throw new Error(`${name} answered with something that is no JSON: no observation`);
  }
}

function readProcess(said: Record<string, unknown>): Process {
  const trusts = said["trusts"];
  return {
    pid: natural(said["pid"]),
    version: word(said["version"]),
    digest: word(said["digest"]),
    cluster: word(said["cluster"]),
    ...(typeof trusts === "string" && {
      trusts: trusts.split(",").filter(Boolean).map(Number).filter(Number.isInteger),
    }),
    quotaBytes: natural(said["quotaBytes"]),
    restarts: natural(said["restarts"]),
    isUp: said["state"] === "active",
  };
}

function readView({ answers, doors }: Document): View {
  const status = readStatus(json(answers["status"]));
  const access = object(json(answers["access"]));
  return {
    answers: new Map([...readDoors(doors), ...readHealth(json(answers["health"]))]),
    status,
    members: readMembers(json(answers["members"])),
    alarms: readAlarms(json(answers["alarms"])),
    clusterVersion: readClusterVersion(json(answers["version"])),
    // Of a message that says no, Go's JSON leaves the field out (api/etcdserverpb: enabled,omitempty).
    ...("header" in access && { isControlled: access["enabled"] === true }),
  };
}

/** Who is there and says nothing more is silent, until its health tells something else. */
function readDoors(doors: Record<string, unknown>): [string, Answer][] {
  return Object.entries(doors)
    .filter(([url]) => word(url) !== "")
    .map(([url, door]) => [url, door === "refused" ? "refused" : "silent"]);
}

function readHealth(answer: unknown): [string, Answer][] {
  return objects(answer)
    .filter((one) => word(one["endpoint"]) !== "")
    .map((one) => [word(one["endpoint"]), hasServed(one) ? "serves" : "silent"]);
}

function readStatus(answer: unknown): Map<string, EndpointStatus> {
  return new Map(
    objects(answer).map((one) => {
      const said = object(one["Status"]);
      const header = object(said["header"]);
      return [
        word(one["Endpoint"]),
        {
          id: hexId(header["member_id"]),
          version: word(said["version"]),
          leader: hexId(said["leader"]),
          raftIndex: natural(said["raftIndex"]),
          dbSizeBytes: natural(said["dbSize"]),
        },
      ];
    }),
  );
}

/** Nobody has said who the members are where an entry is not understood: none may be left out. */
function readMembers(answer: unknown): MemberEntry[] | undefined {
  const said = whole((answer as { members?: unknown } | null | undefined)?.members);
  const members = said?.flatMap((one) => readMember(one) ?? []);
  return members?.length === said?.length && members?.length !== 0 ? members : undefined;
}

function readMember(said: Record<string, unknown>): MemberEntry | undefined {
  const id = hexId(said["ID"]);
  const peerUrls = words(said["peerURLs"]);
  // One that has never started has none, and no name.
  const clientUrls = words(said["clientURLs"] ?? []);
  return id === "" || peerUrls === undefined || peerUrls.length === 0 || clientUrls === undefined
    ? undefined
    : { id, name: word(said["name"]), peerUrls, clientUrls, isLearner: said["isLearner"] === true };
}

function readAlarms(answer: unknown): View["alarms"] {
  return typeof answer !== "object" || answer === null
    ? undefined
    : whole((answer as { alarms?: unknown }).alarms ?? [])?.map((one) => ({
        member: hexId(one["memberID"]),
        alarm: alarmName(one),
      }));
}

function readClusterVersion(answer: unknown): string | undefined {
  const version = word((answer as { etcdcluster?: unknown } | null | undefined)?.etcdcluster);
  return /^\d+\.\d+\.\d+$/.test(version) ? version : undefined;
}

/** The JSON that base64 holds, its numbers whole; undefined where it is none. */
function json(value: unknown): unknown {
  const text = decoded(value).trim();
  try {
    return text === "" ? undefined : parse(text);
  } catch {
    return undefined;
  }
}

/** The objects of a list of nothing else; undefined of anything else. */
function whole(value: unknown): Record<string, unknown>[] | undefined {
  const all = objects(value);
  return Array.isArray(value) && all.length === value.length ? all : undefined;
}

/** Each of a list; undefined where one is no such text. */
function words(value: unknown): string[] | undefined {
  const all = Array.isArray(value) ? value.map(word) : [""];
  return all.includes("") ? undefined : all;
}
