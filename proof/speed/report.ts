import type { MachineSize } from "../report/machine";
import { namedVersions } from "../report/markdown";
import { explanations } from "./explanations";
import type { Measurement } from "./figure";
import { judge } from "./judgement";
import { rowNames, rowOf } from "./rows";
import { series, table } from "./table";

/** Where and by what it was measured. */
export interface Surroundings extends MachineSize {
  readonly processor: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** A row with the day that it was measured on, as 2026-11-21. */
export interface DatedMeasurement extends Measurement {
  readonly date: string;
}

/** All that is known: `docs/reports/bench.json`. */
export interface Report {
  readonly surroundings: Surroundings;
  readonly rows: readonly DatedMeasurement[];
}

/**
 * The report with what was measured now. Rows that were not measured stay, unless they are from
 * another machine: those cannot stand in one table.
 */
export function updated(
  before: Report | undefined,
  surroundings: Surroundings,
  measured: readonly DatedMeasurement[],
): Report {
  const isSame = before !== undefined && place(before.surroundings) === place(surroundings);
  const all = new Map([...(isSame ? before.rows : []), ...measured].map((one) => [one.row, one]));
  return { surroundings, rows: rowNames.flatMap((name) => all.get(name) ?? []) };
}

const place = ({ cores, memoryGiB, processor }: Surroundings) =>
  [cores, memoryGiB, processor].join("/");

/** What others take on the same machines, to three healthy members over TLS: measured once. */
const otherTools = [
  "On the same three blank machines, etcd 3.7.3, two cores (21 November 2026, medians of three runs, not part of " +
    "`npm run bench`): etcdadm 17.9 s, kubespray's etcd role 74.8 s.",
].join("\n");

/** What `docs/proof.md` shows. */
export function summary(report: Report): string {
  return [whenAndWhere(report), table(report.rows), otherTools].join("\n\n");
}

/** `docs/reports/bench.md`: the table, what each row is, and why one is not met. */
export function markdown(report: Report): string {
  return [
    "# Bench",
    "Written by `npm run bench`; the runs themselves are in `bench.json`.",
    whenAndWhere(report),
    table(report.rows),
    "![Each run's ratio to its reference, beside its target](bench.svg)",
    otherTools,
    "## How each row is measured",
    ...report.rows.map(howMeasured),
    ...unmet(report.rows),
    "## By what",
    namedVersions(report.surroundings.versions)
      .map((version) => `- ${version}`)
      .join("\n"),
    "",
  ].join("\n\n");
}

function whenAndWhere({ surroundings: { cores, memoryGiB }, rows }: Report): string {
  const dates = [...new Set(rows.map(({ date }) => date))].sort();
  const days = dates.length > 1 ? `${day(dates[0]!)} to ${day(dates.at(-1)!)}` : day(dates[0]!);
  const runs = Math.min(...rows.map(({ ours }) => ours.length));
  return (
    `Medians of ${runs} runs or more with their spread, each beside its reference in the same run, in the lab on ` +
    `${cores} cores with ${memoryGiB} GiB (${days}):`
  );
}

const day = (date: string) =>
  new Date(date).toLocaleDateString("en-GB", {
    ...{ day: "numeric", month: "long", year: "numeric", timeZone: "UTC" },
  });

function howMeasured({ row, date, ours, beside = {} }: DatedMeasurement): string {
  const { figure, how } = rowOf(row);
  const further = Object.entries(beside).map(([name, runs]) => `${name}: ${series(runs, "")}`);
  return [`**${figure}.** ${how} ${ours.length} runs, ${day(date)}.`, ...further].join(" ");
}

/** Where a target is not met, why. */
function unmet(rows: readonly DatedMeasurement[]): string[] {
  const missed = rows.filter((one) => judge(one).met === false);
  return missed.length === 0
    ? []
    : [
        "## Where a target is not met",
        ...missed.map(
          ({ row }) =>
            `**${rowOf(row).figure}.** ${explanations[row] ?? "Not yet looked into: profile it."}`,
        ),
      ];
}
