import { max, median, min } from "simple-statistics";

/** Several runs as one figure: the one in the middle, and how far they spread. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @throws Error of no runs */
export function summarize(runs: readonly number[]): Summary {
  const values = [...runs];
  return { median: median(values), least: min(values), most: max(values) };
}

/** How many times the reference it is, by the medians. */
export function ratioOf(ours: readonly number[], reference: readonly number[]): number {
  return summarize(ours).median / summarize(reference).median;
}

/** The same for each run, against the reference of its own turn. */
export function ratiosOf(ours: readonly number[], reference: readonly number[]): number[] {
  return ours.flatMap((value, run) => (run < reference.length ? value / reference[run]! : []));
}
