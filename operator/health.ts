// npm run health [-- --stack NAME] [--json]: asks the live cluster through the stack's outputs.
import { parseArgs } from "node:util";
import { certificatesHealth } from "../components/etcd/certificates";
import { askCertificates } from "../components/etcd/remote/certificates";
import { askHealth } from "../components/etcd/remote/health";
import { askSnapshots } from "../components/etcd/remote/snapshotAge";
import { certificateLines, exitStatus, healthTable } from "./healthTable";
import { withSeenSnapshots } from "../components/etcd/snapshots/seen";
import { readStack } from "./stack";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { stack: { type: "string", short: "s" }, json: { type: "boolean" } },
  });
  const stack = await readStack(values.stack);
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
  process.exitCode = exitStatus(health, certificates);
}

main().catch((error: Error) => {
  console.error(`health: ${error.message}`);
  process.exitCode = 1;
});
