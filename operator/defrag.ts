// npm run defrag [-- --compact] [--stack NAME]: gives free space in the members' databases back, one
// member at a time; with --compact drops the history first and ends the alarm of a full database.
// Ends with 1 when the cluster is not healthy afterwards.
import { parseArgs } from "node:util";
import { defragment } from "../components/etcd/remote/defrag";
import { askHealth } from "../components/etcd/remote/health";
import { readStack } from "./stack";
import { healthTable } from "./healthTable";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { compact: { type: "boolean" }, stack: { type: "string", short: "s" } },
  });
  const cluster = await readStack(values.stack);
  await defragment(cluster, { compact: values.compact ?? false, log: console.log });
  const health = await askHealth(cluster);
  console.log(healthTable(health));
  process.exitCode = health.healthy ? 0 : 1;
}

main().catch((error: Error) => {
  console.error(`defrag: ${error.message}`);
  process.exitCode = 1;
});
