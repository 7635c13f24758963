import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { readProject } from "../operator/project";
import { stackOutputs, type StackOutputs } from "../operator/stack";
import { runInTerminal } from "../operator/terminal";
import type { AwsDouble } from "./aws/double";
import { commandExists, type Log } from "./docker";
import type { Engine } from "./engine";
import { labDir, makeLabDir, projectRoot } from "./paths";
import { lastLines } from "./run";
import { labStack } from "./stackFile";
import { abandonedLock } from "./stateLock";

const stateDir = path.join(labDir, "state");
const passphraseFile = path.join(labDir, "passphrase");
const limitSeconds = 1200;

/** `pulumi up` as the lab runs it: nothing to confirm, and no preview before it. */
export const up = ["up", "--yes", "--skip-preview", "--suppress-outputs"];

/** How a run of `pulumi` ended and what it said. */
export interface PulumiRun {
  readonly exitCode: number;
  readonly output: string;
  /** From its start to its end. */
  readonly seconds: number;
}

interface RunOptions {
  readonly signal?: AbortSignal;
  /** What the signal sends: SIGINT asks the engine alone to end in order. @default SIGKILL */
  readonly signalName?: "SIGKILL" | "SIGINT";
  readonly env?: Record<string, string>;
  readonly stdin?: string;
}

interface PulumiEngineOptions {
  /** The `pulumi` to run: one on PATH, or the path of another. @default "pulumi" */
  readonly command?: string;
  /** Another one than the lab's, of the same state. */
  readonly stack?: string;
  /** The folder of another program than this project's. */
  readonly folder?: string;
}

/** The Pulumi engine with a state of its own, and the AWS double in place of AWS. */
export class PulumiEngine implements Engine {
  readonly name = "pulumi";
  private readonly command: string;
  private readonly stack: string;
  private readonly folder: string;
  /** The processes that are under way. */
  private readonly running = new Set<number>();

  constructor(
    private readonly aws: AwsDouble,
    private readonly options: PulumiEngineOptions = {},
  ) {
    this.command = options.command ?? "pulumi";
    this.stack = options.stack ?? labStack;
    this.folder = options.folder ?? projectRoot;
  }

  /** The same for the program in another folder. */
  elsewhere(folder: string): PulumiEngine {
    return new PulumiEngine(this.aws, { ...this.options, folder });
  }

  /** The stack's state. */
  get stateFile(): string {
    return path.join(this.stateOf("stacks"), `${this.stack}.json`);
  }

  private stateOf(kind: "stacks" | "locks"): string {
    const organization = kind === "locks" ? "organization" : "";
    const { name: project } = readProject(this.folder);
    return path.join(stateDir, ".pulumi", kind, organization, project);
  }

  async exists(): Promise<boolean> {
    return fs.access(this.stateFile).then(
      () => true,
      () => false,
    );
  }

  async up(log: Log): Promise<void> {
    await this.createStack();
    await this.succeed(up, log);
  }

  /** Makes the stack where it is not there yet. */
  async createStack(): Promise<void> {
    if (!(await this.exists())) {
      await this.succeed(["stack", "init", "--no-select"], () => undefined);
    }
  }

  async outputs(): Promise<StackOutputs> {
    const exported = await this.succeed(["stack", "export", "--show-secrets"], () => undefined);
    return stackOutputs(exported);
  }

  async down(log: Log): Promise<void> {
    await this.recoverState();
    // What a killed update was doing is in the state as pending: it is gone with its machines.
    await this.succeed(["cancel", "--yes"], () => undefined).catch(() => undefined);
    await this.succeed(["destroy", "--yes", "--skip-preview"], log);
    await this.succeed(["stack", "rm", "--yes"], () => undefined);
  }

  /**
   * Waits until no other `pulumi` is at work on the stack.
   * @returns whether one was interrupted: its lock is still there
   * @throws Error where one is at work for more than a minute
   */
  waitForOthers(log: Log): Promise<boolean> {
    return abandonedLock(path.join(this.stateOf("locks"), this.stack), log);
  }

  /** Takes the lock of a `pulumi` that is gone away. */
  async releaseLock(): Promise<void> {
    await this.succeed(["cancel", "--yes"], () => undefined);
  }

  /**
   * Takes away what keeps a state from being read that a killed engine was writing: beside the file itself,
   * which is whole, one of its attributes, which is empty ("failed to load checkpoint: EOF").
   * @returns whether that was so
   */
  async recoverState(): Promise<boolean> {
    const attributes = `${this.stateFile}.attrs`;
    const isTorn = await fs.stat(attributes).then(
      ({ size }) => size === 0,
      () => false,
    );
    if (isTorn) {
      await fs.rm(attributes);
    }
    return isTorn;
  }

  /** Gives the stack up: what it has made is left as it is. */
  async forget(): Promise<void> {
    if (await this.exists()) {
      await this.succeed(["stack", "rm", "--yes", "--force"], () => undefined);
    }
  }

  /** As `run`, but its failure is an error that shows what it said. */
  private async succeed(args: string[], log: Log): Promise<string> {
    const { exitCode, output } = await this.run(args, log);
    if (exitCode !== 0) {
      const command = `pulumi ${args.slice(0, 2).join(" ")}`;
      throw new Error(
        `${command} ended with ${exitCode}. Its last lines:\n${lastLines(output, 60)}`,
      );
    }
    return output;
  }

