import { spawn } from "node:child_process";
import { once } from "node:events";
import type { RawSettings } from "../components/settings/settings";
import { askPulumi, stackArguments } from "./askPulumi";

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
  const own = Object.entries(all)
    .filter(([key]) => key.startsWith("etcd:"))
    .map(([key, entry]) => [key.slice("etcd:".length), entry] as const);
  return {
    values: Object.fromEntries(own.map(([key, { value }]) => [key, value])),
    secrets: own.filter(([, { secret }]) => secret).map(([key]) => key),
  };
}

/**
 * Runs `pulumi` with this terminal as its own.
 * @throws Error when it fails
 */
export async function runPulumi(args: string[], stack: string | undefined): Promise<void> {
  const child = spawn("pulumi", [...args, ...stackArguments(stack)], { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) {
    throw new Error(`pulumi ${args[0]} ended with ${code ?? "a signal"}: see above`);
  }
}
