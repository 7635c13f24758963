// npm run defrag: gives free space in the members' databases back.
import { refuseWords, runCommand } from "./commandLine";

const usage = `npm run defrag [-- --stack NAME]   gives free space in the members' databases back, one member at a time
npm run defrag -- --compact        drops the history first, and ends the alarm of a full database
npm run defrag -- --cluster NAME   of a stack that has several: the name of its component

Ends with 1 if the cluster is not healthy afterwards.`;

const options = {
  compact: { type: "boolean", default: false },
  cluster: { type: "string" },
  stack: { type: "string", short: "s" },
} as const;

runCommand({ name: "defrag", usage, options }, async ({ compact, stack, cluster: name }, words) => {
  refuseWords(words);
  const { defragment } = await import("../components/etcd/remote/defrag.js");
  const { askHealth } = await import("../components/etcd/remote/health.js");
  const { healthTable } = await import("./healthTable.js");
  const { readStack } = await import("./stack.js");

  const cluster = await readStack(stack, name);
  await defragment(cluster, { compact, log: console.log });
  const health = await askHealth(cluster);
  console.log(healthTable(health));
  return health.healthy ? 0 : 1;
});
