import { setTimeout as sleep } from "node:timers/promises";
import { askHealth } from "../../components/etcd/remote/health";
import type { Operator } from "../changes/operator";
import type { Checker } from "./checker";
import type { Fault, Scene } from "./fault";
import { FaultLoad, type Seen } from "./faultLoad";
import type { Injection } from "./plan";
import { type Aftermath, figuresOf, type Figures, type HealedBy } from "./result";

/** How long the clients run before a fault, and after the cluster is healthy again, in ms. */
const settleMs = 500;

/** How long a cluster may need to get well by itself, and after the operator's `pulumi up`. */
const healthyLimitMs = 60_000;

/** One injection and what was measured. */
export interface Result extends Figures {
  readonly injection: Injection;
  readonly fault: string;
  /** The member that was hit; "" where it was not one. */
  readonly member: string;
  readonly version: string;
  readonly notes: readonly string[];
}

/** Injects faults into a running cluster, each under load, and looks at what became of it. */
export class Drill {
  constructor(
    private readonly operator: Operator,
    private readonly checker: Checker,
  ) {}

  /** @throws Error where not even the clients' writes can be read afterwards */
  async run(fault: Fault, injection: Injection): Promise<Result> {
    const { operator } = this;
    await fault.prepare?.(operator);
    const notes: string[] = [];
    const member = await this.choose(fault, injection);
    const load = new FaultLoad(operator.target);
    const note = (text: string) => void notes.push(text);
    const scene: Scene = { operator, load, member, injection, note };
    try {
      await sleep(settleMs);
      const course = await this.goThrough(fault, scene);
      load.reconnect(operator.target);
      await sleep(settleMs);
      const seen = await load.finish();
      const checked = await this.checked(seen, note);
      const version = operator.outputs.version;
      const figures = figuresOf(seen, { ...course, linearizability: checked });
      notes.push(...ownStall(figures));
      return { injection, fault: fault.name, member, version, notes, ...figures };
    } catch (error) {
      await load.stop();
      throw error;
    }
  }

  /** The fault from its beginning until the cluster is healthy again, or is given up. */
  private async goThrough(fault: Fault, scene: Scene): Promise<Omit<Aftermath, "linearizability">> {
    const mishaps: string[] = [];
    const attempt = (work: Promise<void> | undefined) =>
      work?.catch((error: Error) => void mishaps.push(error.message));
    try {
      await attempt(fault.inject(scene));
      await sleep(mishaps.length > 0 ? 0 : scene.injection.holdMs);
    } finally {
      await attempt(fault.heal?.(scene));
    }
    await attempt(fault.repair?.(scene));
    const overMs = performance.now();
    const healedBy = await this.recover(fault, attempt);
    const healthyAfterSeconds =
      healedBy === "nobody" ? null : Number(((performance.now() - overMs) / 1000).toFixed(1));
    return { healedBy, healthyAfterSeconds, mishaps };
  }

  private async recover(
    { healedBy }: Fault,
    attempt: (work: Promise<void>) => Promise<void> | undefined,
  ): Promise<HealedBy> {
    if (await this.isHealthyWithin(healthyLimitMs)) {
      return healedBy;
    }
    await attempt(this.operator.up());
    const helped = await this.isHealthyWithin(healthyLimitMs);
    return helped ? "one pulumi up" : "nobody";
  }

  private async isHealthyWithin(limitMs: number): Promise<boolean> {
    const endMs = performance.now() + limitMs;
    do {
      const health = await askHealth(this.operator.outputs).catch(() => undefined);
      if (health?.healthy) {
        return true;
      }
      await sleep(250);
    } while (performance.now() < endMs);
    return false;
  }

  /** The member that a fault hits. */
  private async choose({ victim }: Fault, { pick }: Injection): Promise<string> {
    if (victim === "nobody") {
      return "";
    }
    const { members } = await askHealth(this.operator.outputs);
    const eligible = members.filter(
      ({ leader }) => victim === "any" || leader === (victim === "leader"),
    );
    return eligible[pick % eligible.length]!.name;
  }

  private async checked(seen: Seen, note: (text: string) => void) {
    const { linearizable, file } = await this.checker.check(seen.registers.operations);
    if (file !== undefined) {
      note(`its history is in ${file}`);
    }
    return linearizable;
  }
}

/** Says so where the longest time without a write or a read may be the clients' own. */
function ownStall({ ownStallMs, longestWithoutMs: { write, read } }: Figures): string[] {
  return ownStallMs >= 200 && ownStallMs > Math.max(write, read) / 2
    ? [`the clients themselves stood still for ${ownStallMs} ms`]
    : [];
}
