// npm run snapshot [-- --to FILE] [--stack NAME]: takes a snapshot of the running cluster, checks it, and
// brings it here: into .etcd/STACK, for its owner alone.
import { existsSync, mkdirSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import type { RemoteCluster } from "../components/etcd/remote/cluster";
import { fetchSnapshot, takeSnapshot } from "../components/etcd/remote/snapshot";
import { readStack } from "./stack";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { to: { type: "string" }, stack: { type: "string", short: "s" } },
  });
  refuseToOverwrite(values.to);
  const cluster = await readStack(values.stack);
  const snapshot = await takeSnapshot(cluster, (line) => console.error(line));
  const file = path.resolve(
    values.to ?? path.join(ownFolder(cluster), path.basename(snapshot.file)),
  );
  refuseToOverwrite(file);
  await fetchSnapshot(snapshot, cluster, file);
  const { revision, totalKey } = snapshot.status;
  console.log(`${file}: revision ${revision}, ${totalKey} keys; also in ${snapshot.where}`);
}

/** A snapshot is the whole database: for its owner alone. */
function ownFolder({ stack }: RemoteCluster): string {
  const folder = path.join(".etcd", path.basename(stack));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function refuseToOverwrite(file: string | undefined): void {
  if (file !== undefined && existsSync(file)) {
    throw new Error(`${file} is there already: name another file`);
  }
}

main().catch((error: Error) => {
  console.error(`snapshot: ${error.message}`);
  process.exitCode = 1;
});
