import { beforeAll, expect, it } from "vitest";
import { planMembers } from "../../../../components/etcd/plan";
import { snapshotFiles } from "../../../../components/etcd/snapshots/files";
import { valueOf } from "../../../../components/etcd/rollout/record";

const [member] = planMembers([{ name: "controller-0", address: "10.0.1.10" }], { tls: true });
const plan = {
  ...{ directory: "/srv/snapshots", minutes: 60, keep: 10, keepDays: 30, bucket: undefined },
  s3: { endpoint: "", region: "us-east-1", keys: undefined },
};
const context = {
  ...{ clusterName: "prod", clusterId: "0123456789abcdef0123456789abcdef" },
  ...{ version: "3.7.3", binaries: "/opt/etcd/v3.7.3/bin" },
};

let unit: string[];
beforeAll(async () => {
  const files = await valueOf(snapshotFiles(member!, plan, context));
  unit = files["snapshot.service"]!.split("\n");
});

it("what takes snapshots is root with one capability, and writes in two folders alone", () => {
  const writable = unit.filter((line) => /^(ReadWritePaths|RuntimeDirectory)=/.test(line));
  expect(writable).toEqual(["ReadWritePaths=-/srv/snapshots", "RuntimeDirectory=etcd-by-pulumi"]);
  expect(unit).toEqual(
    expect.arrayContaining([
      "CapabilityBoundingSet=CAP_DAC_READ_SEARCH",
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
    ]),
  );
});

it("it sees no other process, and leaves no memory on the disk", () => {
  expect(unit).toEqual(
    expect.arrayContaining(["ProtectProc=invisible", "ProcSubset=pid", "LimitCORE=0"]),
  );
});
