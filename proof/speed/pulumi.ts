import type { Log } from "../../lab/docker";
import type { PulumiEngine, PulumiRun } from "../../lab/pulumiEngine";
import { lastLines } from "../../lab/run";

/**
 * Runs `pulumi`, which is to succeed: what it printed and how long it took.
 * @throws Error with its last lines
 */
export async function pulumi(
  engine: PulumiEngine,
  args: readonly string[],
  log: Log,
  options: Parameters<PulumiEngine["run"]>[2] = {},
): Promise<PulumiRun> {
  const result = await engine.run([...args], log, options);
  if (result.exitCode !== 0) {
    throw new Error(
      `pulumi ${args[0]} ended with ${result.exitCode}. Its last lines:\n${lastLines(result.output, 40)}`,
    );
  }
  return result;
}
