import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { labDir, projectRoot } from "./paths";

/** The lab's stack, and the file of its settings, which git ignores. */
export const labStack = "lab";
export const labStackFile = stackFile(labStack);

/** The file of a stack's settings. */
export function stackFile(stack: string): string {
  return path.join(projectRoot, `Pulumi.${stack}.yaml`);
}

interface StackFile {
  config: Record<string, unknown>;
  encryptionsalt?: string;
}

/** The dev stack's own settings, as they are in the repository. */
export async function devSettings(): Promise<Record<string, unknown>> {
  return (await readStackFile(path.join(projectRoot, "Pulumi.dev.yaml"))).config;
}

/**
 * Writes the lab stack's settings: the dev stack's, and the few that only a place can know. What
 * the engine has noted in the file stays there.
 */
export async function writeLabStackFile(additions: Record<string, unknown>): Promise<void> {
  await writeStackFile({ ...(await devSettings()), ...additions });
}

/** Writes the lab stack's settings as they are given. */
export async function writeStackFile(config: Record<string, unknown>): Promise<void> {
  const before = await readStackFile(labStackFile).catch((): StackFile => ({ config: {} }));
  await fs.mkdir(labDir, { recursive: true });
  await fs.writeFile(labStackFile, stringify({ ...before, config }));
}

async function readStackFile(file: string): Promise<StackFile> {
  return parse(await fs.readFile(file, "utf8")) as StackFile;
}
