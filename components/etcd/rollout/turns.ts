import { setTimeout as sleep } from "node:timers/promises";
import { nextInTurn, type Standing } from "./order";

/** How `member.sh` begins to say that it did not touch a healthy member, because of the others. */
export const leftAsItWas = "not restarting this healthy member";

/** How long to wait for whoever else wants a turn, before the first one is given, in ms. */
const gatherMs = 300;

/**
 * How much longer where nobody but the leader has come by then: on a busy machine they come seconds apart,
 * and a leader that goes first moves its leadership to a member that has still to go.
 */
const gatherBesideLeaderMs = 3000;

/**
 * Lets the members of a running cluster be changed one at a time, in the right order.
 *
 * Members do not depend on each other, because those of a new cluster must start together. So the
 * order is not in the graph but in hooks: before its update a member waits for its turn, after it
 * the next one gets it. When an update fails, the turn is never given on: the members still
 * waiting are refused, since a second one down could be the end of the quorum.
 */
export class Turns {
  private readonly waiting = new Map<string, () => void>();
  private current: string | undefined;
  private failed: string | undefined;
  private choosing = false;
  private gathered = false;
  private standing: Standing | undefined;

  /**
   * @param members how many could want a turn
   * @param ask who takes no part and who leads, asked once, before the first turn
   */
  constructor(
    private readonly members: number,
    private readonly ask: () => Promise<Standing>,
  ) {}

  /** Resolves when it is this member's turn; rejects when a member before it has failed. */
  async take(name: string): Promise<void> {
    const turn = new Promise<void>((resolve) => this.waiting.set(name, resolve));
    void this.next();
    await turn;
    if (this.failed !== undefined) {
      this.end(name);
      throw new Error(
        `${name} was left as it is, because ${this.failed} has failed in this update. ` +
          `Repair ${this.failed} and run pulumi up again: it goes on from there.`,
      );
    }
  }

  /**
   * Gives the turn on.
   * @param leader who leads now, where the member's change has told it
   */
  end(name: string, leader?: string): void {
    if (this.current !== name) {
      return;
    }
    this.current = undefined;
    if (leader !== undefined && leader !== "") {
      this.standing = { unhealthy: this.standing?.unhealthy ?? [], leader };
    }
    void this.next();
  }

  /**
   * Refuses everybody who still waits, unless the failed member was left as it was: then nothing is
   * worse than before, and the one that keeps it from changing may be among those who wait.
   */
  fail(name: string, errors: readonly string[]): void {
    if (!errors.some((error) => error.includes(leftAsItWas))) {
      this.failed ??= name;
    }
    this.end(name);
  }

  private async gather(): Promise<void> {
    if (this.members === 1) {
      return;
    }
    await sleep(gatherMs);
    this.standing = await this.ask();
    const { leader } = this.standing;
    const until = performance.now() + gatherBesideLeaderMs;
    const isAlone = () => this.waiting.size === 1 && this.waiting.has(leader ?? "");
    while (isAlone() && performance.now() < until) {
      await sleep(gatherMs);
    }
  }

  private async next(): Promise<void> {
    if (this.current !== undefined || this.choosing || this.waiting.size === 0) {
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
    this.current = name;
    this.choosing = false;
    start();
  }
}
