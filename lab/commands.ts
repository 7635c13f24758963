import * as path from "node:path";
import { parseArgs } from "node:util";
import { askHealth } from "../components/etcd/remote/health";
import { UsageError } from "../operator/commandLine";
import { healthTable } from "../operator/healthTable";
import type { StackOutputs } from "../operator/stack";
import { holdingSignals, runInTerminal } from "../operator/terminal";
import { etcdctlCommand, etcdctlLine, sshCommand } from "./client";
import { ensureDocker } from "./docker";
import type { Engine } from "./engine";
import { Lab } from "./lab";
import { removeMachine } from "./machines";
import { labDir, projectRoot } from "./paths";
import { withLines, withSpinner } from "./phases";
import { PulumiEngine } from "./pulumiEngine";
import { labSettings } from "./stackFile";

/** What is said on the way goes beside what a command prints. */
const say = (line: string) => console.error(line);

async function openLab(): Promise<Lab> {
  return new Lab(say, process.stderr.isTTY ? await withSpinner() : withLines(say));
}

/** Three machines and the cluster on them, or whatever the stack's file says by now. */
export async function up(words: string[]): Promise<number> {
  const { engine: wanted } = options(words, { engine: { type: "string" } });
  const lab = await openLab();
  const engine = await lab.engine(engineName(wanted));
  say(
    engine.name === "pulumi"
      ? "The program runs under the Pulumi engine, with a double in place of AWS."
      : "The program runs in process, without the Pulumi engine: it can create and tear down; changes need the Pulumi CLI.",
  );
  const start = performance.now();
  const status = await lab.asItStands(() => bringUp(lab, engine));
  if (status !== 0) {
    say("The cluster is not up. npm run lab goes on from here; npm run lab -- down takes it away.");
    return status;
  }
  const outputs = await engine.outputs();
  const healthy = await health(outputs);
  console.log(`\nA client of the cluster:\n\n${await etcdctlLine(outputs)} member list\n`);
  console.log(
    `Up in ${((performance.now() - start) / 1000).toFixed()} s. What to do with it: npm run lab -- --help`,
  );
  return healthy;
}

async function bringUp(lab: Lab, engine: Engine): Promise<number> {
  if (!(engine instanceof PulumiEngine)) {
    // Ctrl-C ends it between two resources: the next run starts over.
    await engine.up(say);
    return 0;
  }
  await recovered(lab, engine);
  await engine.createStack();
  return engine.runInTerminal(["up", "--yes", "--skip-preview", "--suppress-outputs"]);
}

/** After an update that was killed: what it has left is made good, and told. */
async function recovered(lab: Lab, engine: PulumiEngine): Promise<void> {
  if (!(await engine.exists()) || !(await engine.recover(say))) return;
  const unknown = await lab.deleteUnknown(engine);
  const deleted =
    unknown.length > 0 ? ` and deleted what no state knows: ${unknown.join(", ")}` : "";
  say(`An earlier pulumi was interrupted: released its lock${deleted}`);
}

/** Those of `pulumi` that run the program, for which its machines find releases. */
const running = ["up", "update", "preview", "refresh", "destroy", "watch"];

/** Any command of `pulumi` on the lab's stack. */
export async function pulumi(words: string[]): Promise<number> {
  const lab = await openLab();
  const folder = folderIn(words);
  const own = await lab.pulumi();
  const engine = folder === undefined ? own : own.elsewhere(folder);
  const command = words.find((word) => !word.startsWith("-"));
  if (command === "config") {
    await ensureDocker(say);
    await lab.settle();
    await engine.createStack();
  }
  if (!running.includes(command ?? "")) {
    return engine.runInTerminal(words);
  }
  const version = (await labSettings(folder))?.["version"] as string | undefined;
  return lab.asItStands(async () => {
    await recovered(lab, engine);
    await engine.createStack();
    return engine.runInTerminal(words);
  }, version);
}

