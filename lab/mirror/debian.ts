import * as fs from "node:fs/promises";
import * as path from "node:path";
import { lastLines, run } from "../run";

/** The packages and the command that each of them has. */
const packages = { "etcd-server": "etcd", "etcd-client": "etcdctl" };
const limitSeconds = 120;

/**
 * Takes a release's commands from Debian's packages, without installing them. Debian's are linked
 * with its C library, so that they run on the lab's machines, which are Debian's too.
 *
 * @param output an empty folder for the commands
 * @throws Error that says which version apt offers, where it's another one or none
 */
export async function takeFromDebian(version: string, output: string): Promise<void> {
  const folder = await fs.mkdtemp(`${output}-packages-`);
  const wanted = await packagesOf(version);
  await succeed("apt-get", ["download", ...wanted], folder);
  for (const file of (await fs.readdir(folder)).filter((name) => name.endsWith(".deb"))) {
    await succeed("dpkg-deb", ["--extract", file, "."], folder);
  }
  for (const command of Object.values(packages)) {
    await fs.copyFile(path.join(folder, "usr", "bin", command), path.join(output, command));
  }
}

/** The packages of exactly this version, as apt-get wants them named. */
async function packagesOf(version: string): Promise<string[]> {
  let offers = await offeredByApt();
  if (offers.length === 0) {
    // A machine on which nobody has asked yet. Where that isn't allowed the answer stays none.
    await run("apt-get", ["update"], { limitSeconds });
    offers = await offeredByApt();
  }
  const matching = offers.filter((offer) => upstream(offer.version) === version);
  return Object.keys(packages).map((name) => {
    const found = matching.find((offer) => offer.name === name);
    if (found !== undefined) return `${name}=${found.version}`;
    const seen = offers.filter((offer) => offer.name === name).map((offer) => offer.version);
    throw new Error(
      `apt offers ${seen.join(", ") || "none"} of Debian's ${name}, expected ${version}. Use ` +
        `a version that apt has, or put the release into the lab's cache by hand`,
    );
  });
}

interface Offer {
  name: string;
  version: string;
}

/** What apt could install; each line is `name | version | where from`. */
async function offeredByApt(): Promise<Offer[]> {
  const result = await run("apt-cache", ["madison", ...Object.keys(packages)], { limitSeconds });
  if (result.code === "ENOENT") {
    throw new Error("there is no apt to take Debian's packages from");
  }
  return result.stdout.split("\n").flatMap((line) => {
    const [name, version, source] = line.split("|").map((part) => part.trim());
    const isBinary = source?.endsWith(" Packages") ?? false;
    return name && version && isBinary ? [{ name, version }] : [];
  });
}

/** etcd's version in Debian's: 3.4.23 in 3.4.23-4+b4, 3.5.16 in 1:3.5.16+dfsg-2. */
function upstream(version: string): string | undefined {
  return /^(?:\d+:)?(\d+\.\d+\.\d+)/.exec(version)?.[1];
}

async function succeed(command: string, args: string[], cwd: string): Promise<void> {
  const result = await run(command, args, { cwd, limitSeconds });
  if (!result.failed) return;
  const why = result.timedOut ? `took longer than ${limitSeconds} s` : "failed";
  throw new Error(`${command} ${args[0]} ${why}. Its last lines:\n${lastLines(result.all, 5)}`);
}
