import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Log } from "../docker";
import { labDir, projectRoot } from "../paths";
import { lastLines, run } from "../run";

const requirements = path.join(projectRoot, "lab", "s3", "requirements.txt");
const cache = path.join(labDir, "cache");
const installLimitSeconds = 300;

/**
 * Makes sure that moto is installed in a Python environment of the lab's own and gives that
 * environment's `python`. Done once for each version; takes about 20 s.
 *
 * @throws Error that says what is missing, or pip's last lines
 */
export async function ensureMoto(log: Log): Promise<string> {
  const version = /^moto.*==(.*)$/m.exec(await fs.readFile(requirements, "utf8"))![1]!;
  const place = path.join(cache, `moto-${version}`);
  const python = path.join(place, "bin", "python");
  if (!(await exists(python))) {
    log(`Installing moto ${version}, which stands in for S3`);
    await fs.mkdir(cache, { recursive: true });
    // Moved into its place only when it is complete.
    const folder = await fs.mkdtemp(path.join(cache, ".partial-moto-"));
    try {
      await install(folder);
      await fs.rename(folder, place);
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  }
  return python;
}

async function install(folder: string): Promise<void> {
  await python("python3", ["-m", "venv", folder], "python3 with venv (Debian: python3-venv)");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  const inFolder = path.join(folder, "bin", "python");
  await python(inFolder, [...pip, "--requirement", requirements], "PyPI, or an index in its place");
}

async function python(command: string, args: string[], needed: string): Promise<void> {
  const result = await run(command, args, { limitSeconds: installLimitSeconds });
  if (!result.failed) return;
  const why =
    result.code === "ENOENT"
      ? `there is no ${command}`
      : result.timedOut
        ? `it took longer than ${installLimitSeconds} s`
        : lastLines(result.all, 5);
  throw new Error(`The lab's S3 needs ${needed}: ${why}`);
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