/** The folder of another program, where `pulumi` is told of one. */
function folderIn(words: readonly string[]): string | undefined {
  const index = words.findIndex((word) => word === "--cwd" || word === "-C");
  const given =
    index >= 0
      ? words[index + 1]
      : words.find((word) => word.startsWith("--cwd="))?.slice("--cwd=".length);
  return given === undefined ? undefined : path.resolve(projectRoot, given);
}

/** One of the operator's commands. */
export async function operate(command: string, words: string[]): Promise<number> {
  const lab = await openLab();
  const engine = await runningEngine(lab);
  if (!(engine instanceof PulumiEngine)) {
    if (command === "health") {
      return health(await engine.outputs());
    }
    throw new Error("the lab is up without the Pulumi engine, and cannot be changed so");
  }
  const program = path.join("operator", `${command}.ts`);
  const run = () => engine.runCommandInTerminal(program, words);
  // It is the one that runs pulumi up.
  return command === "replace" ? lab.asItStands(run) : run();
}

async function runningEngine(lab = new Lab(say)): Promise<Engine> {
  const engine = await lab.running();
  if (engine === undefined) {
    throw new Error("the lab is not up: npm run lab");
  }
  await ensureDocker(say);
  return engine;
}

/** A machine that is gone, with all that was on it but its volume, and without a word to Pulumi. */
export async function lose([name, ...others]: readonly string[]): Promise<number> {
  if (name === undefined || others.length > 0) {
    throw new UsageError("expected one member's name");
  }
  const { members } = await (await runningEngine()).outputs();
  const member = members.find((one) => one.name === name);
  if (member === undefined) {
    throw new Error(`${name} is no member: ${members.map((one) => one.name).join(", ")}`);
  }
  await removeMachine(member.machineId);
  console.log(
    `${name} is gone. The others are a quorum without it: npm run lab -- health. Back by: npm run lab -- replace ${name}`,
  );
  return 0;
}

/** A shell on a machine, or an etcdctl here: what follows is somebody else's command line. */
export async function onMachines(command: "ssh" | "etcdctl", words: string[]): Promise<number> {
  const outputs = await (await runningEngine()).outputs();
  const [name = "", ...remote] = words;
  const [program, ...before] =
    command === "ssh" ? await sshCommand(outputs, name) : await etcdctlCommand(outputs);
  return runInTerminal(program!, [...before, ...(command === "ssh" ? remote : words)]);
}

/** A walk through changes and faults, which the proof has the parts of. */
export function tour(words: string[]): Promise<number> {
  return runInTerminal("node", ["run.mjs", path.join("proof", "tour", "main.ts"), ...words], {
    cwd: projectRoot,
  });
}

/** Takes everything away. The engine is not asked: all that it has made is on this machine. */
export async function down(words: string[]): Promise<number> {
  const { all } = options(words, { all: { type: "boolean" } });
  const lab = await openLab();
  // Ctrl-C does not leave half of it: it takes seconds.
  await holdingSignals(async () => {
    const engine = await lab.running();
    if (engine instanceof PulumiEngine) {
      await engine.recover(say);
    }
    await lab.clear({ all: all === true });
  });
  console.log(
    all
      ? "Nothing of the lab is left, but Docker where it was installed."
      : `What stays: ${path.relative(process.cwd(), path.join(labDir, "cache"))} and the machines' image. npm run lab -- down --all takes them, too.`,
  );
  return 0;
}

async function health(outputs: StackOutputs): Promise<number> {
  const found = await askHealth(outputs);
  console.log(healthTable(found));
  return found.healthy ? 0 : 1;
}

function options<const Options extends Record<string, { type: "string" | "boolean" }>>(
  args: string[],
  wanted: Options,
) {
  try {
    return parseArgs({ args, options: wanted }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function engineName(name: string | undefined): Engine["name"] | undefined {
  if (name !== undefined && name !== "pulumi" && name !== "in-process") {
    throw new UsageError(`--engine is "${name}", expected pulumi or in-process`);
  }
  return name;
}
