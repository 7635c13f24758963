import type { MachineSize } from "../report/machine";
import { markdownTable, namedVersions } from "../report/markdown";
import type { Result } from "./drill";
import type { NotRun } from "./fault";
import { unavailableLimitMs } from "./result";

/** All that a campaign found, as docs/reports/drill.json has it. */
export interface Report {
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly form: "short" | "long";
  readonly seed: number;
  readonly minutes: number;
  readonly machine: MachineSize & { readonly kernel: string };
  readonly versions: Readonly<Record<string, string>>;
  /** Why histories were not checked; undefined where they were. */
  readonly notChecked?: string;
  readonly notRun: readonly NotRun[];
  readonly results: readonly Result[];
}

/** The results of each fault, by their names. */
function byFault(report: Report): [string, Result[]][] {
  const names = [...new Set(report.results.map(({ fault }) => fault))].sort();
  return names.map((name) => [name, report.results.filter(({ fault }) => fault === name)]);
}

const head = [
  ...["fault", "injected", "healed by", "longest without a write", "without a read"],
  ...["failed writes", "lost writes", "linearizable"],
];

/** A campaign's table: a row for each fault, and one for all. */
export function drillRows(report: Report): { head: string[]; rows: string[][] } {
  const rows = byFault(report).map(([name, results]) => row(name, results));
  return { head, rows: [...rows, row("all", report.results)] };
}

function row(name: string, results: readonly Result[]): string[] {
  const sum = (of: (result: Result) => number) =>
    String(results.reduce((total, result) => total + of(result), 0));
  const longest = (of: (result: Result) => number) => `${Math.max(0, ...results.map(of))} ms`;
  return [
    name,
    String(results.length),
    healers(results),
    longest(({ longestWithoutMs }) => longestWithoutMs.write),
    longest(({ longestWithoutMs }) => longestWithoutMs.read),
    sum(({ writes }) => writes.failed),
    sum(({ writes }) => writes.lost),
    linearizable(results),
  ];
}

/** "itself", or "itself 7, one pulumi up 1". */
function healers(results: readonly Result[]): string {
  const names = [...new Set(results.map(({ healedBy }) => healedBy))].sort();
  const count = (name: string) => results.filter(({ healedBy }) => healedBy === name).length;
  return names.length === 1 ? names[0]! : names.map((name) => `${name} ${count(name)}`).join(", ");
}

function linearizable(results: readonly Result[]): string {
  const checked = results.filter((one) => one.linearizable !== "not checked");
  const good = checked.filter((one) => one.linearizable === "yes");
  return checked.length === 0 ? "not checked" : `${good.length} of ${checked.length}`;
}

/** Every violation, with where it happened. */
export function violationsOf(report: Report): string[] {
  return report.results.flatMap(({ injection, fault, member, violations }) =>
    violations.map(
      (violation) =>
        `injection ${injection.number}, ${fault}${member && ` (${member})`}: ${violation}`,
    ),
  );
}

/** What `docs/proof.md` shows between its markers: what was measured, where and when. */
export function drillMarkdown(report: Report): string {
  const { head: columns, rows } = drillRows(report);
  const { machine, results } = report;
  const operations = results.reduce((sum, one) => sum + one.operations, 0);
  const writes = results.reduce((sum, one) => sum + one.writes.acknowledged, 0);
  const violations = violationsOf(report);
  return [
    `The ${report.form} form of ${report.date}: ${results.length} injections in ${report.minutes} minutes, seed ${report.seed},`,
    `${machine.cores} cores and ${machine.memoryGiB} GiB, etcd ${report.versions["etcd"]}; ${writes} acknowledged writes, ${operations} recorded`,
    `operations. ${violations.length === 0 ? "No violation." : `**${counted(violations.length, "violation")}** (reports/drill.md).`}`,
    "",
    markdownTable(columns, rows),
    "",
    ...(report.notChecked === undefined ? [] : [`Not checked: ${report.notChecked}.`, ""]),
    ...report.notRun.map(({ name, reason }) => `Not run: ${name}; ${reason}.`),
  ]
    .join("\n")
    .trimEnd();
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** docs/reports/drill.md. */
export function drillReport(report: Report): string {
  const { versions, machine } = report;
  const violations = violationsOf(report);
  return `# What the cluster survives

${drillMarkdown(report)}

![the longest time without a write and without a read, of each injection](drill.svg)

A quorum is there all the time. A violation is: a write that was acknowledged and is lost or altered; members whose hashes
differ; a history that is not linearizable; a cluster that is not healthy again by itself or by one \`pulumi up\`; no write or
no read for more than ${unavailableLimitMs / 1000} s. Writes may fail, or wait, while a fault is there.

${violations.length === 0 ? "There was none." : violations.map((one) => `- ${one}`).join("\n")}

| | |
| --- | --- |
| again | \`npm run drill -- ${report.form === "short" ? "--short " : ""}--seed ${report.seed}${report.form === "long" ? ` --injections ${report.results.length}` : ""}\` |
| machine | ${machine.cores} cores, ${machine.memoryGiB} GiB of memory, Linux ${machine.kernel} |
| versions | ${namedVersions(versions).join(", ")} |

${markdownTable(injectionHead, report.results.map(injectionRow))}
`;
}

const injectionHead = [
  ...["#", "fault", "member", "etcd", "what", "seconds", "without a write", "without a read"],
  "healthy after",
];

function injectionRow(result: Result): string[] {
  const { injection, fault, member, version, notes, seconds, longestWithoutMs } = result;
  const { write, read } = longestWithoutMs;
  const healthy = result.healthyAfterSeconds === null ? "never" : `${result.healthyAfterSeconds} s`;
  return [
    ...[String(injection.number), fault, member, version, notes.join("; "), seconds.toFixed(1)],
    ...[`${write} ms`, `${read} ms`, healthy],
  ];
}
