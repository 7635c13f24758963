import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { settingName } from "../components/settings/settings";
import { readProject, stackFile as fileOf } from "../operator/project";
import { labDir, makeLabDir, projectRoot } from "./paths";

/** The lab's stack, and the file of its settings, which git ignores. */
export const labStack = "lab";
export const labStackFile = stackFile(labStack);

/**
 * The file of a stack's settings.
 * @param folder of another program
 */
export function stackFile(stack: string, folder = projectRoot): string {
  return fileOf(readProject(folder), stack);
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

/** Writes the lab stack's settings as they are given. */
export async function writeStackFile(config: Record<string, unknown>): Promise<void> {
  const before = await readStackFile(labStackFile).catch((): StackFile => ({ config: {} }));
  makeLabDir();
  // Whole or not at all.
  await fs.writeFile(`${labStackFile}.new`, stringify({ ...before, config }));
  await fs.rename(`${labStackFile}.new`, labStackFile);
}

/** Where the files of the lab's stacks of other programs are: they go with the lab. */
const elsewhereFile = path.join(labDir, "stack-files");

/**
 * Writes the settings of the lab's stack of another program. What the engine has noted in the file stays there.
 * @throws Error where there is such a file already, which is somebody's
 */
export async function writeStackFileElsewhere(
  folder: string,
  config: Record<string, unknown>,
): Promise<void> {
  const file = stackFile(labStack, folder);
  const before = await readStackFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!(await filesElsewhere()).includes(file)) {
    if (before !== undefined) {
      throw new Error(`${file} is there already, and the lab's would take its place: move it away`);
    }
    makeLabDir();
    await fs.appendFile(elsewhereFile, `${file}\n`);
  }
  await fs.writeFile(file, stringify({ ...before, config: inProject(folder, config) }));
}

/** The project's name is in front of each. */
function inProject(folder: string, config: object): object {
  const { name } = readProject(folder);
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [`${name}:${key}`, value]),
  );
}

async function filesElsewhere(): Promise<string[]> {
  const text = await fs.readFile(elsewhereFile, "utf8").catch(() => "");
  return text.split("\n").filter(Boolean);
}

/** Removes the files of the settings of all of the lab's stacks. */
export async function removeStackFiles(): Promise<void> {
  for (const file of [labStackFile, ...(await filesElsewhere())]) {
    await fs.rm(file, { force: true });
  }
}

/** Changes some of the lab stack's settings, by whichever name they have there, or adds them. */
export async function changeLabStackFile(changes: Record<string, unknown>): Promise<void> {
  const { config } = await readStackFile(labStackFile);
  const { name: project } = readProject(projectRoot);
  const left = { ...changes };
  const changed = Object.entries(config).map(([key, value]) => {
    const setting = settingName(key, project);
    delete left[setting];
    return [key, setting in changes ? changes[setting] : value];
  });
  await writeStackFile({ ...(Object.fromEntries(changed) as Record<string, unknown>), ...left });
}

async function readStackFile(file: string): Promise<StackFile> {
  return parse(await fs.readFile(file, "utf8")) as StackFile;
}
