// npm run health: asks the live cluster through the stack's outputs.
import { refuseWords, runCommand } from "./commandLine";

const usage = `npm run health [-- --stack NAME]   asks every member and every machine now
npm run health -- --json           the same as JSON
npm run health -- --cluster NAME   of a stack that has several: the name of its component

Ends with 1 if the cluster is not healthy, and with 2 if something wants to be looked at, such as a
certificate that ends soon.`;

const options = {
  cluster: { type: "string" },
  stack: { type: "string", short: "s" },
  json: { type: "boolean" },
} as const;

runCommand({ name: "health", usage, options }, async (values, words) => {
  refuseWords(words);
  const { certificatesHealth } = await import("../components/etcd/certificates.js");
  const { askCertificates } = await import("../components/etcd/remote/certificates.js");
  const { askHealth } = await import("../components/etcd/remote/health.js");
  const { askSnapshots } = await import("../components/etcd/remote/snapshotAge.js");
  const { withSeenSnapshots } = await import("../components/etcd/snapshots/seen.js");
  const { certificateLines, exitStatus, healthTable } = await import("./healthTable.js");
  const { readStack } = await import("./stack.js");

  const stack = await readStack(values.stack, values.cluster);
  const renewal = stack.record?.renewal;
  const [asked, seen, snapshots] = await Promise.all([
    askHealth(stack),
    renewal === undefined ? [] : askCertificates(stack),
    askSnapshots(stack),
  ]);
  const health = { ...asked, snapshots: withSeenSnapshots(asked.snapshots, snapshots) };
  const certificates = certificatesHealth(seen, renewal ?? { certificate: 0, authority: 0 });
  console.log(
    values.json
      ? JSON.stringify({ ...health, certificates }, null, 2)
      : [...certificateLines(certificates), healthTable(health)].join("\n"),
  );
  return exitStatus(health, certificates);
});
