import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../lab/docker";
import { Lab } from "../../lab/lab";
import { PulumiEngine, type PulumiRun, up } from "../../lab/pulumiEngine";
import { lastLines } from "../../lab/run";
import { askHealth } from "../../components/etcd/remote/health";
import type { StackOutputs } from "../../operator/stack";
import { type Target, targetOf } from "../load/target";

export type Settings = Readonly<Record<string, unknown>>;

/** How long after its start, or after its instances are made, an `up` is killed at the latest, in ms. */
const killWithinMs = { start: 16_000, instances: 8_000 };

/** Who makes and changes the lab's cluster, under the real engine. */
export class Operator {
  readonly lab: Lab;
  readonly engine: PulumiEngine;
  private current: StackOutputs | undefined;
  private asked: Settings = {};

  constructor(readonly log: Log) {
    this.lab = new Lab(log);
    this.engine = new PulumiEngine(this.lab.aws);
  }

  /** The stack's outputs after the last change. */
  get outputs(): StackOutputs {
    return this.current!;
  }

  /** The cluster as its clients see it. */
  get target(): Target {
    return targetOf(this.outputs);
  }

  /** What the stack's file says beside the dev stack's settings. */
  get settings(): Settings {
    return this.asked;
  }

  /** A cluster from nothing. */
  async start(settings: Settings): Promise<void> {
    this.ask(settings);
    await this.lab.withMirror(settings, () => this.engine.createStack());
    await this.up();
  }

  /** Writes further settings into the stack's file, for the next `pulumi up`. */
  ask(settings: Settings): void {
    this.asked = { ...this.asked, ...settings };
  }

  /**
   * `pulumi up`.
   * @throws Error where it fails, or the cluster is not healthy afterwards
   */
  up(): Promise<void> {
    return this.succeed(() => this.engine.run(up, this.log));
  }

  /**
   * One of the operator's commands that change the cluster, such as `operator/replace.ts`.
   * @param settings what it writes into the stack's file
   * @throws Error where it fails, or the cluster is not healthy afterwards
   */
  async command(program: string, args: string[], settings: Settings): Promise<void> {
    await this.succeed(() => this.engine.runCommand(program, args, this.log));
    this.ask(settings);
  }

  /** Runs `pulumi` with further settings, for what is to be refused: they are not kept. */
  attempt(settings: Settings, args: readonly string[] = up): Promise<PulumiRun> {
    return this.lab.withMirror({ ...this.asked, ...settings }, () =>
      this.engine.run([...args], this.log),
    );
  }

  /** Runs `work` while the machines can have what a `pulumi up` has them download. */
  withMirror<T>(work: () => Promise<T>): Promise<T> {
    return this.lab.withMirror(this.asked, work);
  }

  /**
   * Starts an `up` and kills it (SIGKILL), with everything that it runs.
   * @param moment from 0 to 1: how late it is killed, of the time in which something happens
   * @param instances those that it makes: it is killed once all are made. What EC2 is about to make
   *   is not told to an engine that is gone.
   * @returns when that was, in words
   */
  async killedUp(moment: number, instances: readonly string[] = []): Promise<string> {
    const after = instances.length > 0 ? "instances" : "start";
    const afterMs = moment * killWithinMs[after];
    const killed = `killed ${(afterMs / 1000).toFixed(1)} s after its ${after}`;
    const awaited = instances.map((name) => `aws:ec2:Instance ${name} created`);
    awaited.push("Updating");
    return this.withMirror(async () => {
      const killer = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const watch = (line: string) => {
        this.log(line);
        const seen = awaited.findIndex((text) => line.includes(text));
        if (seen >= 0) {
          awaited.splice(seen, 1);
          if (awaited.length === 0) {
            timer ??= setTimeout(() => killer.abort(), afterMs);
          }
        }
      };
      const { exitCode, output } = await this.engine.run(up, watch, { signal: killer.signal });
      clearTimeout(timer);
      // 137 is the kill's; with another one the update has ended before it, or by itself because of it.
      const why = [0, 137].includes(exitCode) ? "" : `\n${lastLines(output, 25)}`;
      this.log(`${killed}: exit ${exitCode}${why}`);
      await this.engine.run(["cancel", "--yes"], () => undefined);
      return exitCode === 137 ? killed : "it ended before it could be killed";
    });
  }

  /** Two `up`s of the same settings, the second one a while after the first: how each ended. */
  twoUps(apartMs: number): Promise<PulumiRun[]> {
    return this.withMirror(() =>
      Promise.all([
        this.engine.run(up, this.log),
        sleep(apartMs).then(() => this.engine.run(up, this.log)),
      ]),
    );
  }

  private async succeed(run: () => Promise<PulumiRun>): Promise<void> {
    await this.withMirror(async () => {
      const { exitCode, output } = await run();
      if (exitCode !== 0) {
        throw new Error(`ended with ${exitCode}. Its last lines:\n${lastLines(output, 40)}`);
      }
      this.current = await this.engine.outputs();
      const health = await askHealth(this.outputs);
      if (!health.healthy) {
        throw new Error(`the cluster is not healthy afterwards: ${health.verdict}`);
      }
    });
  }
}
