import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs a command with this terminal as its own and gives its exit code. It alone is interrupted by Ctrl-C:
 * whoever runs it here has something to do at its end.
 * @throws Error where it cannot be started
 */
export async function runInTerminal(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { stdio: "inherit" });
  // A terminal sends the first of them to the command, too.
  const ignore = () => undefined;
  const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on("SIGINT", ignore).on("SIGTERM", passOn).on("SIGHUP", passOn);
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    return code ?? 1;
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", passOn).off("SIGHUP", passOn);
  }
}
