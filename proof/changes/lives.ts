import { UsageError } from "../../operator/commandLine";
import { changes, type Kills, start } from "./changes";
import { machineSize } from "../report/machine";
import { versionsInUse } from "../report/versions";
import { Operator } from "./operator";
import { Rehearsal } from "./rehearsal";
import { publishRehearsal } from "./publish";
import { figuresOf } from "./report";
import { changesTable, type Row } from "./table";

/** What is asked for, as it was typed. */
interface Asked {
  readonly short: boolean;
  readonly rounds?: string | undefined;
  readonly verbose: boolean;
}

/**
 * Takes a cluster through its life as often as asked for, tells what was measured, and writes the report.
 * @returns the exit status
 */
export async function rehearse(values: Asked): Promise<number> {
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds is "${values.rounds}", expected a whole number from 1`);
  }
  const startMs = performance.now();
  const log = values.verbose ? console.log : sayKills;
  const rows: Row[] = [];
  for (let round = 1; round <= rounds; round++) {
    console.log(`round ${round} of ${rounds}`);
    rows.push(...(await oneLife(log, values.short ? { some: 1, else: 1 } : { some: 2, else: 2 })));
  }
  console.log(changesTable(rows));
  await publishRehearsal({
    date: new Date().toISOString().slice(0, 10),
    rounds,
    minutes: Math.round((performance.now() - startMs) / 60_000),
    machine: machineSize(),
    versions: await versionsInUse(),
    changes: rows.map(figuresOf),
  });
  return rows.some(({ verdict }) => verdict.violations.length > 0) ? 1 : 0;
}

/** A cluster from nothing, through every change, and gone again. */
async function oneLife(log: (line: string) => void, kills: Kills): Promise<Row[]> {
  const operator = new Operator(log);
  const rehearsal = new Rehearsal(operator);
  const rows: Row[] = [];
  await operator.lab.down();
  await operator.start(start);
  for (const change of changes(kills)) {
    console.log(`  ${change.name}`);
    rows.push(await rehearsal.change(change));
  }
  await operator.lab.down();
  return rows;
}

function sayKills(line: string): void {
  if (line.startsWith("killed ")) {
    console.log(`    ${line}`);
  }
}
