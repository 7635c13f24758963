import Table from "cli-table3";
import type { Verdict } from "../load/verdict";

/** A change of a running cluster and what was measured meanwhile. */
export interface Row {
  readonly change: string;
  /** How often `pulumi up` was killed in it. */
  readonly kills: number;
  readonly verdict: Verdict;
}

/** The measured changes as a table, and every violation below it, for people. */
export function changesTable(rows: readonly Row[]): string {
  const table = new Table({
    head: [
      ...["change", "seconds", "puts", "puts/s", "longest write gap ms"],
      ...["failed", "retried", "members down at once"],
    ],
    style: { head: [], border: [] },
  });
  table.push(...rows.map(cells));
  const violations = rows.flatMap(({ change, verdict }) =>
    verdict.violations.map((violation) => `${change}: ${violation}`),
  );
  return [table.toString(), ...violations, ...rows.flatMap(note)].join("\n");
}

function cells({ change, verdict: { writer, sampler } }: Row): string[] {
  return [
    change,
    writer.seconds.toFixed(1),
    String(writer.puts),
    writer.putsPerSecond.toFixed(1),
    writer.longestGapMs.toFixed(0),
    String(writer.failed.length),
    String(writer.retried),
    String(sampler.mostDownAtOnce),
  ];
}

/** Says so where the gap may be the writer's own. */
function note({ change, verdict: { writer } }: Row): string[] {
  const ownMs = writer.longestOwnStallMs;
  return ownMs >= 200 && ownMs > writer.longestGapMs / 2
    ? [`${change}: the writer itself stood still for ${ownMs.toFixed(0)} ms`]
    : [];
}
