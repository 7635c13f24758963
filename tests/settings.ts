import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { argsOf } from "../components/settings/argsOf";
import { readArgs } from "../components/settings/readArgs";
import { SettingsError } from "../components/settings/reader";
import { readSettings, type Settings } from "../components/settings/settings";

/** A stack's configuration, as texts, from `Pulumi.yaml`'s defaults and what a test changes. */
export function rawSettings(changes: Record<string, unknown> = {}): Record<string, string> {
  const file = path.join(__dirname, "..", "Pulumi.yaml");
  const project = parse(readFileSync(file, "utf8")) as {
    config: Record<string, { default: unknown }>;
  };
  const defaults = Object.entries(project.config).map(([key, { default: value }]) => [key, value]);
  const values = {
    ...(Object.fromEntries(defaults) as object),
    sshCidrs: ["203.0.113.7/32"],
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
}

/** Every error that these changes bring into a stack's configuration, each with its setting's name. */
export function errorsIn(changes: Record<string, unknown>, secrets: string[] = []): string[] {
  try {
    readSettings({ values: rawSettings(changes), secrets });
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) {
      throw error;
    }
    return error.errors.map(({ setting, text }) => `${setting} ${text}`);
  }
}

/** All that a program with these settings warns of. */
export function warningsOf(settings: Settings): readonly string[] {
  return readArgs(settings.clusterName, argsOf(settings)).warnings;
}
