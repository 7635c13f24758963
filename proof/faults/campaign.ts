import Table from "cli-table3";
import * as os from "node:os";
import { UsageError } from "../../operator/commandLine";
import { machineSize } from "../report/machine";
import { Operator } from "../changes/operator";
import { Checker } from "./checker";
import { Drill, type Result } from "./drill";
import type { Fault, NotRun } from "./fault";
import { faults, sortOut } from "./kinds/all";
import { upgradeFrom } from "./kinds/ups";
import { type Injection, planDrill } from "./plan";
import { drillRows, type Report, violationsOf } from "./report";
import { publishCampaign } from "./publish";
import { toolVersions } from "./versions";

/** What is asked for, as it was typed. */
interface Asked {
  readonly short: boolean;
  readonly seed?: string | undefined;
  readonly injections?: string | undefined;
  readonly only?: string | undefined;
  readonly verbose: boolean;
}

interface Campaign {
  readonly form: Report["form"];
  readonly seed: number;
  readonly chosen: readonly Fault[];
  readonly notRun: readonly NotRun[];
  readonly plan: readonly Injection[];
  /** Whether all faults are in it: then the reports are written. */
  readonly isWhole: boolean;
  readonly verbose: boolean;
}

/**
 * Injects faults, tells what became of each, and writes the reports where all of them were among those.
 * @returns the exit status
 */
export async function campaign(asked: Asked): Promise<number> {
  const campaign = await readCampaign(asked);
  const { seed, plan, form, isWhole, notRun } = campaign;
  const checker = await Checker.build();
  console.log(`${plan.length} injections, seed ${seed}`);
  if (checker.whyNot !== undefined) {
    console.log(`Histories are NOT checked for linearizability: ${checker.whyNot}`);
  }
  const startMs = performance.now();
  const { results, tools, failure } = await runInLab(campaign, checker);
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    ...{ form, seed },
    minutes: Number(((performance.now() - startMs) / 60_000).toFixed(1)),
    machine: { ...machineSize(), kernel: os.release() },
    versions: { etcd: versionsOf(results), ...tools },
    ...(checker.whyNot === undefined ? {} : { notChecked: checker.whyNot }),
    notRun: [...notRun, ...notReached(plan.length - results.length)],
    results,
  };
  print(report);
  if (isWhole && results.length > 0) {
    await publishCampaign(report);
  }
  if (failure !== undefined) {
    throw failure;
  }
  return violationsOf(report).length > 0 || results.length < plan.length ? 1 : 0;
}

interface Course {
  readonly results: Result[];
  /** Of what it was run with, by name; {} where there never was a cluster. */
  readonly tools: Record<string, string>;
  readonly failure?: Error;
}

/** Makes the cluster, injects all faults, and takes the lab down, however that ended. */
async function runInLab(campaign: Campaign, checker: Checker): Promise<Course> {
  const operator = new Operator(campaign.verbose ? console.log : () => undefined);
  const results: Result[] = [];
  let tools: Course["tools"] = {};
  try {
    await operator.lab.down();
    await operator.start(startSettings(campaign));
    tools = await toolVersions();
    console.log(`A cluster of three, etcd ${operator.outputs.version}`);
    await injectAll(campaign, new Drill(operator, checker), results);
    return { results, tools };
  } catch (error) {
    return { results, tools, failure: error as Error };
  } finally {
    await operator.lab.down().catch((error: Error) => {
      console.error(`The lab is still there: ${error.message}\nTake it down: npm run lab -- down`);
    });
  }
}

function versionsOf(results: readonly Result[]): string {
  return [...new Set(results.map(({ version }) => version))].sort().join(" and ");
}

/** What is asked for and can be done. */
async function readCampaign(values: Asked): Promise<Campaign> {
  const { possible: chosen, notRun } = await sortOut(chosenFaults(values.only?.split(",")));
  const seed = wholeNumber("--seed", values.seed) ?? Math.floor(Math.random() * 1e9);
  const asked = wholeNumber("--injections", values.injections);
  const count = asked ?? (values.short || values.only !== undefined ? chosen.length : 100);
  return {
    form: values.short ? "short" : "long",
    ...{ seed, chosen, notRun, verbose: values.verbose },
    plan: planDrill(chosen, seed, count),
    isWhole: values.only === undefined,
  };
}

function chosenFaults(ids: readonly string[] | undefined): readonly Fault[] {
  const unknown = ids?.find((id) => !faults.some((fault) => fault.id === id));
  if (unknown !== undefined) {
    throw new UsageError(
      `--only has "${unknown}", expected of ${faults.map(({ id }) => id).join(", ")}`,
    );
  }
  return faults.filter(({ id }) => ids?.includes(id) ?? true);
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!/^\d{1,9}$/.test(text)) {
    throw new UsageError(`${option} is "${text}", expected a whole number of at most nine digits`);
  }
  return Number(text);
}

/** The first upgrade of a campaign finds the version that it begins with. */
function startSettings({ chosen }: Campaign): Record<string, unknown> {
  const upgrades = chosen.some(({ id }) => id === "killed-upgrade");
  return {
    // Nothing of the lab stays.
    deleteData: true,
    ...(upgrades ? { version: upgradeFrom } : {}),
  };
}

/** Adds each result as soon as it is there, so that a campaign that ends early has those before. */
async function injectAll({ plan, chosen }: Campaign, drill: Drill, results: Result[]) {
  let interrupted = false;
  process.on("SIGINT", () => {
    interrupted ||= sayInterrupted();
  });
  for (const injection of plan) {
    if (interrupted || results.at(-1)?.healedBy === "nobody") {
      return;
    }
    const fault = chosen.find(({ id }) => id === injection.fault)!;
    const startMs = performance.now();
    const result = await drill.run(fault, injection);
    results.push(result);
    console.log(progress(result, plan.length, (performance.now() - startMs) / 1000));
  }
}

function sayInterrupted(): true {
  console.log("Interrupted: this injection ends, and the lab is taken down");
  return true;
}

function progress(result: Result, count: number, seconds: number): string {
  const { injection, fault, member, notes, longestWithoutMs, violations } = result;
  const details = [member, ...notes].filter((text) => text !== "").join("; ");
  const { write, read } = longestWithoutMs;
  return [
    `${injection.number}/${count}  ${fault}${details && ` (${details})`}: ${seconds.toFixed(0)} s,`,
    `no write for ${write} ms, no read for ${read} ms, healed by ${result.healedBy},`,
    `linearizable: ${result.linearizable}`,
    ...violations.map((violation) => `\n    VIOLATION: ${violation}`),
  ].join(" ");
}

function notReached(count: number): NotRun[] {
  const name = `${count} injections that were planned`;
  return count === 0 ? [] : [{ name, reason: "the campaign ended before them" }];
}

function print(report: Report): void {
  const { head, rows } = drillRows(report);
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows);
  console.log(table.toString());
  report.notRun.forEach(({ name, reason }) => console.log(`Not run: ${name}; ${reason}`));
  violationsOf(report).forEach((violation) => console.log(`VIOLATION: ${violation}`));
  console.log(`${report.minutes} minutes, seed ${report.seed}`);
}