  /**
   * Runs `pulumi` on the lab's stack, its output line by line into `log`.
   * @param options.signal kills it (SIGKILL, with the program it runs) when aborted
   * @param options.stdin what it reads, such as a secret that no command line should show
   */
  run(args: string[], log: Log, options: RunOptions = {}): Promise<PulumiRun> {
    const words = [...args, "--stack", this.stack, "--non-interactive", "--color", "never"];
    return this.execute(this.command, words, log, options);
  }

  /** Asks what runs to end in order, as Ctrl-C does: in groups of their own they do not hear of that. */
  interrupt(): void {
    for (const pid of this.running) {
      try {
        process.kill(-pid, "SIGINT");
      } catch {
        // It has just ended.
      }
    }
  }

  /** Runs `pulumi` on the lab's stack with this terminal as its own, and gives its exit status. */
  runInTerminal(args: readonly string[]): Promise<number> {
    return this.inTerminal(this.command, args, this.folder);
  }

  /** The same with one of the operator's commands, such as `operator/plan.ts`. */
  runCommandInTerminal(program: string, args: readonly string[]): Promise<number> {
    return this.inTerminal("node", ["run.mjs", program, ...args], projectRoot);
  }

  private async inTerminal(command: string, args: readonly string[], cwd: string): Promise<number> {
    const provider = await this.serveFor(args);
    try {
      // The stack that is selected, for whatever command it is, and without changing what is selected elsewhere.
      const env = { ...(await this.environment(provider?.port)), PULUMI_STACK: this.stack };
      return await runInTerminal(command, args, { cwd, env });
    } finally {
      await provider?.close();
    }
  }

  /** Runs one of the operator's commands on the lab's stack, such as `operator/health.ts`. */
  runCommand(program: string, args: string[], log: Log): Promise<PulumiRun> {
    return this.execute("node", ["run.mjs", program, ...this.stackOption, ...args], log, {});
  }

  /** They run in this project's folder: another one's stack goes by its full name. */
  private get stackOption(): string[] {
    const project =
      this.folder === projectRoot ? "" : `organization/${readProject(this.folder).name}/`;
    return ["--stack", `${project}${this.stack}`];
  }

  private async execute(
    command: string,
    words: string[],
    log: Log,
    options: RunOptions,
  ): Promise<PulumiRun> {
    const { execa } = await import("execa");
    const provider = await this.serveFor(words);
    try {
      const start = performance.now();
      const child = execa(command, words, {
        cwd: command === this.command ? this.folder : projectRoot,
        env: { ...(await this.environment(provider?.port)), ...options.env },
        all: true,
        reject: false,
        // Empty, where there is none to read.
        input: options.stdin ?? "",
        timeout: limitSeconds * 1000,
        // A group of its own, so that killing it ends its language host and plugins, too.
        detached: true,
      });
      const kill = () =>
        options.signalName === "SIGINT"
          ? process.kill(child.pid!, "SIGINT")
          : process.kill(-child.pid!, "SIGKILL");
      options.signal?.addEventListener("abort", kill);
      this.running.add(child.pid!);
      for await (const line of child.iterable({ from: "all" })) {
        log(line);
      }
      const result = await child;
      this.running.delete(child.pid!);
      const seconds = (performance.now() - start) / 1000;
      options.signal?.removeEventListener("abort", kill);
      if (result.code === "ENOENT") {
        throw new Error(`there is no ${this.command} (any more), by which the lab was made`);
      }
      return { exitCode: result.exitCode ?? 137, output: result.all, seconds };
    } finally {
      await provider?.close();
    }
  }

  /** The AWS double for a command that may speak to it; undefined for others, since it takes seconds to load. */
  private async serveFor(words: readonly string[]) {
    if (["stack", "config", "cancel"].includes(words[0]!)) {
      return undefined;
    }
    const { serveAws } = await import("./aws/provider.js");
    return serveAws(this.aws);
  }

  private async environment(awsPort: number | undefined): Promise<Record<string, string>> {
    await fs.mkdir(stateDir, { recursive: true });
    return {
      // Its language host is beside it.
      ...(path.isAbsolute(this.command) && {
        PATH: `${path.dirname(this.command)}${path.delimiter}${process.env["PATH"] ?? ""}`,
      }),
      PULUMI_BACKEND_URL: `file://${stateDir}`,
      PULUMI_CONFIG_PASSPHRASE: await passphrase(),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...(awsPort !== undefined && { PULUMI_DEBUG_PROVIDERS: `aws:${awsPort}` }),
      // Plugins on PATH are all that it needs; looking for a real aws one takes seconds.
      ...((await hasOwnPlugins()) && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
    };
  }
}

async function hasOwnPlugins(): Promise<boolean> {
  const found = await Promise.all(
    ["pulumi-resource-command", "pulumi-resource-tls"].map(commandExists),
  );
  return found.every(Boolean);
}

async function passphrase(): Promise<string> {
  try {
    return await fs.readFile(passphraseFile, "utf8");
  } catch {
    const made = randomBytes(24).toString("base64url");
    makeLabDir();
    // Whole or not at all: half of one opens no state.
    await fs.writeFile(`${passphraseFile}.new`, made, { mode: 0o600 });
    await fs.rename(`${passphraseFile}.new`, passphraseFile);
    return made;
  }
}
