import * as pulumi from "@pulumi/pulumi";
import { LiveMachine } from "../remote/machine";
import { prepare } from "../remote/prepare";
import { readStackOutputs, type StackOutputs } from "../../../ops/stackOutputs";
import { surveyCluster } from "../remote/survey";
import { waitUntilHealthy } from "../remote/wait";
import { describeChange } from "./description";
import type { Standing } from "./order";
import { refusals } from "./refusals";
import { leaderOf, type Survey, unhealthyMembers } from "./survey";
import { Turns } from "./turns";
import type { Wanted } from "./wanted";

/** How long a machine that was stopped and started may take until its member serves, in seconds. */
const restartSeconds = 600;

/**
 * Changes of a running cluster: looked at as a whole before the first one, then one member at a time.
 *
 * `gate` records what is asked for. Everything that touches a machine depends on it; where what is
 * asked for differs from before, its hook surveys the cluster, refuses what would be unsafe and
 * prepares the rest. Hooks are called by the engine on changes only, and not in a preview.
 */
export class Rollout extends pulumi.ComponentResource {
  readonly gate: pulumi.Stash;
  private readonly turns: Turns;
  private outputs: Promise<StackOutputs> | undefined;
  private survey: Promise<Survey> | undefined;

  constructor(name: string, wanted: Wanted, opts?: pulumi.ComponentResourceOptions) {
    super("etcd:index:Rollout", name, {}, opts);
    this.turns = new Turns(Object.keys(wanted.members).length, () => this.standing());
    const hook = new pulumi.ResourceHook(`${name}-gate`, ({ oldInputs, newInputs }) =>
      this.pass(oldInputs!["input"] as Wanted, newInputs!["input"] as Wanted),
    );
    this.gate = new pulumi.Stash(
      "change",
      { input: wanted },
      { parent: this, hooks: { beforeUpdate: [hook] } },
    );
    this.registerOutputs({});
  }

  /**
   * For the resource that changes a member. Those that found a cluster together start together, and so
   * do those that begin from a snapshot; one that joins takes a turn like one that is changed.
   * @param isFounder whether the member of this name is among the cluster's founders
   */
  memberHooks(isFounder: (name: string) => Promise<boolean>): pulumi.ResourceHookBinding {
    const hook = (step: string, run: pulumi.ResourceHookFunction) =>
      new pulumi.ResourceHook(`member-${step}`, run);
    return {
      beforeCreate: [
        hook("before-create", async ({ name }) => {
          if (!(await isFounder(name))) {
            await this.turns.take(name);
          }
        }),
      ],
      afterCreate: [hook("after-create", ({ name }) => this.turns.end(name))],
      beforeUpdate: [
        hook("before-update", async ({ name, oldInputs, newInputs }) => {
          const restored = restoreIn(newInputs?.["update"]);
          if (restored === "" || restored === restoreIn(oldInputs?.["update"])) {
            await this.turns.take(name);
          }
        }),
      ],
      afterUpdate: [
        hook("after-update", ({ name, newOutputs }) =>
          this.turns.end(name, leaderIn(newOutputs?.["stdout"])),
        ),
      ],
      onError: [
        new pulumi.ErrorHook("member-error", ({ name, errors }) => {
          this.turns.fail(name, errors);
          return false;
        }),
      ],
    };
  }

  /** For a machine that a change of `property` stops and starts. */
  machineHooks(property: string, address: string): pulumi.ResourceHookBinding {
    const changes = ({ oldInputs, newInputs }: pulumi.ResourceHookArgs) =>
      oldInputs?.[property] !== newInputs?.[property];
    const inTurn = async (name: string, work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        this.turns.fail(name, [(error as Error).message]);
        throw error;
      }
    };
    return {
      beforeUpdate: [
        new pulumi.ResourceHook("machine-before-update", async (args) => {
          if (changes(args)) {
            await this.turns.take(args.name);
            await inTurn(args.name, () => this.handOver(args.name));
          }
        }),
      ],
      afterUpdate: [
        new pulumi.ResourceHook("machine-after-update", async (args) => {
          if (changes(args)) {
            const host = args.newOutputs?.[address] as string;
            await inTurn(args.name, () => this.waitFor(args.name, host));
            this.turns.end(args.name);
          }
        }),
      ],
      onError: [
        new pulumi.ErrorHook("machine-error", ({ name, errors }) => {
          this.turns.fail(name, errors);
          return false;
        }),
      ],
    };
  }

  /** @throws Error with all that speaks against the change */
  private async pass(before: Wanted, wanted: Wanted): Promise<void> {
    const names = Object.keys(before.members);
    let survey = await this.look(names);
    let found = refusals(survey, before, wanted);
    if (found.length > 0) {
      // A busy machine may only have been slow: what is refused has been seen twice.
      this.survey = undefined;
      survey = await this.look(names);
      found = refusals(survey, before, wanted);
    }
    if (found.length > 0) {
      throw new Error(
        `this change is refused; nothing of the cluster was changed:\n${found.map((one) => `  ${one}`).join("\n")}`,
      );
    }
    for (const line of describeChange(survey, before, wanted)) {
      this.say(line);
    }
    if (survey.problem !== undefined) {
      return;
    }
    const outputs = await this.readOutputs();
    await prepare({ outputs, survey, before, wanted, log: (line) => this.say(line) });
  }

  /** The cluster as it is; where it cannot be looked at, each member is unknown. */
  private look(names: string[]): Promise<Survey> {
    this.survey ??= this.surveyLive().catch((error: Error) => {
      const problem = `${error.message}. (If this stack has never had a working cluster, destroy it and begin again)`;
      return { members: names.map((name) => ({ name, problem })), health: undefined, problem };
    });
    return this.survey;
  }

  private async surveyLive(): Promise<Survey> {
    return surveyCluster(await this.readOutputs());
  }

  private readOutputs(): Promise<StackOutputs> {
    this.outputs ??= readStackOutputs(pulumi.getStack());
    return this.outputs;
  }

  private async standing(): Promise<Standing> {
    const survey = await this.look([]);
    return { unhealthy: unhealthyMembers(survey), leader: leaderOf(survey) };
  }

  private async handOver(name: string): Promise<void> {
    const machine = new LiveMachine(name, await this.readOutputs());
    await machine.succeed("handover", machine.etcdctl, { onStderrLine: (line) => this.say(line) });
  }

  /** @param host where the machine is reached now; its public address may be another one */
  private async waitFor(name: string, host: string): Promise<void> {
    await waitUntilHealthy(await this.readOutputs(), { name, host, seconds: restartSeconds });
    this.say(`${name} is healthy again`);
  }

  private say(line: string): void {
    void pulumi.log.info(line, this);
  }
}

/** The id of the snapshot that a member's command begins from, or "". */
function restoreIn(command: unknown): string {
  return (typeof command === "string" && /\brestore=(\w*)/.exec(command)?.[1]) || "";
}

/** Who leads, as a member's script tells it at its end. */
function leaderIn(stdout: unknown): string | undefined {
  return typeof stdout === "string" ? /"leader":"([^"]*)"/.exec(stdout)?.[1] : undefined;
}
