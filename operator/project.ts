import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

/** The project of a folder, as `pulumi` that is run there finds it. */
export interface Project {
  /** Also the namespace under which Pulumi keeps its own settings. */
  readonly name: string;
  /** Where the files of its stacks are. */
  readonly stackFolder: string;
}

/**
 * @param folder the one that `pulumi` is run in
 * @throws Error where there is no project
 */
export function readProject(folder = process.cwd()): Project {
  const file = path.join(folder, "Pulumi.yaml");
  if (!existsSync(file)) {
    throw new Error(`there is no ${file}: run this in the project's folder`);
  }
  const { name, stackConfigDir } = parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  if (typeof name !== "string") {
    throw new Error(`${file} has no name, expected the project's`);
  }
  const stackFolder = typeof stackConfigDir === "string" ? stackConfigDir : "";
  return { name, stackFolder: path.join(folder, stackFolder) };
}

/**
 * The file of a stack's settings. There may be none: the settings can be kept elsewhere.
 * @param stack its full name, or the last part of it
 */
export function stackFile({ stackFolder }: Project, stack: string): string {
  return path.join(stackFolder, `Pulumi.${stack.split("/").pop()}.yaml`);
}
