import { version } from "@pulumi/pulumi/version";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { commandExists, type Log } from "./docker";
import { labDir, projectRoot } from "./paths";
import { lastLines } from "./run";

/** Where the lab's own installations are, one for each version of the SDK. */
const installations = path.join(labDir, "cache", "pulumi");
const installation = path.join(installations, version);
const installed = path.join(installation, "bin", "pulumi");
const installLimitSeconds = 120;

/** The `pulumi` that is on this machine: PATH's, else one that the lab installed before. */
export async function presentPulumi(): Promise<string | undefined> {
  if (await commandExists("pulumi")) return "pulumi";
  return fs.access(installed, fs.constants.X_OK).then(
    () => installed,
    () => undefined,
  );
}

/**
 * The `pulumi` to run; where there is none, one is installed for the lab alone, by the installer of
 * Pulumi's Automation API (at most 120 s).
 *
 * @throws Error that says why none could be installed
 */
export async function ensurePulumi(log: Log): Promise<string> {
  const present = await presentPulumi();
  if (present !== undefined) return present;
  log(`There is no pulumi on PATH: trying to install ${version} for the lab alone`);
  await fs.mkdir(installations, { recursive: true });
  // Moved into its place only when it is complete.
  const folder = await fs.mkdtemp(path.join(installations, ".partial-"));
  try {
    await install(folder);
    await fs.rm(installation, { recursive: true, force: true });
    await fs.rename(folder, installation);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
    // Not left behind empty.
    await fs.rmdir(installations).catch(() => undefined);
  }
  return installed;
}

async function install(folder: string): Promise<void> {
  const { execa } = await import("execa");
  const program = path.join(projectRoot, "lab", "installPulumi.ts");
  const child = execa(process.execPath, ["--require", "tsx/cjs", program, folder], {
    cwd: projectRoot,
    all: true,
    reject: false,
    stdin: "ignore",
    // A group of its own: what the installer runs would go on without it and hold its output open.
    detached: true,
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill(-child.pid!, "SIGKILL");
  }, installLimitSeconds * 1000);
  const result = await child;
  clearTimeout(timer);
  if (!result.failed) return;
  throw new Error(
    isLate ? `it took longer than ${installLimitSeconds} s` : lastLines(result.all, 3),
  );
}
