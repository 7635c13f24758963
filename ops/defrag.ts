// npm run defrag [-- --compact] [--stack NAME]: gives free space in the members' databases back, one
// member at a time; with --compact drops the history first and ends the alarm of a full database.
// Ends with 1 when the cluster is not healthy afterwards.
import { parseArgs } from "node:util";
import { warnings } from "../components/etcd/defragmentation";
import { askWhetherFit, defragment } from "../live/defrag";
import { askHealth } from "../live/health";
import { readStackOutputs } from "../live/stackOutputs";
import { healthTable } from "./healthTable";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { compact: { type: "boolean" }, stack: { type: "string", short: "s" } },
  });
  const options = { compact: values.compact ?? false, log: console.log };
  const outputs = await readStackOutputs(values.stack);
  for (const line of warnings(await askWhetherFit(outputs), options)) {
    console.log(line);
  }
  await defragment(outputs, options);
  const health = await askHealth(outputs);
  console.log(healthTable(health));
  process.exitCode = health.healthy ? 0 : 1;
}

main().catch((error: Error) => {
  console.error(`defrag: ${error.message}`);
  process.exitCode = 1;
});
