import { setTimeout as sleep } from "node:timers/promises";
import { now } from "./clock";
import { Probe, type Sample } from "./probe";
import type { SamplerHistory } from "./samplerFigures";
import type { Credentials, Member, Target } from "./target";

export interface SamplerOptions {
  /** From the start of one sample of a member to the start of the next, in ms. @default 25 */
  readonly periodMs?: number;
  /** How long a sample may take, in ms. @default 500 */
  readonly timeoutMs?: number;
  /** What is asked: /version, or /health for a linearizable read. @default "/version" */
  readonly path?: "/version" | "/health";
}

interface Watched {
  readonly member: Member;
  readonly samples: Sample[];
  /** Undefined while it is watched. */
  forgottenMs?: number;
}

/** Asks every member all the time whether it serves: each by itself, one sample after the other. */
export class Sampler {
  private readonly startMs = now();
  private readonly watched: Watched[] = [];
  private readonly loops: Promise<void>[] = [];
  private readonly periodMs: number;
  private readonly timeoutMs: number;
  private readonly path: string;
  private credentials: Credentials | undefined;
  private stopMs: number | undefined;

  /** Starts at once. */
  constructor(target: Target, options: SamplerOptions = {}) {
    const { periodMs = 25, timeoutMs = 500, path = "/version" } = options;
    this.periodMs = periodMs;
    this.timeoutMs = timeoutMs;
    this.path = path;
    this.credentials = target.credentials;
    target.members.forEach((member) => this.add(member));
  }

  /** Watches one more member; it counts from its first success on. */
  add(member: Member): void {
    if (this.find(member.name) !== undefined) {
      throw new Error(`${member.name} is watched already`);
    }
    const watched: Watched = { member, samples: [] };
    this.watched.push(watched);
    this.loops.push(this.watch(watched));
  }

  /** No longer watches a member. If it is down at this time, that was meant and does not count. */
  forget(name: string): void {
    const watched = this.find(name);
    if (watched !== undefined) {
      watched.forgottenMs = now();
    }
  }

  /** Watches exactly these from now on: adds and forgets what differs from those of before. */
  setMembers(members: readonly Member[]): void {
    const isAmong = (member: Member) =>
      members.some((one) => one.name === member.name && one.clientUrl === member.clientUrl);
    const before = this.watched.filter((one) => one.forgottenMs === undefined);
    before
      .filter(({ member }) => !isAmong(member))
      .forEach(({ member }) => this.forget(member.name));
    members
      .filter((member) => this.find(member.name) === undefined)
      .forEach((member) => this.add(member));
  }

  /** From each member's next sample on, over a new connection. */
  setCredentials(credentials: Credentials): void {
    this.credentials = credentials;
  }

  async stop(): Promise<SamplerHistory> {
    this.stopMs ??= now();
    await Promise.all(this.loops);
    return this.history();
  }

  history(): SamplerHistory {
    return {
      window: { fromMs: this.startMs, toMs: this.stopMs ?? now() },
      members: this.watched.map(({ member, samples, forgottenMs }) => ({
        name: member.name,
        samples: [...samples],
        forgotten: forgottenMs !== undefined,
      })),
    };
  }

  private find(name: string): Watched | undefined {
    return this.watched.find((one) => one.member.name === name && one.forgottenMs === undefined);
  }

  private async watch(watched: Watched): Promise<void> {
    let [credentials, probe] = [this.credentials, this.probe(watched.member)];
    while (this.stopMs === undefined && watched.forgottenMs === undefined) {
      if (credentials !== this.credentials) {
        probe.close();
        [credentials, probe] = [this.credentials, this.probe(watched.member)];
      }
      const sample = await probe.ask(this.timeoutMs);
      watched.samples.push(sample);
      await sleep(Math.max(0, this.periodMs - (now() - sample.startMs)));
    }
    probe.close();
  }

  private probe(member: Member): Probe {
    return new Probe(member.clientUrl, this.credentials, this.path);
  }
}
