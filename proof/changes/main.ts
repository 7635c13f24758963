// npm run rehearse [-- --short]: every change of a cluster's life in the lab, under a writer and a sampler.
// Ends with 1 when a write was lost or failed, or more than one member was down at once.
import { parseArgs } from "node:util";
import { changes, type Kills, start } from "./changes";
import { machineSize } from "../report/machine";
import { versionsInUse } from "../report/versions";
import { Operator } from "./operator";
import { Rehearsal } from "./rehearsal";
import { publishRehearsal } from "./publish";
import { figuresOf } from "./report";
import { changesTable, type Row } from "./table";

const usage = `npm run rehearse               every change three times over, each pulumi up killed twice
npm run rehearse -- --short    every change once, each pulumi up killed once
npm run rehearse -- --rounds N as often as that
npm run rehearse -- --verbose  with everything that pulumi prints`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      short: { type: "boolean" },
      rounds: { type: "string" },
      verbose: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const rounds = Number(values.rounds ?? (values.short ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`--rounds is "${values.rounds}", expected a whole number from 1`);
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
  process.exitCode = rows.some(({ verdict }) => verdict.violations.length > 0) ? 1 : 0;
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

main().catch((error: Error) => {
  console.error(`rehearse: ${error.message}`);
  process.exitCode = 1;
});
