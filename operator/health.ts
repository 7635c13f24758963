// npm run health: asks the live cluster through the stack's outputs.
import { refuseWords, runCommand } from "./commandLine";

const usage = `npm run health [-- --stack NAME]   asks every member and every machine now
npm run health -- --json           the same as JSON
npm run health -- --cluster NAME   of a stack that has several: the name of its component

Ends with 1 if the cluster is not healthy, and with 2 if something wants to be looked at, such as a
certificate that ends soon, a disk that fills, or a version with known holes.`;

const options = {
  cluster: { type: "string" },
  stack: { type: "string", short: "s" },
  json: { type: "boolean" },
} as const;

runCommand({ name: "health", usage, options }, async (values, words) => {
  refuseWords(words);
  const { certificatesHealth } = await import("../components/etcd/certificates.js");
  const { disksHealth } = await import("../components/etcd/disks.js");
  const { askHealth } = await import("../components/etcd/remote/health.js");
  const { askUpkeep } = await import("../components/etcd/remote/upkeep.js");
  const { withSeenSnapshots } = await import("../components/etcd/snapshots/seen.js");
  const { certificateLines, diskLines, exitStatus, healthTable, versionLines } =
    await import("./healthTable.js");
  const { readStack } = await import("./stack.js");

  const stack = await readStack(values.stack, values.cluster);
  const { renewal, desired } = stack.record ?? {};
  const [asked, machines] = await Promise.all([askHealth(stack), askUpkeep(stack)]);
  const snapshots = machines.map((machine) => machine.snapshots);
  const health = { ...asked, snapshots: withSeenSnapshots(asked.snapshots, snapshots) };
  const certificates = certificatesHealth(
    renewal === undefined ? [] : machines,
    renewal ?? { certificate: 0, authority: 0 },
  );
  const databaseOf = (name: string) =>
    asked.members.find((member) => member.name === name)?.dbSizeBytes;
  const disks = disksHealth(
    machines.map((machine) => ({ ...machine, databaseBytes: databaseOf(machine.name) })),
    desired?.quotaBytes,
  );
  console.log(
    values.json
      ? JSON.stringify({ ...health, certificates, disks }, null, 2)
      : [
          ...versionLines(health),
          ...certificateLines(certificates),
          ...diskLines(disks),
          healthTable(health),
        ].join("\n"),
  );
  return exitStatus(health, certificates, disks);
});
