// npm run snapshot [-- --to FILE] [--stack NAME]: takes a snapshot of the running cluster, checks it, and
// brings it here.
import { existsSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { fetchSnapshot, takeSnapshot } from "../components/etcd/remote/snapshot";
import { readStack } from "./stack";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { to: { type: "string" }, stack: { type: "string", short: "s" } },
  });
  if (values.to !== undefined && existsSync(values.to)) {
    throw new Error(`${values.to} is there already: name another file`);
  }
  const cluster = await readStack(values.stack);
  const snapshot = await takeSnapshot(cluster, (line) => console.error(line));
  const file = path.resolve(values.to ?? path.basename(snapshot.file));
  await fetchSnapshot(snapshot, cluster, file);
  const { revision, totalKey } = snapshot.status;
  console.log(`${file}: revision ${revision}, ${totalKey} keys; also in ${snapshot.where}`);
}

main().catch((error: Error) => {
  console.error(`snapshot: ${error.message}`);
  process.exitCode = 1;
});
