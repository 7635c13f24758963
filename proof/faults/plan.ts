import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import type { Fault } from "./fault";

/** What a plan has to know of a fault. */
export type PlannedFault = Pick<Fault, "id" | "weight" | "holdSeconds">;

/** One fault that is to be injected, with all that is left to chance. */
export interface Injection {
  /** From 1. */
  readonly number: number;
  readonly fault: string;
  /** A large whole number, which chooses among those who can be hit. */
  readonly pick: number;
  /** From 0 to 1: of whatever a fault has a choice of. */
  readonly fraction: number;
  /** How long the fault stays. */
  readonly holdMs: number;
}

const large = 2 ** 31 - 1;

/**
 * The injections of a campaign in their order: the same for the same seed and faults.
 * @param count how many; each fault has its share by its weight
 */
export function planDrill(
  faults: readonly PlannedFault[],
  seed: number,
  count: number,
): Injection[] {
  const random = xoroshiro128plus(seed);
  const shares = share(faults, count);
  const all = faults.flatMap((fault, index) => Array<PlannedFault>(shares[index]!).fill(fault));
  return shuffled(all, random).map((fault, index) => ({
    number: index + 1,
    fault: fault.id,
    pick: uniformInt(random, 0, large),
    fraction: uniformInt(random, 0, large) / large,
    holdMs: hold(fault, random),
  }));
}

function hold({ holdSeconds: [from, to] = [0, 0] }: PlannedFault, random: RandomGenerator) {
  return uniformInt(random, from * 1000, to * 1000);
}

/** Fisher and Yates's. */
function shuffled<T>(items: readonly T[], random: RandomGenerator): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = uniformInt(random, 0, last);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

/**
 * How many of `count` each fault has: one at least, where there are enough, and of the rest as its
 * weight says, those with the largest remainders rounded up.
 */
function share(faults: readonly PlannedFault[], count: number): number[] {
  const least = count >= faults.length ? 1 : 0;
  const rest = count - least * faults.length;
  const weights = faults.reduce((sum, { weight }) => sum + weight, 0);
  const exact = faults.map(({ weight }) => (rest * weight) / weights);
  const shares = exact.map((one) => least + Math.floor(one));
  const left = count - shares.reduce((sum, one) => sum + one, 0);
  const byRemainder = exact
    .map((one, index) => ({ index, remainder: one - Math.floor(one) }))
    .sort((a, b) => b.remainder - a.remainder);
  byRemainder.slice(0, left).forEach(({ index }) => (shares[index]! += 1));
  return shares;
}
