import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { labDir, projectRoot } from "../../lab/paths";
import { describeExample } from "./example";

const execute = promisify(execFile);

// What is committed, as a person's `pulumi` fetches it: with packages of its own.
const root = path.join(labDir, "package");

/** Minutes: npm, pip or go fetch and build all that the program and the component need. */
async function install(cwd: string): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  const copy = `git -C '${projectRoot}' archive HEAD | tar --extract --directory '${root}'`;
  await execute("sh", ["-c", copy]);
  await execute("pulumi", ["install"], { cwd, maxBuffer: 64 * 1024 ** 2 });
}

const languages = inject("languages");
// It needs no package of its own.
describeExample({ name: "yaml", root: projectRoot }, languages.includes("yaml"));
describeExample({ name: "python", root, prepare: install }, languages.includes("python"));
describeExample({ name: "go", root, prepare: install }, languages.includes("go"));
