import * as pulumi from "@pulumi/pulumi";

/** How `member.sh` begins to say that it did not touch a healthy member, because of the others. */
export const leftAsItWas = "not restarting this healthy member";

/**
 * Lets the members of a running cluster be changed one at a time.
 *
 * Members do not depend on each other, because those of a new cluster must start together. So the
 * order is not in the graph but in hooks: before its update a member waits for its turn, after it
 * the next one gets it. When an update fails, the turn is never given on: the members still
 * waiting are refused, since a second one down could be the end of the quorum.
 *
 * Hooks are called by the engine on updates only, and not in a preview.
 */
export class Turns {
  private last: Promise<void> = Promise.resolve();
  private readonly giveBack = new Map<string, () => void>();
  private failed: string | undefined;

  /** The hooks for the resource that changes a member. */
  hooks(scope: string): pulumi.ResourceHookBinding {
    return {
      beforeUpdate: [new pulumi.ResourceHook(`${scope}-take-turn`, (args) => this.take(args.name))],
      afterUpdate: [new pulumi.ResourceHook(`${scope}-end-turn`, (args) => this.end(args.name))],
      onError: [
        new pulumi.ErrorHook(`${scope}-keep-turn`, (args) => this.fail(args.name, args.errors)),
      ],
    };
  }

  /** Resolves when it is this member's turn; rejects when a member before it has failed. */
  async take(name: string): Promise<void> {
    const before = this.last;
    this.last = new Promise((resolve) => this.giveBack.set(name, resolve));
    await before;
    if (this.failed !== undefined) {
      this.giveBack.get(name)?.();
      throw new Error(
        `${name} was left as it is, because ${this.failed} has failed in this update. ` +
          `Repair ${this.failed} and run pulumi up again: it goes on from there.`,
      );
    }
  }

  /** Gives the turn on. */
  end(name: string): void {
    this.giveBack.get(name)?.();
  }

  /**
   * Refuses everybody who still waits, unless the failed member was left as it was: then nothing is
   * worse than before, and the one that keeps it from changing may be among those who wait.
   * @returns false: no retry within this update
   */
  fail(name: string, errors: readonly string[]): boolean {
    if (!errors.some((error) => error.includes(leftAsItWas))) {
      this.failed ??= name;
    }
    this.end(name);
    return false;
  }
}
