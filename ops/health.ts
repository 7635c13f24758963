// npm run health [-- --stack NAME] [--json]: asks the live cluster through the stack's outputs.
// Ends with 1 when the cluster is not healthy, with 2 when only its snapshots are not as they should be.
import { parseArgs } from "node:util";
import { askHealth } from "../components/etcd/remote/health";
import { healthTable } from "./healthTable";
import { readStack } from "./stack";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { stack: { type: "string", short: "s" }, json: { type: "boolean" } },
  });
  const health = await askHealth(await readStack(values.stack));
  console.log(values.json ? JSON.stringify(health, null, 2) : healthTable(health));
  process.exitCode = !health.healthy ? 1 : health.snapshots.warning !== "" ? 2 : 0;
}

main().catch((error: Error) => {
  console.error(`health: ${error.message}`);
  process.exitCode = 1;
});
