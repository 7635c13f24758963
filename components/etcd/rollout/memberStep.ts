import * as semver from "semver";
import { initialCluster } from "../plan";
import type { ClusterView } from "./clusterView";
import { restores, type Desired, type Recorded } from "./desired";
import { identityViolations } from "./identityViolations";
import type { MemberEntry, SeenMachine } from "./observed";
import { list } from "./words";

/** The one thing that is done to a member. `member.sh` has a function for each. */
export type Action =
  /** The first start of a new cluster. */
  | "found"
  /** Added as a learner, started, promoted; what was left of it in the membership goes first. */
  | "join"
  /** A member that serves gets what is new. */
  | "restart"
  /** One that does not serve is started as it is asked for. */
  | "start"
  /** Begins from the snapshot whose data waits. */
  | "restore"
  /** What runs is what is asked for. */
  | "keep";

/** What happens to a member next, and what that rests on: its script compares it with what it finds. */
export interface MemberStep {
  readonly member: string;
  readonly action: Action;
  readonly hasData: boolean;
  /** The process that was seen; 0: none. */
  readonly pid: number;
  /** The client URL of another member that serves, or "". */
  readonly via: string;
  /** The id of its dead entry, to be taken out first, or "". */
  readonly remove: string;
  /** The id of its entry that has its former address, or "". */
  readonly rename: string;
  /** Whether the cluster has to be told of it first. */
  readonly add: boolean;
  /** The ids of those that can lead in its place, best first. */
  readonly lead: readonly string[];
  /** Client URLs of those that must serve while it does not. */
  readonly serve: readonly string[];
  readonly initialCluster: string;
  readonly token: string;
  /** How long it may take to serve, in seconds. */
  readonly waitSeconds: number;
}

/** Why nothing is done to a member now, in words that say what to do. */
export interface Blocked {
  readonly member: string;
  readonly blocked: string;
  /**
   * Whether it is only that somebody who is there did not answer in time, which may be another thing in a moment.
   * One that is down comes back by its own turn, and so by nobody's waiting.
   */
  readonly mayPass?: true;
}

/** What a member's step is decided by. */
export interface MemberQuestion {
  readonly clusterId: string;
  readonly stack: string;
  readonly desired: Desired;
  readonly recorded: Recorded | undefined;
  readonly view: ClusterView;
  /** Whether what runs on it is not what is asked for. */
  readonly isStale: (machine: SeenMachine) => boolean;
}

/** How a member's script, and this one, begin to say that a healthy member was left alone. */
export const leftAsItWas = "not restarting this healthy member";

/** The same of one that runs and does not serve. */
export const notRestarted = "it is not restarted";

/**
 * From so many restarts on systemd is only trying again, if etcd has not been up since: it will not come up by
 * itself. systemd counts for as long as nobody starts it by hand.
 */
const crashLoop = 3;

/** What happens to a member next, by what was seen. Nothing is done on what was not. */
export function memberStep(name: string, question: MemberQuestion): MemberStep | Blocked {
  const machine = question.view.machine(name);
  if (machine === undefined || !machine.seen) {
    return blocked(
      name,
      `its machine cannot be seen: ${machine?.problem ?? "nobody has looked"}. Bring it back, or if it is lost: npm run replace -- ${name}`,
    );
  }
  const [stranger] = identityViolations(machine, question);
  if (stranger !== undefined) {
    return blocked(name, stranger);
  }
  const { recorded, desired } = question;
  // Once all have begun from it that is over: a machine that is new joins, or has its data.
  if (restores(recorded?.desired, desired) && machine.cluster.restored !== desired.restore.id) {
    return stepOfRestore(machine, question);
  }
  const apart = versionsApart(question);
  if (apart !== undefined) {
    return blocked(name, apart);
  }
  return machine.hasData ? stepWithData(machine, question) : stepWithoutData(machine, question);
}

function stepOfRestore(machine: SeenMachine, question: MemberQuestion): MemberStep | Blocked {
  const { restore } = question.desired;
  if (machine.restoreWaiting !== restore.id) {
    return blocked(
      machine.name,
      `the snapshot ${restore.from} is not prepared on it (restore ${restore.id}). Run pulumi up again, without --target`,
    );
  }
  return step(machine, question, {
    action: "restore",
    token: `${question.clusterId}-${restore.id}`,
  });
}

/**
 * A change of the version is looked at as a whole, by what was done last. Until an update has succeeded there
 * is no such thing, and there may be a cluster all the same.
 */
function versionsApart({ recorded, desired, view }: MemberQuestion): string | undefined {
  if (recorded !== undefined || view.version === undefined) {
    return undefined;
  }
  const step = semver.minor(desired.version) - semver.minor(view.version);
  return step === 0 || step === 1
    ? undefined
    : `version is ${desired.version}, and the cluster is at ${view.version}, while no pulumi up of this stack has succeeded yet. Set version back, and finish that first`;
}

