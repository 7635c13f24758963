import { setTimeout as sleep } from "node:timers/promises";
import { leftAsItWas, notRestarted } from "./memberStep";
import { nextInTurn, type Standing } from "./order";

/** How long to wait for whoever else wants the lock, before it is given for the first time, in ms. */
const gatherMs = 300;

/**
 * How much longer where nobody but the leader has come by then: on a busy machine they come seconds apart,
 * and a leader that goes first moves its leadership to a member that has still to go.
 */
const gatherBesideLeaderMs = 3000;

/**
 * The lock of a rolling update: members of a running cluster change one at a time, in the right order.
 *
 * Members do not depend on each other, because those of a new cluster must start together. So the order is
 * not in the graph but in hooks: before its change a member acquires the lock, after it the next one gets
 * it. When a change fails, it is never given on: the members still waiting are refused, since a second one
 * down could be the end of the quorum.
 */
export class RollingLock {
  private readonly waiting = new Map<string, () => void>();
  private holder: string | undefined;
  private failed: string | undefined;
  private choosing = false;
  private gathered = false;
  private standing: Standing | undefined;

  /**
   * @param members how many could want it
   * @param ask who does not serve and who leads, asked once, before it is given for the first time
   */
  constructor(
    private readonly members: number,
    private readonly ask: () => Promise<Standing>,
  ) {}

  /** Resolves when the member holds the lock; rejects when a member before it has failed. */
  async acquire(name: string): Promise<void> {
    const turn = new Promise<void>((resolve) => this.waiting.set(name, resolve));
    void this.next();
    await turn;
    try {
      this.assertNobodyFailed(name);
    } catch (error) {
      this.release(name);
      throw error;
    }
  }

  /** For what needs no lock, and must not follow a failure either. */
  assertNobodyFailed(name: string): void {
    if (this.failed !== undefined && this.failed !== name) {
      throw new Error(
        `${name} was left as it is, because ${this.failed} has failed in this update. ` +
          `Repair ${this.failed} and run pulumi up again: it goes on from there.`,
      );
    }
  }

  /** Gives the lock on. */
  release(name: string): void {
    if (this.holder !== name) {
      return;
    }
    this.holder = undefined;
    void this.next();
  }

  /** Who leads as was seen since; without it what was known before goes on being taken for true. */
  seesLeader(leader: string | undefined): void {
    if (leader !== undefined) {
      this.standing = { unhealthy: this.standing?.unhealthy ?? [], leader };
    }
  }

  /**
   * Refuses everybody who still waits, unless the failed member was left as it was: then nothing is
   * worse than before, and the one that keeps it from changing may be among those who wait.
   */
  fail(name: string, errors: readonly string[]): void {
    const untouched = [leftAsItWas, notRestarted];
    if (!errors.some((error) => untouched.some((words) => error.includes(words)))) {
      this.failed ??= name;
    }
    this.release(name);
  }

  private async gather(): Promise<void> {
    if (this.members === 1) {
      return;
    }
    await sleep(gatherMs);
    // Without an answer nobody is known to be down and nobody to lead; each is looked at again anyway.
    this.standing = await this.ask().catch(() => ({ unhealthy: [], leader: undefined }));
    const { leader } = this.standing;
    const until = performance.now() + gatherBesideLeaderMs;
    const isAlone = () => this.waiting.size === 1 && this.waiting.has(leader ?? "");
    while (isAlone() && performance.now() < until) {
      await sleep(gatherMs);
    }
  }

  private async next(): Promise<void> {
    if (this.holder !== undefined || this.choosing || this.waiting.size === 0) {
      return;
    }
    this.choosing = true;
    if (!this.gathered) {
      await this.gather();
      this.gathered = true;
    }
    const nobody: Standing = { unhealthy: [], leader: undefined };
    const name = nextInTurn([...this.waiting.keys()], this.standing ?? nobody);
    const start = this.waiting.get(name)!;
    this.waiting.delete(name);
    this.holder = name;
    this.choosing = false;
    start();
  }
}
