import { decideMember, type Question } from "../../../../components/etcd/rollout/decide";
import {
  isBlocked,
  leftAsItWas,
  type MemberStep,
  notRestarted,
} from "../../../../components/etcd/rollout/memberStep";
import type {
  Answer,
  MemberEntry,
  ObservedMachine,
  View,
} from "../../../../components/etcd/rollout/observed";
import { nextInTurn } from "../../../../components/etcd/rollout/order";
import { clientUrl, desired, idOf, membersOf, own, peerUrl, recorded } from "./example";

/** What etcd does on a machine: it takes part, it runs and does not, it ends again and again, or is not there. */
export type Life = "running" | "hung" | "looping" | "stopped";

export interface SimulatedMember {
  life: Life;
  digest: string;
  hasData: boolean;
  founded: boolean;
  /** Its entry in the membership. */
  entry: "none" | "unstarted" | "learner" | "voter";
  isSeen: boolean;
}

/** What is not known beforehand: how members come up again, and which looks miss somebody. */
export interface Chance {
  /** What becomes of a member that is started. */
  comesUp(): Life;
  /** Whether a look takes one that serves for a silent one. */
  misses(): boolean;
  /** Whether a step is decided by a look at all machines, and not at its own alone. */
  looksAtAll(): boolean;
}

/**
 * A cluster as simple as what is promised: who takes part serves while a quorum of the voters does. It does
 * what a permit says as the member's script would, and objects to what must never happen.
 */
export class SimulatedCluster {
  /** What was done, in order, to tell of it. */
  readonly told: string[] = [];
  /** Members that served until a step of ours. */
  private readonly ownVictims = new Set<string>();

  constructor(
    readonly members: ReadonlyMap<string, SimulatedMember>,
    private readonly chance: Chance,
  ) {}

  get voters(): string[] {
    return [...this.members.keys()].filter((name) =>
      ["voter", "unstarted"].includes(this.member(name).entry),
    );
  }

  get serving(): string[] {
    const taking = this.voters.filter((name) => this.member(name).life === "running");
    return taking.length > this.voters.length / 2 ? taking : [];
  }

  serves(name: string): boolean {
    return this.serving.includes(name);
  }

  get listed(): string[] {
    return [...this.members.keys()].filter((name) => this.member(name).entry !== "none");
  }

  member(name: string): SimulatedMember {
    return this.members.get(name)!;
  }

  /** One `pulumi up`: in the order of the lock, each by a look of its own; it ends where the lock would. */
  update(digest: string, names: readonly string[]): void {
    const waiting = new Set(names);
    const standing = {
      unhealthy: names.filter((name) => !this.serves(name)),
      leader: this.serving[0],
    };
    while (waiting.size > 0) {
      const name = nextInTurn([...waiting], standing);
      waiting.delete(name);
      const step = decideMember(this.question(name, names, digest), name);
      if (isBlocked(step)) {
        this.told.push(`${name}: ${step.blocked}`);
        if (![leftAsItWas, notRestarted].some((words) => step.blocked.includes(words))) {
          return;
        }
      } else if (!this.take(step, digest)) {
        return;
      }
    }
  }

  /** Whether whoever waits may go on. */
  private take(step: MemberStep, digest: string): boolean {
    this.told.push(`${step.member}: ${step.action}`);
    const member = this.member(step.member);
    const wasOutage = this.serving.length === 0;
    switch (step.action) {
      case "keep":
        break;
      case "restart":
        this.stop(step.member);
        this.start(step.member, digest);
        break;
      case "start":
        // The script asks once more, and so does this.
        if (step.pid !== 0 && this.serves(step.member)) {
          return true;
        }
        this.stop(step.member);
        this.start(step.member, digest);
        break;
      case "join":
        this.join(step);
        this.start(step.member, digest);
        break;
      default:
        throw new Error(`${step.member} was told to ${step.action}, and there is a cluster`);
    }
    const isBack = member.life === "running" && (this.serves(step.member) || wasOutage);
    this.told.push(`${step.member} is ${member.life}`);
    return isBack;
  }

  private stop(name: string): void {
    const before = this.serving;
    const others = this.listed.filter((other) => other !== name);
    if (before.includes(name)) {
      const mute = others.filter((other) => !before.includes(other));
      if (mute.length > 0 || [...this.ownVictims].some((victim) => victim !== name)) {
        throw new Error(`${name} serves and is stopped, while ${mute.join()} do not`);
      }
      this.ownVictims.add(name);
    }
    this.member(name).life = "stopped";
    // Two are a quorum only together, and one is one alone.
    const lost = before.filter((other) => other !== name && !this.serves(other));
    if (lost.length > 0 && this.voters.length > 2) {
      throw new Error(`${lost.join()} served until ${name} was stopped`);
    }
  }

