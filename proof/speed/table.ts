import { markdownTable } from "../report/markdown";
import type { Measurement } from "./figure";
import { judge } from "./judgement";
import { rowOf, type Target, type Unit } from "./rows";
import { summarize } from "./statistics";

/** The measured rows as a table in Markdown. */
export function table(measurements: readonly Measurement[]): string {
  const head = ["figure", "measured", "reference", "ratio", "target", "met"];
  return markdownTable(head, measurements.map(cells));
}

function cells(measurement: Measurement): string[] {
  const { ours, reference } = measurement;
  const row = rowOf(measurement.row);
  const { ratio, met } = judge(measurement);
  return [
    row.figure,
    series(ours, row.unit),
    reference ? `${series(reference, row.unit)}, ${row.reference}` : "–",
    ratio === undefined ? "–" : `${ratio.toFixed(2)} ×`,
    row.target ? targetText(row.target, row.never) : "–",
    met === undefined ? "–" : met ? "yes" : "**no**",
  ];
}

function targetText(target: Target, never: string | undefined): string {
  const also = never === undefined ? "" : `, no ${never}`;
  if (target.kind === "figure") {
    return `≤ ${target.atMost}${also}`;
  }
  const noise = target.noise ? " within noise" : "";
  return "atMost" in target
    ? `≤ ${target.atMost} ×${noise}${also}`
    : `≥ ${target.atLeast} ×${noise}${also}`;
}

/** The median and the spread: "2.41 s (2.33–2.60)". One number where all runs are alike. */
export function series(runs: readonly number[], unit: Unit): string {
  const { median, least, most } = summarize(runs);
  const text = `${number(median, unit)} ${unit}`.trim();
  return least === most ? text : `${text} (${number(least, unit)}–${number(most, unit)})`;
}

function number(value: number, unit: Unit): string {
  const digits = { s: value < 10 ? 2 : 1, ms: value < 10 ? 1 : 0, "puts/s": 0, KiB: 0, "": 0 };
  return value.toFixed(digits[unit]);
}
