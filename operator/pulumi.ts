import { type RawSettings, settingName } from "../components/settings/settings";
import { askPulumi, stackArguments } from "./askPulumi";
import { readProject } from "./project";
import { runInTerminal } from "./terminal";

/**
 * A stack's settings as the next `pulumi up` would have them, the project's defaults among them.
 * @param stack its name; the selected one by default
 * @throws Error where there is no `pulumi`, or no such stack
 */
export async function readConfiguration(stack: string | undefined): Promise<RawSettings> {
  const text = await askPulumi(
    ["config", "--json", "--show-secrets"],
    stack,
    "pulumi config failed",
  );
  const all = JSON.parse(text) as Record<string, { value: string; secret: boolean }>;
  const { name: project } = readProject();
  const entries = Object.entries(all).map(
    ([key, entry]) => [settingName(key, project), entry] as const,
  );
  return {
    values: Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
    secrets: entries.filter(([, { secret }]) => secret).map(([name]) => name),
  };
}

/**
 * Runs `pulumi` with this terminal as its own.
 * @throws Error when it fails
 */
export async function runPulumi(args: string[], stack: string | undefined): Promise<void> {
  const code = await runInTerminal("pulumi", [...args, ...stackArguments(stack)]);
  if (code !== 0) {
    throw new Error(`pulumi ${args[0]} ended with ${code}: see above`);
  }
}
