import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Log } from "../docker";
import { labDir } from "../paths";
import { takeFromDebian } from "./debian";
import { downloadRelease } from "./download";
import { buildWithGo } from "./goBuild";
import { pack, releaseName } from "./tarball";

const releasesDir = path.join(labDir, "cache", "releases");

/**
 * Makes sure that these etcd releases are in the cache and gives its folder, which looks as
 * GitHub's release pages do: `v3.7.3/etcd-v3.7.3-linux-amd64.tar.gz` and `v3.7.3/SHA256SUMS`.
 * They come from there. Where GitHub doesn't answer they are built from source with Go, or, before
 * 3.5, taken from Debian's packages.
 *
 * @param versions such as "3.7.3"
 * @throws Error when a checksum is wrong, or nobody can give a release
 */
export async function ensureReleases(versions: string[], log: Log): Promise<string> {
  for (const version of new Set(versions)) {
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
      throw new Error(`"${version}" is no etcd version: expected one such as 3.7.3.`);
    }
    if (!(await isCached(version))) await addRelease(version, log);
  }
  return releasesDir;
}

async function isCached(version: string): Promise<boolean> {
  const file = path.join(releasesDir, `v${version}`, `${releaseName(version)}.tar.gz`);
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

/** Gathers a release beside its place and moves it there only when it is complete. */
async function addRelease(version: string, log: Log): Promise<void> {
  await fs.mkdir(releasesDir, { recursive: true });
  const folder = await fs.mkdtemp(path.join(releasesDir, ".partial-"));
  try {
    const release = path.join(folder, "release");
    await fs.mkdir(release);
    const problem = await downloadRelease(version, release, log);
    if (problem !== undefined) {
      const { text, gather } = otherSource(version);
      log(`${problem}. ${text} instead`);
      await make(version, folder, release, gather).catch((error: Error) => {
        throw new Error(`No etcd ${version}: ${problem}, and ${error.message}`);
      });
    }
    const place = path.join(releasesDir, `v${version}`);
    await fs.rm(place, { recursive: true, force: true });
    await fs.rename(release, place);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** Puts a release's commands into a folder. */
type Gather = (version: string, output: string) => Promise<void>;

/** etcd's modules can be required by their versions from 3.5 on; Debian still has a 3.4. */
function otherSource(version: string): { text: string; gather: Gather } {
  return /^3\.[0-4]\./.test(version)
    ? { text: `Taking etcd ${version} from Debian's packages`, gather: takeFromDebian }
    : { text: `Building etcd ${version} with Go`, gather: buildWithGo };
}

async function make(
  version: string,
  folder: string,
  release: string,
  gather: Gather,
): Promise<void> {
  const output = path.join(folder, releaseName(version));
  await fs.mkdir(output);
  await gather(version, output);
  await pack(output, path.join(release, `${releaseName(version)}.tar.gz`));
}
