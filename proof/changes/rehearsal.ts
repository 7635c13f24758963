import { setTimeout as sleep } from "node:timers/promises";
import type { PulumiEngine } from "../../lab/pulumiEngine";
import type { StackOutputs } from "../../operator/stack";
import { Observation } from "../load/observation";
import type { Operator, Settings } from "./operator";
import type { Row } from "./table";

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
  /** The instances that it makes: it is killed once all are made. */
  readonly instances?: readonly string[];
}

/** How long the writer runs before a change and after it, in ms. */
const settleMs = 500;

/** Whole changes of a lab's cluster under the real engine, each under a writer and a sampler. */
export class Rehearsal {
  constructor(
    private readonly operator: Operator,
    private readonly options: {
      /** From 0 to 1, for the moments of the kills. @default Math.random */
      readonly random?: () => number;
      /** Is given what each change is observed by. */
      readonly watch?: (observation: Observation) => void;
    } = {},
  ) {}

  /** One change under a writer and a sampler: what was measured, and every violation. */
  async change(change: Change): Promise<Row> {
    const { operator } = this;
    const { random = Math.random, watch } = this.options;
    const observation = new Observation(operator.target);
    watch?.(observation);
    try {
      await sleep(settleMs);
      await change.before?.(operator.outputs, operator.engine);
      for (const name of change.leaving ?? []) {
        observation.sampler.forget(name);
      }
      const { command } = change;
      if (command === undefined) {
        operator.ask(change.settings);
        for (let kill = 0; kill < (change.kills ?? 0); kill++) {
          await operator.killedUp(random(), change.instances);
        }
        await operator.up();
      } else {
        await operator.command(command.program, command.args, change.settings);
      }
      observation.reconnect(operator.target);
      await sleep(settleMs);
      const verdict = await observation.finish();
      return { change: change.name, kills: change.kills ?? 0, verdict };
    } catch (error) {
      await observation.finish().catch(() => undefined);
      throw error;
    }
  }
}
