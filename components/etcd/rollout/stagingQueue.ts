import { Later } from "./later";

/**
 * How long a machine waits for those before it, in ms. That is a courtesy: one that cannot be reached, or a slow
 * download, is no reason to keep the others from getting theirs.
 */
const patienceMs = 60_000;

/**
 * Lets the machines of a living cluster be staged one after the other. To unpack a release takes a processor and
 * the disk for a second or two: on all members at once that is felt in every write.
 */
export class StagingQueue {
  private last: Promise<unknown> = Promise.resolve();
  private readonly staged = new Map<string, Later<void>>();

  /** Resolves when all who came before have left, or have taken too long. */
  async enter(name: string): Promise<void> {
    const [before, own] = [this.last, new Later<void>()];
    this.staged.set(name, own);
    this.last = Promise.all([before, own.value]);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
    await Promise.race([before, patience]);
    clearTimeout(timer);
  }

  /** Also for one that never entered. */
  leave(name: string): void {
    this.staged.get(name)?.resolve();
  }
}
