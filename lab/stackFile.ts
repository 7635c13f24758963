import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { settingName } from "../components/settings/settings";
import { readProject } from "../operator/project";
import { makeLabDir, projectRoot } from "./paths";

/** The lab's stack, and the file of its settings, which git ignores. */
export const labStack = "lab";
export const labStackFile = stackFile(labStack);

/**
 * The file of a stack's settings.
 * @param folder of another program
 */
export function stackFile(stack: string, folder = projectRoot): string {
  return path.join(folder, `Pulumi.${stack}.yaml`);
}

interface StackFile {
  config: Record<string, unknown>;
  encryptionsalt?: string;
}

/**
 * The lab stack's settings as they stand, without the name of the project in front of theirs.
 * @param folder of another program
 * @returns undefined where there are none yet
 */
export async function labSettings(
  folder = projectRoot,
): Promise<Record<string, unknown> | undefined> {
  const file = stackFile(labStack, folder);
  const found = await readStackFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const { name: project } = readProject(folder);
  return (
    found?.config &&
    Object.fromEntries(
      Object.entries(found.config).map(([key, value]) => [settingName(key, project), value]),
    )
  );
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

/**
 * Writes the lab stack's settings as they are given.
 * @param folder of another program
 */
export async function writeStackFile(
  config: Record<string, unknown>,
  folder = projectRoot,
): Promise<void> {
  const file = stackFile(labStack, folder);
  const before = await readStackFile(file).catch((): StackFile => ({ config: {} }));
  makeLabDir();
  // Whole or not at all.
  await fs.writeFile(`${file}.new`, stringify({ ...before, config }));
  await fs.rename(`${file}.new`, file);
}

async function readStackFile(file: string): Promise<StackFile> {
  return parse(await fs.readFile(file, "utf8")) as StackFile;
}
