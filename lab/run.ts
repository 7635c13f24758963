import type { Options } from "execa";

/** What a finished command left, whether it succeeded or not. */
export interface RunResult {
  failed: boolean;
  timedOut: boolean;
  exitCode?: number;
  /** "ENOENT" when there is no such program. */
  code?: string;
  stdout: string;
  stderr: string;
  /** stdout and stderr as they came, for showing the last lines of a failure. */
  all: string;
}

/** Settings of one run. */
export interface RunOptions {
  limitSeconds: number;
  cwd?: string;
  env?: Record<string, string>;
  /** What it reads; nothing by default. */
  input?: string;
  /** Whether Ctrl-C does not reach it: what it does is short, and half of it would be in the way. */
  detached?: boolean;
}

/**
 * Runs a program without a shell and never throws: the caller knows best what a failure means.
 *
 * @param options.limitSeconds the program is killed after this time and `timedOut` is set
 */
export async function run(
  command: string,
  args: string[],
  { limitSeconds, cwd, env, input, detached = false }: RunOptions,
): Promise<RunResult> {
  // execa is an ES module: tsx, which runs the lab as CommonJS, can't load one with a plain import.
  const { execa } = await import("execa");
  const options = {
    all: true,
    reject: false,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    timeout: limitSeconds * 1000,
    detached,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
  } satisfies Options;
  const result = await execa(command, args, options);
  return {
    failed: result.failed,
    timedOut: result.timedOut,
    exitCode: result.exitCode,
    code: result.code,
    stdout: result.stdout ?? "",
    stderr: result.stderr ?? "",
    all: result.all ?? "",
  };
}

/** The last lines of some output, for error messages. */
export function lastLines(text: string, count = 15): string {
  return text.trim().split("\n").slice(-count).join("\n");
}
