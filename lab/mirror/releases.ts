import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Log } from "../docker";
import { labDir } from "../paths";
import { takeFromDebian } from "./debian";
import { downloadPublished, type Published } from "./download";
import { buildEtcd } from "./goBuild";
import { pack, releaseName, sha256 } from "./tarball";

const releasesDir = path.join(labDir, "cache", "releases");

/** A release, as it is published and as it lies in the cache. */
export interface Release {
  /** For people, such as "etcd 3.7.3". */
  readonly title: string;
  /** Its folder in the cache, which looks as the publisher's site does. */
  readonly folder: string;
  /** Where nobody publishes it as one file it has no address. */
  readonly published: Omit<Published, "address"> & Partial<Published>;
  /** How it is had where its publisher does not answer. */
  readonly otherwise: {
    /** What that is, such as "Building etcd 3.7.3 with Go". */
    readonly text: string;
    /** @returns the file, in an empty folder or below it */
    readonly make: (folder: string) => Promise<string>;
  };
}

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
    await ensureRelease(etcd(version), log);
  }
  return releasesDir;
}

/** The same for a release of anything. */
export async function ensureRelease(release: Release, log: Log): Promise<void> {
  const file = path.join(releasesDir, release.folder, release.published.file);
  const isThere = await fs.access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) await addRelease(release, log);
}

/** Gathers a release beside its place and moves it there only when it is complete. */
async function addRelease({ title, folder, published, otherwise }: Release, log: Log) {
  await fs.mkdir(releasesDir, { recursive: true });
  const work = await fs.mkdtemp(path.join(releasesDir, ".partial-"));
  try {
    const release = path.join(work, "release");
    await fs.mkdir(release);
    const { address, file, sums } = published;
    const problem =
      address === undefined
        ? "Nobody publishes it as one file"
        : await downloadPublished({ address, file, sums }, release, log);
    if (problem !== undefined) {
      log(`${problem}. ${otherwise.text} instead`);
      const made = await otherwise
        .make(await fs.mkdtemp(path.join(work, "made-")))
        .catch((error: Error) => {
          throw new Error(`No ${title}: ${problem}, and ${error.message}`);
        });
      await fs.writeFile(path.join(release, sums), `${await sha256(made)}  ${file}\n`);
      await fs.rename(made, path.join(release, file));
    }
    const place = path.join(releasesDir, folder);
    await fs.mkdir(path.dirname(place), { recursive: true });
    await fs.rm(place, { recursive: true, force: true });
    await fs.rename(release, place);
  } finally {
    await fs.rm(work, { recursive: true, force: true });
  }
}

function etcd(version: string): Release {
  // etcd's modules can be required by their versions from 3.5 on; Debian still has a 3.4.
  const [text, gather] = /^3\.[0-4]\./.test(version)
    ? [`Taking etcd ${version} from Debian's packages`, takeFromDebian]
    : [`Building etcd ${version} with Go`, buildEtcd];
  const name = releaseName(version);
  const file = `${name}.tar.gz`;
  return {
    title: `etcd ${version}`,
    folder: `v${version}`,
    published: {
      address: `https://github.com/etcd-io/etcd/releases/download/v${version}`,
      file,
      sums: "SHA256SUMS",
    },
    otherwise: {
      text,
      make: async (folder) => {
        await fs.mkdir(path.join(folder, name));
        await gather(version, path.join(folder, name));
        await pack(path.join(folder, name), path.join(folder, file));
        return path.join(folder, file);
      },
    },
  };
}