  private start(name: string, digest: string): void {
    const member = this.member(name);
    member.life = this.chance.comesUp();
    member.digest = digest;
    member.hasData = true;
    if (member.entry === "unstarted") {
      member.entry = "voter";
    }
    if (member.life === "running" && member.entry === "learner" && this.serving.length > 0) {
      member.entry = "voter";
    }
    if (this.serves(name)) {
      this.ownVictims.delete(name);
      member.founded = true;
    }
  }

  private join({ member: name, remove, add }: MemberStep): void {
    const member = this.member(name);
    if (member.hasData || this.serving.length === 0) {
      throw new Error(`${name} was told to join, with data or with nobody`);
    }
    if (remove !== "") {
      if (remove !== idOf(name) || this.serves(name)) {
        throw new Error(`${remove} was taken out for ${name}`);
      }
      member.entry = "none";
      this.mustServe(`${name} was taken out`);
    }
    if (add === (member.entry !== "none")) {
      throw new Error(`${name} was told to join with add=${add}, and its entry is ${member.entry}`);
    }
    member.entry = add ? "learner" : member.entry;
  }

  private mustServe(what: string): void {
    if (this.serving.length === 0) {
      throw new Error(`${what}, and nobody serves any more`);
    }
  }

  // --- how it is seen ------------------------------------------------------------------------------

  private question(name: string, names: readonly string[], digest: string): Question {
    const looked = this.chance.looksAtAll() ? [...this.members.keys()] : [name];
    return {
      ...own,
      desired: desired({ members: membersOf(names) }),
      recorded: recorded(),
      attempted: undefined,
      observed: { machines: looked.map((one) => this.look(one)) },
      digests: { [name]: digest },
    };
  }

  private look(name: string): ObservedMachine {
    const member = this.member(name);
    if (!member.isSeen) {
      return { name, seen: false, problem: "no route to host" };
    }
    const isRunning = member.life !== "stopped";
    return {
      name,
      seen: true,
      cluster: {
        id: own.clusterId,
        name: "etcd",
        stack: own.stack,
        founded: member.founded ? "2026-11-24T10:00:00Z" : "",
        restored: "",
      },
      dataCluster: member.hasData ? own.clusterId : "",
      hasData: member.hasData,
      restoreWaiting: "",
      certificates: [],
      process: {
        pid: isRunning ? 4711 : 0,
        version: isRunning ? "3.6.16" : "",
        digest: isRunning ? member.digest : "",
        cluster: isRunning ? own.clusterId : "",
        quotaBytes: isRunning ? 8 * 1024 ** 3 : 0,
        restarts: member.life === "looping" ? 9 : 0,
        isUp: member.life === "running" || member.life === "hung",
      },
      view: this.view(),
    };
  }

  private view(): View {
    const answers = new Map(
      [...this.members.keys()].map((name) => [clientUrl(name), this.answer(name)]),
    );
    const heard = this.serving.filter((name) => answers.get(clientUrl(name)) === "serves");
    const leader = this.serving[0];
    return {
      answers,
      status: new Map(
        heard.map((name) => [
          clientUrl(name),
          {
            id: idOf(name),
            version: "3.6.16",
            leader: leader === undefined ? "0" : idOf(leader),
            raftIndex: 1000,
            dbSizeBytes: 20480,
          },
        ]),
      ),
      members: heard.length === 0 ? undefined : this.listed.map((name) => this.entryOf(name)),
      alarms: heard.length === 0 ? undefined : [],
      clusterVersion: heard.length === 0 ? undefined : "3.6.0",
    };
  }

  private answer(name: string): Answer {
    if (this.serves(name)) {
      return this.chance.misses() ? "silent" : "serves";
    }
    return ["stopped", "looping"].includes(this.member(name).life) ? "refused" : "silent";
  }

  private entryOf(name: string): MemberEntry {
    const { entry, hasData } = this.member(name);
    const isStarted = entry !== "unstarted" && (entry === "voter" || hasData);
    return {
      id: idOf(name),
      name: isStarted ? name : "",
      peerUrls: [peerUrl(name)],
      clientUrls: isStarted ? [clientUrl(name)] : [],
      isLearner: entry === "learner",
    };
  }
}
