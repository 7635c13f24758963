import * as path from "node:path";
import { askHealth } from "../components/etcd/remote/health";
import { asksForHelp, readOptions, UsageError } from "../operator/commandLine";
import { healthTable } from "../operator/healthTable";
import type { StackOutputs } from "../operator/stack";
import { holdingSignals, runInTerminal } from "../operator/terminal";
import { blankId } from "./blankMachines";
import { etcdctlCommand, etcdctlLine, sshCommand } from "./client";
import { commandExists, ensureDocker } from "./docker";
import type { Engine } from "./engine";
import { Lab } from "./lab";
import { otherCheckout, removeMachine } from "./machines";
import { labDir, projectRoot } from "./paths";
import { canDraw, withLines, withSpinner } from "./phases";
import { PulumiEngine, up as upWords } from "./pulumiEngine";

/** What is said on the way goes beside what a command prints. */
const say = (line: string) => console.error(line);

/** @throws Error where another checkout has the machines that are here */
export async function openLab(): Promise<Lab> {
  const other = (await commandExists("docker"))
    ? await otherCheckout().catch(() => undefined)
    : undefined;
  if (other !== undefined) {
    throw new Error(
      `the lab of ${other} has machines on this host, which has room for one lab: npm run lab -- down, there`,
    );
  }
  return new Lab(say, canDraw() ? withSpinner : withLines(say));
}

/** Three machines and the cluster on them, or whatever the stack's file says by now. */
export async function up(words: string[]): Promise<number> {
  const { engine: wanted } = readOptions(words, { engine: { type: "string" } });
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

export async function bringUp(lab: Lab, engine: Engine): Promise<number> {
  if (!(engine instanceof PulumiEngine)) {
    // Ctrl-C ends it between two resources: the next run starts over.
    await engine.up(say);
    return 0;
  }
  await lab.recover(engine);
  await engine.createStack();
  return engine.runInTerminal(upWords);
}

/** Those of `pulumi` that run the program, for which its machines find releases. */
const running = ["up", "update", "preview", "pre", "refresh", "destroy", "down", "dn", "watch"];

/** Options of `pulumi` that take a value, which is no command. */
const withValue = [
  "--color",
  "--memprofilerate",
  "--otel-traces",
  "--profiling",
  "--tracing",
  "-v",
  "--verbose",
];

/** Any command of `pulumi` on the lab's stack. */
export async function pulumi(given: string[]): Promise<number> {
  const lab = await openLab();
  const { folder, words } = folderIn(given);
  const own = await lab.pulumi();
  const engine = folder === undefined ? own : own.elsewhere(folder);
  const command = words.find(
    (word, index) => !word.startsWith("-") && !withValue.includes(words[index - 1] ?? ""),
  );
  if (command === "config") {
    if (folder === undefined) {
      await lab.settle();
    }
    await engine.createStack();
  }
  if (!running.includes(command ?? "")) {
    return engine.runInTerminal(words);
  }
  return lab.asItStands(async () => {
    await lab.recover(engine);
    await engine.createStack();
    return engine.runInTerminal(words);
  }, folder);
}

/** The folder of another program, where `pulumi` is told of one, and the words without it: it is run there. */
export function folderIn(words: readonly string[]): {
  folder: string | undefined;
  words: string[];
} {
  const left = [...words];
  const index = left.findIndex((word) => /^(--cwd|-C)(=|$)/.test(word));
  if (index < 0) {
    return { folder: undefined, words: left };
  }
  const [option = "", next = ""] = left.splice(index, left[index]!.includes("=") ? 1 : 2);
  const given = option.includes("=") ? option.slice(option.indexOf("=") + 1) : next;
  if (given === "") {
    throw new UsageError(`${option} is not followed by a folder`);
  }
  return { folder: path.resolve(projectRoot, given), words: left };
}

/** One of the operator's commands. */
export async function operate(command: string, words: string[]): Promise<number> {
  const program = path.join("operator", `${command}.ts`);
  if (asksForHelp(words)) {
    return runInTerminal("node", ["run.mjs", program, "--help"], { cwd: projectRoot });
  }
  const lab = await openLab();
  const engine = await runningEngine(lab);
  if (!(engine instanceof PulumiEngine)) {
    if (command === "health") {
      return health(await engine.outputs());
    }
    throw new Error("the lab is up without the Pulumi engine, and cannot be changed so");
  }
  const run = () => engine.runCommandInTerminal(program, words);
  if (command !== "replace" && command !== "renew") {
    return run();
  }
  // They run pulumi up.
  return lab.asItStands(async () => {
    await lab.recover(engine);
    return run();
  });
}

async function runningEngine(lab = new Lab(say)): Promise<Engine> {
  const engine = await lab.running();
  if (engine === undefined) {
    throw new Error("the lab is not up: npm run lab");
  }
  await ensureDocker(say);
  if (engine instanceof PulumiEngine) {
    await engine.recoverState();
  }
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
  // One that somebody brought is known by its address.
  await removeMachine(
    member.machineId.startsWith("i-") ? member.machineId : blankId(member.privateIp),
  );
  console.log(
    `${name} is gone. The others are a quorum without it: npm run lab -- health. Back by: npm run lab -- replace ${name}`,
  );
  return 0;
}

/** A shell on a machine, or an etcdctl here: what follows is somebody else's command line. */
export async function onMachines(command: "ssh" | "etcdctl", words: string[]): Promise<number> {
  const [name = "", ...remote] = words;
  if (command === "ssh" && (name === "" || name.startsWith("-"))) {
    throw new UsageError(`expected a member's name, got ${name || "nothing"}`);
  }
  const outputs = await (await runningEngine()).outputs();
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
  const { all = false } = readOptions(words, { all: { type: "boolean" } });
  const lab = await openLab();
  const engine = await lab.running();
  if (engine instanceof PulumiEngine) {
    await engine.waitForOthers(say);
  }
  // Ctrl-C does not leave half of it: it takes seconds.
  await holdingSignals(() => lab.clear({ all }));
  console.log(
    all
      ? "Nothing of the lab is left, but what apt has installed and the Debian that its image was built from."
      : `What stays: ${path.relative(process.cwd(), path.join(labDir, "cache"))} and the machines' image. npm run lab -- down --all takes them, too.`,
  );
  return 0;
}

async function health(outputs: StackOutputs): Promise<number> {
  const found = await askHealth(outputs);
  console.log(healthTable(found));
  return found.healthy ? 0 : 1;
}

function engineName(name: string | undefined): Engine["name"] | undefined {
  if (name !== undefined && name !== "pulumi" && name !== "in-process") {
    throw new UsageError(`--engine is "${name}", expected pulumi or in-process`);
  }
  return name;
}
