// npm run snapshot: takes a snapshot of the running cluster, checks it, and brings it here.
import { existsSync, mkdirSync } from "node:fs";
import * as path from "node:path";
import { refuseWords, runCommand } from "./commandLine";

const usage = `npm run snapshot [-- --stack NAME] takes a snapshot of the running cluster, checks it, and brings it here:
                                   into .etcd/STACK, for its owner alone
npm run snapshot -- --to FILE      into that file, which must not be there yet
npm run snapshot -- --cluster NAME of a stack that has several: the name of its component`;

const options = {
  to: { type: "string" },
  cluster: { type: "string" },
  stack: { type: "string", short: "s" },
} as const;

runCommand({ name: "snapshot", usage, options }, async ({ to, stack, cluster: name }, words) => {
  refuseWords(words);
  refuseToOverwrite(to);
  const { fetchSnapshot, takeSnapshot } = await import("../components/etcd/remote/snapshot.js");
  const { readStack } = await import("./stack.js");

  const cluster = await readStack(stack, name);
  const snapshot = await takeSnapshot(cluster, (line) => console.error(line));
  const file = path.resolve(
    to ?? path.join(ownFolder(cluster.stack), path.basename(snapshot.file)),
  );
  refuseToOverwrite(file);
  await fetchSnapshot(snapshot, cluster, file);
  const { revision, totalKey } = snapshot.status;
  console.log(`${file}: revision ${revision}, ${totalKey} keys; also in ${snapshot.where}`);
});

/** A snapshot is the whole database: for its owner alone. */
function ownFolder(stack: string): string {
  const folder = path.join(".etcd", path.basename(stack));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function refuseToOverwrite(file: string | undefined): void {
  if (file !== undefined && existsSync(file)) {
    throw new Error(`${file} is there already: name another file`);
  }
}
