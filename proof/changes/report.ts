import type { MachineSize } from "../report/machine";
import { markdownTable, namedVersions } from "../report/markdown";
import type { Row } from "./table";

/** All that a rehearsal measured, as docs/reports/rehearsal.json has it. */
export interface Report {
  /** YYYY-MM-DD. */
  readonly date: string;
  /** How often each change was made. */
  readonly rounds: number;
  readonly minutes: number;
  readonly machine: MachineSize;
  readonly versions: Readonly<Record<string, string>>;
  readonly changes: readonly ChangeFigures[];
}

/** What clients and a sampler saw of one change. */
export interface ChangeFigures {
  readonly change: string;
  /** How often `pulumi up` was killed in it. */
  readonly kills: number;
  readonly seconds: number;
  readonly puts: number;
  readonly longestWriteGapMs: number;
  /** How long the writer itself stood still at most: where the machine is busy, a gap may be its own. */
  readonly ownStallMs: number;
  readonly failedWrites: number;
  readonly membersDownAtOnce: number;
  readonly violations: readonly string[];
}

export function figuresOf({ change, kills, verdict }: Row): ChangeFigures {
  const { writer, sampler, violations } = verdict;
  return {
    ...{ change, kills, violations },
    seconds: Math.round(writer.seconds),
    puts: writer.puts,
    longestWriteGapMs: Math.round(writer.longestGapMs),
    ownStallMs: Math.round(writer.longestOwnStallMs),
    failedWrites: writer.failed.length,
    membersDownAtOnce: sampler.mostDownAtOnce,
  };
}

/** What `docs/proof.md` shows between its markers. */
export function summary({ date, rounds, machine, versions, changes }: Report): string {
  const all = (of: (one: ChangeFigures) => number) => changes.map(of);
  const sum = (of: (one: ChangeFigures) => number) =>
    all(of).reduce((one, other) => one + other, 0);
  const kills = sum((one) => one.kills);
  const writes = sum((one) => one.puts);
  const failed = sum((one) => one.failedWrites);
  const gapMs = Math.max(...all((one) => one.longestWriteGapMs));
  const down = Math.max(...all((one) => one.membersDownAtOnce));
  const violations = sum((one) => one.violations.length);
  const end =
    violations === 0
      ? "Every acknowledged write was there afterwards, and the members' hashes were equal."
      : `**${violations} went wrong.**`;
  return `On ${date}, ${rounds === 1 ? "once" : `${rounds} times over`}, on ${machine.cores} cores with ${machine.memoryGiB} GiB, pulumi ${versions["pulumi"]}:
${changes.length} changes, \`pulumi up\` killed ${kills} times and run again. Of ${writes} writes ${failed} failed; the longest time
without one was ${gapMs} ms; members down at once: ${down}. ${end}
[Each change](reports/rehearsal.md).`;
}

/** docs/reports/rehearsal.md. */
export function markdown(report: Report): string {
  const { date, rounds, minutes, machine, versions, changes } = report;
  const command = `npm run rehearse${rounds === 1 ? " -- --short" : ""}`;
  const violations = changes.flatMap((one) =>
    one.violations.map((violation) => `- ${one.change}: ${violation}`),
  );
  return `# Every change of a cluster's life

Written by \`${command}\` on ${date}: ${changes.length} changes in ${minutes} minutes, on ${machine.cores} cores with
${machine.memoryGiB} GiB, ${namedVersions(versions).join(", ")}. A writer puts 120 times a second by a real client library, and a
sampler asks every member.

${markdownTable(head, changes.map(cells))}

A violation is: a write that failed, or that was acknowledged and is lost or altered; members whose hashes differ; more than
one member down at once; fewer than 100 puts a second.

${violations.length === 0 ? "There was none." : violations.join("\n")}
`;
}

const head = [
  ...["change", "`pulumi up` killed", "seconds", "puts", "longest write gap"],
  ...["the writer's own stall", "failed writes", "members down at once"],
];

function cells(figures: ChangeFigures): string[] {
  const { change, kills, seconds, puts, longestWriteGapMs, ownStallMs } = figures;
  return [
    ...[change, kills === 0 ? "" : kills === 1 ? "once" : `${kills} times`, String(seconds)],
    ...[String(puts), `${longestWriteGapMs} ms`, `${ownStallMs} ms`],
    ...[String(figures.failedWrites), String(figures.membersDownAtOnce)],
  ];
}
