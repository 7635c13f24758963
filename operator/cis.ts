// npm run cis: what the CIS Kubernetes Benchmark asks of etcd, by what runs on each member's machine.
import { refuseWords, runCommand } from "./commandLine";

const usage = `npm run cis [-- --stack NAME]      the CIS Kubernetes Benchmark's items on etcd, each on each member, by what runs there
npm run cis -- --json              the same as JSON
npm run cis -- --cluster NAME      of a stack that has several: the name of its component

Changes nothing. Ends with 1 if an item fails or could not be seen.`;

const options = {
  cluster: { type: "string" },
  stack: { type: "string", short: "s" },
  json: { type: "boolean" },
} as const;

runCommand({ name: "cis", usage, options }, async ({ cluster, stack, json }, words) => {
  refuseWords(words);
  const { cisReport } = await import("../components/etcd/cis/report.js");
  const { lookForCis } = await import("../components/etcd/remote/cis.js");
  const { cisLines } = await import("./cisLines.js");
  const { readStack } = await import("./stack.js");

  const outputs = await readStack(stack, cluster);
  const report = cisReport(await lookForCis(outputs), outputs.caCertPem);
  console.log(json ? JSON.stringify(report, null, 2) : cisLines(report).join("\n"));
  return report.passed ? 0 : 1;
});
