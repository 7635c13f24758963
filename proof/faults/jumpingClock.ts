import * as fs from "node:fs/promises";
import * as path from "node:path";
import { buildEtcd, goRoot } from "../../lab/mirror/goBuild";
import { labDir, projectRoot } from "../../lab/paths";

const cache = path.join(labDir, "cache", "jumping-clock");
const addition = path.join(projectRoot, "proof", "faults", "clock", "jump.go");

/** Where Go's own `time.Now` asks the system. */
const readsClock = /(?<=^func Now\(\) Time \{\n\tsec, nsec, mono := \w+\(\)\n)/m;

/**
 * An etcd whose wall clock can be set without anybody else's: the release, built with a `time.Now` that
 * adds what a file says. Kept in the lab's cache.
 * @returns the program's path
 * @throws Error where there is no Go, or one whose `time.Now` is not known
 */
export async function etcdWithJumpingClock(version: string): Promise<string> {
  const program = path.join(cache, `v${version}`, "etcd");
  const isThere = await fs.access(program).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    await build(version, path.dirname(program));
  }
  return program;
}

async function build(version: string, place: string): Promise<void> {
  await fs.mkdir(cache, { recursive: true });
  const folder = await fs.mkdtemp(path.join(cache, ".partial-"));
  try {
    const output = path.join(folder, "etcd");
    await fs.mkdir(output);
    await buildEtcd(version, output, { only: "etcd", overlay: await writeOverlay(folder) });
    await fs.rename(output, place);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** What `go build -overlay` reads: files that take the place of others, or are there besides. */
async function writeOverlay(folder: string): Promise<string> {
  const time = path.join(await goRoot(), "src", "time");
  const original = await fs.readFile(path.join(time, "time.go"), "utf8");
  const changed = original.replace(readsClock, "\tsec += jump.Load()\n");
  if (changed === original) {
    throw new Error(`time.Now in ${time} is not as Go 1.24 to 1.26 have it: nothing was built`);
  }
  const file = path.join(folder, "time.go");
  await fs.writeFile(file, changed);
  const overlay = path.join(folder, "overlay.json");
  const replace = { [path.join(time, "time.go")]: file, [path.join(time, "jump.go")]: addition };
  await fs.writeFile(overlay, JSON.stringify({ Replace: replace }));
  return overlay;
}
