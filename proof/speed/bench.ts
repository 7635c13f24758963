import { UsageError } from "../../operator/commandLine";
import { commandExists, whyNoDocker } from "../../lab/docker";
import { Lab } from "../../lab/lab";
import type { Figure } from "./figure";
import { firstUp } from "./figures/firstUp";
import { labStack } from "./figures/labStack";
import { members } from "./figures/members";
import { noop } from "./figures/noop";
import { rolling } from "./figures/rolling";
import { throughput } from "./figures/throughput";
import { readReport, surroundings, writeReport } from "./files";
import { judge } from "./judgement";
import { type DatedMeasurement, updated } from "./report";
import { table } from "./table";

const figures: Figure[] = [firstUp, noop, members, rolling, throughput, labStack];

/** A figure of fewer runs says too little to be written down. */
const leastRuns = 5;

const names = figures.map(({ name }) => name).join(", ");
/** What is asked for, as it was typed. */
interface Asked {
  readonly runs?: string | undefined;
  readonly only?: string | undefined;
  readonly verbose: boolean;
}

/**
 * Measures, shows what was measured, and writes it into the report.
 * @returns the exit status
 */
export async function bench(values: Asked): Promise<number> {
  const runs = Number(values.runs ?? leastRuns);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new UsageError(`--runs is "${values.runs}", expected a whole number from 1`);
  }
  const chosen = choose(values.only);
  await refuseWithoutTools();
  if ((await new Lab(() => undefined).running()) !== undefined) {
    throw new Error("the lab is up, and measuring takes it down: npm run lab -- down");
  }
  const log = values.verbose ? console.log : () => undefined;
  const measured: DatedMeasurement[] = [];
  for (const figure of chosen) {
    const date = new Date().toISOString().slice(0, 10);
    const found = await figure.measure({ runs, log, say: console.log });
    measured.push(...found.map((one) => ({ ...one, date })));
    if (runs >= leastRuns) {
      // At once: a figure that fails later takes nothing of it away.
      await writeReport(updated(await readReport(), await surroundings(), measured));
    }
  }
  console.log(`\n${table(measured)}`);
  return measured.some((one) => judge(one).met === false) ? 1 : 0;
}

function choose(only: string | undefined): Figure[] {
  const wanted = only?.split(",");
  const unknown = wanted?.filter((name) => !figures.some((figure) => figure.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new UsageError(`--only has ${unknown.join(", ")}, expected some of ${names}`);
  }
  return figures.filter(({ name }) => wanted?.includes(name) ?? true);
}

async function refuseWithoutTools(): Promise<void> {
  const missing = [await whyNoDocker()];
  if (!(await commandExists("pulumi"))) {
    missing.push("there is no pulumi on PATH: install it (https://www.pulumi.com/docs/install/)");
  }
  const reasons = missing.filter((reason) => reason !== undefined);
  if (reasons.length > 0) {
    throw new Error(`nothing can be measured here:\n  ${reasons.join("\n  ")}`);
  }
}