function stepWithData(machine: SeenMachine, question: MemberQuestion): MemberStep | Blocked {
  const { name, process } = machine;
  const { view, desired } = question;
  const { peerUrl } = desired.members[name]!;
  const entry = view.entry(peerUrl);
  const former = entry === undefined ? view.formerEntry(name, peerUrl) : undefined;
  const isListed = entry !== undefined || former !== undefined;
  if (view.isServed && view.members !== undefined && !isListed) {
    return blocked(
      name,
      `its data is of a member that was taken out of the cluster, and etcd lets none such come back. If nobody needs it, move ${desired.members[name]!.dataDirectory}/member away on its machine, or ask for new data: npm run replace -- ${name} --new-data`,
    );
  }
  if (view.serves(name)) {
    if (!question.isStale(machine)) {
      return step(machine, question, { action: "keep" });
    }
    return restartOf(machine, question, entry ?? former);
  }
  const isAlive = process.pid !== 0 && (process.isUp || process.restarts < crashLoop);
  if (isAlive && !question.isStale(machine)) {
    return step(machine, question, { action: "keep" });
  }
  const mute = othersNotServing(machine, question, entry ?? former);
  if (isAlive && view.isServed && mute.length > 0) {
    return blocked(
      name,
      `its etcd runs and does not serve reads now, and the others are no quorum without it that is known to serve (${list(mute)}): ${notRestarted}. See npm run health, and run pulumi up again`,
      isNobodyDown(machine),
    );
  }
  return step(machine, question, {
    action: "start",
    rename: former?.id ?? "",
  });
}

/** A member that serves stops only while all others do: then they are a quorum without it. */
function restartOf(
  machine: SeenMachine,
  question: MemberQuestion,
  entry: MemberEntry | undefined,
): MemberStep | Blocked {
  const { view, desired } = question;
  const { name } = machine;
  if (view.members === undefined || view.alarms === undefined) {
    return blocked(
      name,
      `${leftAsItWas}: its members and alarms could not be asked for. See npm run health: where access is controlled, the operator needs a user`,
    );
  }
  const { quotaBytes } = machine.process;
  const isRoomier = quotaBytes > 0 && desired.quotaBytes > quotaBytes;
  // A larger quota is a way out of a full database, whose alarm stays raised until all have it.
  const alarms = view.alarms.filter(({ alarm }) => !(alarm === "NOSPACE" && isRoomier));
  if (alarms.length > 0) {
    return blocked(
      name,
      `the cluster has an alarm (${list(alarms.map(({ alarm }) => alarm))}): ${leftAsItWas}. Clear the alarm (NOSPACE: npm run defrag -- --compact) and run pulumi up again`,
    );
  }
  const mute = othersNotServing(machine, question, entry);
  if (mute.length > 0) {
    return blocked(
      name,
      `${leftAsItWas}, because others do not answer: ${list(mute)}. This update repairs what it can of them; then run pulumi up again`,
      isNobodyDown(machine),
    );
  }
  const others = view.members.filter((one) => one !== entry);
  const isLeader = entry !== undefined && entry.id === view.leaderId;
  return step(machine, question, {
    action: "restart",
    serve: others.map((one) => one.clientUrls[0]!),
    lead: isLeader ? others.filter((one) => !one.isLearner).map(({ id }) => id) : [],
  });
}

/** Whether somebody listens wherever a member is known to be, as far as this machine sees. */
function isNobodyDown({ view }: SeenMachine): boolean {
  return ![...view.answers.values()].includes("refused");
}

/** Of the other entries of the membership those that nobody has seen serve, by name. */
function othersNotServing(
  machine: SeenMachine,
  { view, desired }: MemberQuestion,
  own: MemberEntry | undefined,
): string[] {
  const { members } = view;
  return members === undefined
    ? Object.keys(desired.members).filter((name) => name !== machine.name && !view.serves(name))
    : members
        .filter((entry) => entry !== own && !view.entryServes(entry))
        .map(({ name, peerUrls }) => name || (peerUrls[0] ?? "a member without a name"));
}

