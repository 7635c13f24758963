import * as semver from "semver";
import type { Desired } from "./desired";
import type {
  Answer,
  EndpointStatus,
  MemberEntry,
  Observed,
  ObservedMachine,
  SeenMachine,
} from "./observed";

/** Where a member is known to be reached: as it is asked for, and as it was before. */
export interface KnownMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
}

/** Every member that somebody has asked for, each with all its addresses. */
export function knownMembers(...asked: readonly (Desired | undefined)[]): KnownMember[] {
  const all = asked.flatMap((one) => Object.entries(one?.members ?? {}));
  const names = [...new Set(all.map(([name]) => name))];
  return names.map((name) => {
    const own = all.filter(([other]) => other === name).map(([, member]) => member);
    return {
      name,
      peerUrls: [...new Set(own.map((member) => member.peerUrl))],
      clientUrls: [...new Set(own.map((member) => member.clientUrl))],
    };
  });
}

/** What all machines together tell of the cluster. */
export class ClusterView {
  constructor(
    private readonly observed: Observed,
    private readonly known: readonly KnownMember[],
  ) {}

  machine(name: string): ObservedMachine | undefined {
    return this.observed.machines.find((machine) => machine.name === name);
  }

  get seen(): SeenMachine[] {
    return this.observed.machines.filter((machine): machine is SeenMachine => machine.seen);
  }

  /** The membership, by a machine whose own member serves, where there is one. */
  get members(): readonly MemberEntry[] | undefined {
    return this.best((machine) => machine.view.members);
  }

  get isControlled(): boolean | undefined {
    return this.best((machine) => machine.view.isControlled);
  }

  get alarms(): SeenMachine["view"]["alarms"] {
    return this.best((machine) => machine.view.alarms);
  }

  /**
   * The version that the cluster has agreed on. Until the last member has gone up it is the older one, and
   * there is a way back. Where nobody says it, it is the oldest of the members, if all of them run.
   */
  get version(): string | undefined {
    const said = this.best((machine) => machine.view.clusterVersion);
    const running = this.seen.map((machine) => machine.process.version);
    const all = running.length >= this.known.length && running.every((one) => semver.valid(one));
    return said ?? (all ? [...running].sort(semver.compare)[0] : undefined);
  }

  /** Whether another minor version than the cluster's would use its data. */
  changesMinor(version: string): boolean {
    return this.version !== undefined && semver.minor(this.version) !== semver.minor(version);
  }

  /** How a member answers, by the best that anybody has seen of it. */
  answer(name: string): Answer {
    const urls = this.urlsOf(name);
    const own = this.seen.filter((machine) => machine.name === name);
    const all = [...own, ...this.seen].flatMap((machine) =>
      urls.flatMap((url) => machine.view.answers.get(url) ?? []),
    );
    return all.find((answer) => answer === "serves") ?? all[0] ?? "silent";
  }

  serves(name: string): boolean {
    return this.answer(name) === "serves";
  }

  /** Whether any member serves: a quorum does then. */
  get isServed(): boolean {
    return this.seen.some((machine) => [...machine.view.answers.values()].includes("serves"));
  }

  /** Members that are known and do not serve. */
  get notServing(): string[] {
    return this.known.map(({ name }) => name).filter((name) => !this.serves(name));
  }

  /** A member's entry under one of its own peer URLs. */
  entry(peerUrl: string): MemberEntry | undefined {
    return this.members?.find((one) => one.peerUrls.includes(peerUrl));
  }

  /** A member's entry under its name and another peer URL, from before its machine moved. */
  formerEntry(name: string, peerUrl: string): MemberEntry | undefined {
    return this.members?.find((one) => one.name === name && !one.peerUrls.includes(peerUrl));
  }

  status(name: string): EndpointStatus | undefined {
    const urls = this.urlsOf(name);
    return this.seen
      .flatMap((machine) => urls.flatMap((url) => machine.view.status.get(url) ?? []))
      .find(() => true);
  }

  /** The id of the leader, as most tell it who know one. */
  get leaderId(): string | undefined {
    const said = this.seen.flatMap((machine) =>
      [...machine.view.status.values()].map((status) => status.leader),
    );
    const known = said.filter((leader) => leader !== "" && leader !== "0");
    const votes = (leader: string) => known.filter((one) => one === leader).length;
    return [...known].sort((one, other) => votes(other) - votes(one))[0];
  }

  /** The name of the leader, where one is known. */
  get leader(): string | undefined {
    const id = this.leaderId;
    return id === undefined
      ? undefined
      : this.known.find(({ name }) => this.status(name)?.id === id)?.name;
  }

  /** The largest database, in bytes. */
  get databaseBytes(): number {
    return Math.max(0, ...this.known.map(({ name }) => this.status(name)?.dbSizeBytes ?? 0));
  }

  /** How an entry of the membership answers, whether it is one of ours or not. */
  entryServes(entry: MemberEntry): boolean {
    return entry.clientUrls.some((url) =>
      this.seen.some((machine) => machine.view.answers.get(url) === "serves"),
    );
  }

  private urlsOf(name: string): string[] {
    const known = this.known.find((one) => one.name === name);
    const listed = this.members?.filter((entry) =>
      entry.peerUrls.some((url) => known?.peerUrls.includes(url)),
    );
    return [...(known?.clientUrls ?? []), ...(listed ?? []).flatMap((entry) => entry.clientUrls)];
  }

  private best<Value>(of: (machine: SeenMachine) => Value | undefined): Value | undefined {
    const serving = (machine: SeenMachine) =>
      [...machine.view.answers.values()].filter((answer) => answer === "serves").length;
    return [...this.seen]
      .sort((one, other) => serving(other) - serving(one))
      .map(of)
      .find((value) => value !== undefined);
  }
}
