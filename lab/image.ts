import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { aptInstall } from "./apt";
import { commandExists, docker, runDocker, type Log } from "./docker";
import { labDir, makeLabDir, projectRoot } from "./paths";
import { lastLines, run } from "./run";

const imageFolder = path.join(projectRoot, "lab", "image");
const hubBase = "debian:bookworm-slim";
const ownBase = "etcd-lab-base:bookworm";
const buildLimitSeconds = 900;

/**
 * Makes sure that the image of the lab's machines exists and gives its name. It is built once
 * (about a minute) and again when something in lab/image changes.
 *
 * @throws Error with the build's last lines, or what to do where there's no Debian to build from.
 */
export async function ensureImage(log: Log): Promise<string> {
  const name = await imageName();
  if (await imageExists(name)) return name;
  const base = await ensureBase(log);
  log(`Building ${name} from ${base}`);
  const build = ["build", "--build-arg", `BASE=${base}`, "--tag", name, imageFolder];
  const result = await run("docker", build, { limitSeconds: buildLimitSeconds });
  if (result.failed) {
    const why = result.timedOut ? `took longer than ${buildLimitSeconds} s` : "failed";
    throw new Error(`docker build ${why}. Its last lines:\n${lastLines(result.all)}`);
  }
  return name;
}

/** The image's name carries a hash of what it is made from. */
export async function imageName(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of (await fs.readdir(imageFolder)).sort()) {
    hash.update(`${file}\n`).update(await fs.readFile(path.join(imageFolder, file)));
  }
  return `etcd-lab-machine:${hash.digest("hex").slice(0, 12)}`;
}

/** Removes all that was built for them. */
export async function removeImages(): Promise<void> {
  const names = await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}");
  const own = names.split("\n").filter((name) => /^etcd-lab-(machine|base):/.test(name));
  if (own.length > 0) await docker("image", "rm", "--force", ...own);
}

async function imageExists(name: string): Promise<boolean> {
  return (await docker("image", "ls", "--quiet", name)) !== "";
}

/** A bare Debian: Docker Hub's where it answers, else one made from Debian's own packages. */
async function ensureBase(log: Log): Promise<string> {
  for (const name of [hubBase, ownBase]) {
    if (await imageExists(name)) return name;
  }
  const canMakeOne = process.platform === "linux" && process.getuid?.() === 0;
  log(`Pulling ${hubBase}`);
  try {
    await runDocker(["pull", "--quiet", hubBase], canMakeOne ? 20 : buildLimitSeconds);
    return hubBase;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!canMakeOne) {
      throw new Error(
        `${reason}\nThe lab needs ${hubBase}. Give Docker access to a registry that has it, or ` +
          "run the lab as root on Debian or Ubuntu, where it can make a Debian from packages.",
      );
    }
    log(`${reason}. Making a Debian from packages instead`);
  }
  await makeBase();
  return ownBase;
}

async function makeBase(): Promise<void> {
  if (!(await commandExists("mmdebstrap"))) {
    await aptInstall(["mmdebstrap", "debian-archive-keyring"], "the image of the lab's machines");
  }
  makeLabDir();
  const tarball = path.join(labDir, "debian.tar");
  const args = ["--variant=minbase", "--include=ca-certificates", "bookworm", tarball];
  try {
    const result = await run("mmdebstrap", args, { limitSeconds: buildLimitSeconds });
    if (result.failed) {
      throw new Error(`mmdebstrap failed. Its last lines:\n${lastLines(result.all)}`);
    }
    await docker("import", tarball, ownBase);
  } finally {
    await fs.rm(tarball, { force: true });
  }
}
