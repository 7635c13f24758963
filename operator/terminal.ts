import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs a command with this terminal as its own and gives its exit code. It alone is interrupted by Ctrl-C:
 * whoever runs it here has something to do at its end.
 * @throws Error where it cannot be started
 */
export async function runInTerminal(
  command: string,
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<number> {
  const child = spawn(command, args, { stdio: "inherit", cwd, env: { ...process.env, ...env } });
  const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on("SIGTERM", passOn).on("SIGHUP", passOn);
  try {
    // A terminal sends SIGINT to the command, too.
    return await holdingSignals(async () => {
      const [code] = (await once(child, "exit")) as [number | null];
      return code ?? 1;
    });
  } finally {
    process.off("SIGTERM", passOn).off("SIGHUP", passOn);
  }
}

/**
 * What must not be left half done: what would end this process does not, while `work` is at it.
 * @param work is given whether it was to end
 */
export async function holdingSignals<Result>(
  work: (isInterrupted: () => boolean) => Promise<Result>,
): Promise<Result> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let interrupted = false;
  const note = () => (interrupted = true);
  signals.forEach((signal) => process.on(signal, note));
  try {
    return await work(() => interrupted);
  } finally {
    signals.forEach((signal) => process.off(signal, note));
  }
}
