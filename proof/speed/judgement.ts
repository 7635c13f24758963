import type { Measurement } from "./figure";
import { rowOf, type Row, type Target } from "./rows";
import { ratioOf, summarize } from "./statistics";

/** What a measurement says of its row. */
export interface Judgement {
  /** How many times the reference it is; undefined without one. */
  readonly ratio: number | undefined;
  /** Undefined if there is no target. */
  readonly met: boolean | undefined;
}

export function judge(measurement: Measurement): Judgement {
  const row = rowOf(measurement.row);
  const { ours, reference } = measurement;
  const ratio = reference && ratioOf(ours, reference);
  const met =
    row.target && meets(row.target, measurement, ratio) && neverHappened(row, measurement);
  return { ratio, met };
}

function meets(target: Target, { ours, reference }: Measurement, ratio: number | undefined) {
  const { median } = summarize(ours);
  if (target.kind === "figure") {
    return median <= target.atMost;
  }
  if (reference === undefined || ratio === undefined) {
    return false;
  }
  const { least, most } = summarize(reference);
  return "atMost" in target
    ? ratio <= target.atMost || (target.noise === true && median <= most)
    : ratio >= target.atLeast || (target.noise === true && median >= least);
}

function neverHappened({ never }: Row, { beside = {} }: Measurement): boolean {
  return never === undefined || (beside[never]?.every((count) => count === 0) ?? false);
}
