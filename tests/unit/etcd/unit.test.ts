import { describe, expect, it } from "vitest";
import { planMembers } from "../../../components/etcd/plan";
import { placedUnit, type UnitSettings, unitText } from "../../../components/etcd/unit";

const [member] = planMembers([{ name: "controller-0", address: "10.0.1.10" }], { tls: true });
const settings: UnitSettings = {
  version: "3.7.3",
  binaries: "/opt/etcd/v3.7.3/bin",
  clusterName: "etcd",
  flags: ["--name=controller-0", "--quota-backend-bytes=1"],
  certificateAuthorities: [1],
};
const context = { clusterId: "0123456789abcdef0123456789abcdef", trustedPem: "CA" };
const placed = (changes: Partial<UnitSettings>, more: Partial<typeof context> = {}) =>
  placedUnit(unitText(member!, { ...settings, ...changes }), { ...context, ...more });
const digestOf = (...changes: Parameters<typeof placed>) => placed(...changes).digest;

describe("the digest of what a restart would change", () => {
  it("is the same for the same", () => expect(digestOf({})).toBe(digestOf({})));

  it.each<[string, Partial<UnitSettings>]>([
    ["another version", { version: "3.7.4" }],
    ["another flag", { flags: ["--name=controller-0", "--quota-backend-bytes=2"] }],
    ["another trusted CA", { certificateAuthorities: [1, 2] }],
  ])("differs for %s", (_, changes) => expect(digestOf(changes)).not.toBe(digestOf({})));

  it("differs for another CA file, which etcd reads only when it starts", () =>
    expect(digestOf({}, { trustedPem: "OTHER" })).not.toBe(digestOf({})));

  it("differs for another cluster, and is in the unit beside the cluster's id", () => {
    const other = "f".repeat(32);
    expect(digestOf({}, { clusterId: other })).not.toBe(digestOf({}));
    const { text, digest } = placed({});
    expect(text).toContain(
      `[Service]\nEnvironment=UNIT_DIGEST=${digest}\nEnvironment=CLUSTER_ID=${context.clusterId}\n`,
    );
  });

  it("is the same whichever of two trusted CAs issues: nobody restarts for that", () =>
    expect(digestOf({ certificateAuthorities: [2, 1] })).toBe(
      digestOf({ certificateAuthorities: [1, 2] }),
    ));
});

it("runs the release by its own path, so that a staged one changes nothing before its turn", () => {
  expect(unitText(member!, settings)).toContain(
    "ExecStart=/opt/etcd/v3.7.3/bin/etcd \\\n  --name=controller-0 \\\n  --quota-backend-bytes=1 \\\n  $FIRST_START_FLAGS\n",
  );
});

it("never starts on an empty data directory, but for a first start", () => {
  const assertions = unitText(member!, settings).match(/^AssertPathExists=.*$/gm);
  expect(assertions).toEqual([
    "AssertPathExists=|/var/lib/etcd/member",
    "AssertPathExists=|/run/etcd-first-start/flags",
  ]);
});

it("a member that shares its machine has a guard, data and flags of its own", () => {
  const [shared] = planMembers([{ name: "etcd2", address: "localhost", sharesMachine: true }], {
    tls: false,
  });
  const text = unitText(shared!, settings);
  expect(text).toContain("AssertPathExists=|/var/lib/etcd/etcd2/member\n");
  expect(text).toContain("AssertPathExists=|/run/etcd-etcd2-first-start/flags\n");
  expect(text).toContain("ReadWritePaths=/var/lib/etcd/etcd2\n");
});

it("keeps etcd's memory off the disk, and etcd from what a cloud's machine may do", () => {
  const lines = placed({}).text.split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "LimitCORE=0",
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "ProtectProc=invisible",
      "IPAddressDeny=169.254.169.254/32 fd00:ec2::254/128",
    ]),
  );
});
