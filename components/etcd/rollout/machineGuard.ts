import * as pulumi from "@pulumi/pulumi";
import type { Desired } from "./desired";
import { Later } from "./later";
import {
  type MachineOrder,
  machineOrder,
  type MachinePart,
  type Standpoint,
  unaskedReplacement,
} from "./machineOrder";

/**
 * Keeps the machines of a living cluster from being replaced together, whatever the state or a provider says
 * about them. No hook is asked before a deletion, but the engine deletes nothing before what it depends on is
 * done: so each machine depends on the one before it, and a hook refuses one that nobody has asked for when the
 * engine comes to make it. It is the only one that is missing then, and comes first in the next update.
 */
export class MachineGuard {
  private readonly parts = new Map<string, Later<pulumi.Resource[]>>();
  private readonly members = new Map<string, Later<pulumi.Resource>>();

  /**
   * @param component the name of the component whose cluster it is
   * @param standpoint undefined where there is no living cluster, as before the first success and in a preview
   */
  constructor(
    private readonly component: string,
    private readonly standpoint: Promise<Standpoint | undefined>,
    private readonly desired: Promise<Desired>,
    members: readonly string[],
  ) {
    for (const name of members) {
      this.parts.set(name, new Later());
      this.members.set(name, new Later());
    }
  }

  /** What every part of a member's machine depends on, beside others of its own. */
  async machineWaitsFor(name: string, ...own: pulumi.Resource[]): Promise<pulumi.Resource[]> {
    const { order, broken } = await this.order();
    const previous = order[order.indexOf(name) - 1];
    if (previous === undefined) {
      return own;
    }
    const before = broken.includes(previous)
      ? [await this.members.get(previous)!.value]
      : await this.parts.get(previous)!.value;
    return [...own, ...before];
  }

  /**
   * What a member depends on: that everything is on every machine, but for one that is to come back before
   * the other machines are touched.
   */
  async memberWaitsFor(
    name: string,
    own: pulumi.Resource,
    all: readonly pulumi.Resource[],
  ): Promise<pulumi.Resource[]> {
    const { broken } = await this.order();
    return broken.includes(name) ? [own] : [...all];
  }

  machineIsMade(name: string, parts: pulumi.Resource[]): void {
    this.parts.get(name)!.resolve(parts);
  }

  memberIsMade(name: string, command: pulumi.Resource): void {
    this.members.get(name)!.resolve(command);
  }

  /** For a part of a member's machine, before it is made. */
  hook(name: string, part: MachinePart): pulumi.ResourceHook {
    return new pulumi.ResourceHook(`${this.component}-${name}-${part}-before-create`, async () => {
      const standpoint = await this.standpoint;
      const why = standpoint && unaskedReplacement(name, part, standpoint, await this.desired);
      if (why !== undefined) {
        throw new Error(why);
      }
    });
  }

  private async order(): Promise<MachineOrder> {
    const standpoint = await this.standpoint;
    return standpoint === undefined
      ? { order: [], broken: [] }
      : machineOrder(standpoint, await this.desired);
  }
}