function stepWithoutData(machine: SeenMachine, question: MemberQuestion): MemberStep | Blocked {
  const { name } = machine;
  const { view, desired } = question;
  if (machine.process.pid !== 0) {
    return blocked(name, "its etcd runs, and its data directory is empty. Look at the machine");
  }
  const { peerUrl } = desired.members[name]!;
  if (!view.isServed) {
    return foundation(machine, question);
  }
  if (view.members === undefined) {
    return blocked(
      name,
      "its data directory is empty, and the members could not be asked for. See npm run health, and run pulumi up again",
    );
  }
  const entry = view.entry(peerUrl);
  const former = view.formerEntry(name, peerUrl);
  if (entry !== undefined && entry.clientUrls.length === 0) {
    // It was added, or founded with the others, and has never started.
    return step(machine, question, { action: "join", add: false });
  }
  const old = entry ?? former;
  if (old !== undefined && view.entryServes(old)) {
    return blocked(
      name,
      `its data directory is empty, and its member serves all the same (${old.id} at ${list(old.clientUrls)}), so it is not taken out. Look at who answers there, and run pulumi up again`,
    );
  }
  return step(machine, question, { action: "join", add: true, remove: old?.id ?? "" });
}

/**
 * A cluster is founded once, by members that have all been looked at and none of which has ever been part
 * of a healthy one. Silence is not "nobody is there".
 */
function foundation(machine: SeenMachine, question: MemberQuestion): MemberStep | Blocked {
  const { name } = machine;
  const { view, desired } = question;
  const why = whyNotFounding(question);
  if (why !== undefined) {
    return blocked(
      name,
      `its data directory is empty, and no member serves that could give it its data back; ${why}. Starting it would make a second, empty cluster, so it was not started. Bring the other members back first; if they are lost too, restore from a snapshot: set restoreFrom`,
    );
  }
  const strangers = Object.keys(desired.members).filter((other) => !view.machine(other)?.seen);
  if (strangers.length > 0) {
    return blocked(
      name,
      `the cluster is founded only when every machine has been seen, and ${list(strangers)} cannot be. Bring it back, and run pulumi up again`,
    );
  }
  return step(machine, question, {
    action: "found",
    initialCluster: initialCluster(
      Object.entries(desired.members).map(([member, { peerUrl }]) => ({ name: member, peerUrl })),
    ),
  });
}

function whyNotFounding({ recorded, view, desired }: MemberQuestion): string | undefined {
  if (recorded !== undefined) {
    return "the cluster has been founded already";
  }
  const founded = view.seen.find((machine) => machine.cluster.founded !== "");
  if (founded !== undefined) {
    return `${founded.name} was healthy in it on ${founded.cluster.founded}`;
  }
  const restored = view.seen.find((machine) => machine.cluster.restored !== "");
  if (restored !== undefined) {
    return `${restored.name} has begun from a snapshot`;
  }
  // Until a leader has been elected there is nothing in the log but the members themselves.
  const count = Object.keys(desired.members).length;
  const elected = view.seen.find(({ name }) => (view.status(name)?.raftIndex ?? 0) > count);
  return elected && `${elected.name} has had a leader already`;
}

/** Whether a process that runs, and serves nobody now, would be ended: it may only be without a leader for a moment. */
export function endsAProcess({ action, pid }: MemberStep): boolean {
  return action === "start" && pid !== 0;
}

/**
 * Whether a member can only come to serve together with others that are waited for, too: nobody serves, and one
 * alone is no quorum.
 */
export function waitsForOthers({ action, pid }: MemberStep, view: ClusterView): boolean {
  return !view.isServed && (action === "keep" || (action === "start" && pid === 0));
}

/** A rate at which any disk reads a database: etcd's own recommendation is 50 MB/s. */
const readBytesPerSecond = 14 * 1024 * 1024;

/**
 * How long it may take, in seconds, until a database has been read twice: by a member that starts, and by the others,
 * which compare theirs with it (etcd's initial corruption check) and may answer nobody meanwhile.
 */
export function secondsToRead(bytes: number): number {
  return Math.ceil((2 * bytes) / readBytesPerSecond);
}

/** What a start takes beside reading: an election, a slow machine. */
const leastWaitSeconds = 120;

function step(
  machine: SeenMachine,
  { view, clusterId }: MemberQuestion,
  changes: Partial<MemberStep> & Pick<MemberStep, "action">,
): MemberStep {
  const others = (view.members ?? []).filter(
    (entry) => entry.name !== machine.name && view.entryServes(entry),
  );
  return {
    member: machine.name,
    hasData: machine.hasData,
    pid: machine.process.pid,
    via: others[0]?.clientUrls[0] ?? "",
    remove: "",
    rename: "",
    add: false,
    lead: [],
    serve: [],
    initialCluster: "",
    token: clusterId,
    waitSeconds: leastWaitSeconds + secondsToRead(view.databaseBytes),
    ...changes,
  };
}

function blocked(member: string, text: string, mayPass = false): Blocked {
  return { member, blocked: text, ...(mayPass && { mayPass }) };
}

export function isBlocked(one: MemberStep | Blocked): one is Blocked {
  return "blocked" in one;
}
