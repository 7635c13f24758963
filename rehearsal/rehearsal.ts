import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../lab/docker";
import { Lab } from "../lab/lab";
import { lastLines } from "../lab/run";
import { PulumiEngine, type PulumiRun } from "../lab/pulumiEngine";
import { askHealth } from "../live/health";
import type { StackOutputs } from "../live/stackOutputs";
import { Observation } from "../load/observation";
import type { Row } from "./table";
import type { Target } from "../load/target";

export type Settings = Readonly<Record<string, unknown>>;

/** A change of a running cluster, as an operator makes it. */
export interface Change {
  readonly name: string;
  /** What changes in the stack's settings, by the command where there is one. */
  readonly settings: Settings;
  /** What happens to the cluster before, such as a machine that is lost. */
  readonly before?: (outputs: StackOutputs, engine: PulumiEngine) => Promise<void>;
  /** The operator's command that makes the change, where it is not a plain `pulumi up`. */
  readonly command?: { readonly program: string; readonly args: string[] };
  /** Members that leave: from then on nobody expects them to serve. */
  readonly leaving?: readonly string[];
  /** How often the running `pulumi up` is killed (SIGKILL) at a random moment, and run again. @default 0 */
  readonly kills?: number;
  /**
   * The instances that it makes: it is killed once all are made. What EC2 is about to make is not told
   * to an engine that is gone.
   */
  readonly instances?: readonly string[];
}

/** How long the writer runs before a change and after it, in ms. */
const settleMs = 500;

const up = ["up", "--yes", "--skip-preview", "--suppress-outputs"];

/** How long after its start, or after its instances are made, an `up` is killed at the latest, in ms. */
const killWithinMs = { start: 16_000, instances: 8_000 };

/** Whole changes of a lab's cluster under the real engine, each under a writer and a sampler. */
export class Rehearsal {
  readonly lab: Lab;
  readonly engine: PulumiEngine;
  private settings: Settings = {};
  private current: StackOutputs | undefined;

  /** @param random from 0 to 1, for the moments of the kills */
  constructor(
    private readonly log: Log,
    private readonly random: () => number = Math.random,
  ) {
    this.lab = new Lab(log);
    this.engine = new PulumiEngine(this.lab.aws);
  }

  /** The stack's outputs after the last change. */
  get outputs(): StackOutputs {
    return this.current!;
  }

  /** A cluster from nothing. */
  async start(settings: Settings): Promise<void> {
    this.settings = settings;
    await this.lab.withMirror(settings, () => this.engine.createStack());
    await this.succeed(() => this.engine.run(up, this.log));
  }

  /**
   * Runs `pulumi` with further settings, for what is to be refused: they are not kept.
   */
  attempt(settings: Settings, args: readonly string[] = up): Promise<PulumiRun> {
    return this.lab.withMirror({ ...this.settings, ...settings }, () =>
      this.engine.run([...args], this.log),
    );
  }

  /** One change under a writer and a sampler: what was measured, and every violation. */
  async change(change: Change): Promise<Row> {
    const observation = new Observation(targetOf(this.outputs));
    try {
      await sleep(settleMs);
      await change.before?.(this.outputs, this.engine);
      for (const name of change.leaving ?? []) {
        observation.sampler.forget(name);
      }
      const { command } = change;
      if (command === undefined) {
        this.settings = { ...this.settings, ...change.settings };
        for (let kill = 0; kill < (change.kills ?? 0); kill++) {
          await this.killed(change);
        }
        await this.succeed(() => this.engine.run(up, this.log));
      } else {
        await this.succeed(() => this.engine.runCommand(command.program, command.args, this.log));
        // What the command has written into the stack's file.
        this.settings = { ...this.settings, ...change.settings };
      }
      observation.reconnect(targetOf(this.outputs));
      await sleep(settleMs);
      return { change: change.name, verdict: await observation.finish() };
    } catch (error) {
      await observation.finish().catch(() => undefined);
      throw error;
    }
  }

  /** Starts an `up` and kills it, with everything that it runs, at a random moment. */
  private async killed({ instances = [] }: Change): Promise<void> {
    const after = instances.length > 0 ? "instances" : "start";
    const moment = this.random() * killWithinMs[after];
    const awaited = instances.map((name) => `aws:ec2:Instance ${name} created`);
    awaited.push("Updating");
    await this.lab.withMirror(this.settings, async () => {
      const killer = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      const watch = (line: string) => {
        this.log(line);
        const seen = awaited.findIndex((text) => line.includes(text));
        if (seen >= 0) {
          awaited.splice(seen, 1);
          if (awaited.length === 0) {
            timer ??= setTimeout(() => killer.abort(), moment);
          }
        }
      };
      const { exitCode, output } = await this.engine.run(up, watch, { signal: killer.signal });
      clearTimeout(timer);
      // 137 is the kill's; with another one the update has ended before it, or by itself because of it.
      const why = [0, 137].includes(exitCode) ? "" : `\n${lastLines(output, 25)}`;
      this.log(`killed ${(moment / 1000).toFixed(1)} s after its ${after}: exit ${exitCode}${why}`);
      await this.engine.run(["cancel", "--yes"], () => undefined);
    });
  }

  private async succeed(run: () => Promise<PulumiRun>): Promise<void> {
    await this.lab.withMirror(this.settings, async () => {
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

export function targetOf(outputs: StackOutputs): Target {
  return { members: outputs.members, credentials: outputs };
}
