import { describe, expect, it } from "vitest";
import { type FlagSettings, memberFlags } from "../../../components/etcd/flags";
import { hasFlag } from "../../../components/etcd/knownFlags";
import { planMembers } from "../../../components/etcd/plan";

const one = { name: "controller-0", address: "10.0.1.10" };
const [member] = planMembers([one], { tls: true });
const settings: FlagSettings = {
  version: "3.7.3",
  quotaGiB: 8,
  plainLoopback: false,
  compactionRetention: "1h",
  heartbeatIntervalMs: 100,
  electionTimeoutMs: 1000,
  extraFlags: {},
};
const flagsWith = (changes: Partial<FlagSettings>) =>
  memberFlags(member!, { ...settings, ...changes });
const flagsFor = (version: string) => flagsWith({ version });

describe("every flag is one that the version has", () => {
  it.each([
    "3.4.0",
    "3.4.23",
    "3.4.25",
    "3.4.45",
    "3.5.0",
    "3.5.4",
    "3.5.5",
    "3.5.8",
    "3.5.33",
    "3.6.0",
    "3.6.14",
    "3.7.0",
    "3.7.3",
  ])("%s", (version) => {
    const names = flagsFor(version).map((flag) => /^--([^=]+)/.exec(flag)![1]!);
    expect(names.filter((name) => !hasFlag(version, name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});

/** For keys of ECDSA; etcd 3.4 knows the last one by no other name. */
const suites =
  "--cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305";

describe("what differs between versions", () => {
  it.each([
    ["3.4.24", "--tls-min-version=TLS1.2", false],
    ["3.4.25", "--tls-min-version=TLS1.2", true],
    ["3.5.7", "--tls-min-version=TLS1.2", false],
    ["3.5.8", "--tls-min-version=TLS1.2", true],
    ["3.7.3", "--tls-min-version=TLS1.2", true],
    ["3.4.0", suites, true],
    ["3.5.3", suites, true],
    ["3.7.3", suites, true],
    ["3.4.45", "--pre-vote", true],
    ["3.5.33", "--pre-vote", false],
    ["3.4.45", "--logger=zap", true],
    ["3.5.4", "--experimental-compact-hash-check-enabled", false],
    ["3.5.5", "--experimental-compact-hash-check-enabled", true],
    ["3.5.33", "--experimental-initial-corrupt-check", true],
    ["3.6.0", "--experimental-initial-corrupt-check", false],
    ["3.6.0", "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true", true],
    ["3.7.3", "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true", true],
  ])("%s: %s is %s", (version, flag, expected) => {
    expect(flagsFor(version).includes(flag)).toBe(expected);
  });
});

it("with the defaults, a member is what it was before there were settings for it: no restart", () => {
  expect(flagsFor("3.7.3").slice(-8)).toEqual([
    suites,
    "--tls-min-version=TLS1.2",
    "--heartbeat-interval=100",
    "--election-timeout=1000",
    "--quota-backend-bytes=8589934592",
    "--auto-compaction-mode=periodic",
    "--auto-compaction-retention=1h",
    "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true",
  ]);
});

describe("what a setting tunes", () => {
  it.each<[Partial<FlagSettings>, string[]]>([
    [{ quotaGiB: 2 }, ["--quota-backend-bytes=2147483648"]],
    [{ heartbeatIntervalMs: 250 }, ["--heartbeat-interval=250"]],
    [{ electionTimeoutMs: 2500 }, ["--election-timeout=2500"]],
    [
      { compactionRetention: "1h30m" },
      ["--auto-compaction-mode=periodic", "--auto-compaction-retention=1h30m"],
    ],
    [
      { compactionRetention: "10000" },
      ["--auto-compaction-mode=revision", "--auto-compaction-retention=10000"],
    ],
    [
      { compactionRetention: "0" },
      ["--auto-compaction-mode=periodic", "--auto-compaction-retention=0"],
    ],
  ])("%j: %j", (changes, expected) => {
    const flags = flagsWith(changes);
    expect(flags).toEqual(expect.arrayContaining(expected));
    expect(flags).toHaveLength(flagsFor("3.7.3").length);
  });
});

describe("further flags", () => {
  const two = { "max-request-bytes": "10485760", "log-level": "debug" };

  it("come last, in the order of their names, however they are written", () => {
    const expected = [...flagsFor("3.7.3"), "--log-level=debug", "--max-request-bytes=10485760"];
    expect(flagsWith({ extraFlags: two })).toEqual(expected);
    const reversed = Object.fromEntries(Object.entries(two).reverse());
    expect(flagsWith({ extraFlags: reversed })).toEqual(expected);
  });

  it("that are feature gates join those that every member has, in one flag", () => {
    const flags = flagsWith({ extraFlags: { "feature-gates": "LeaseCheckpoint=true" } });
    expect(flags.filter((flag) => flag.startsWith("--feature-gates"))).toEqual([
      "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true,LeaseCheckpoint=true",
    ]);
  });
});

describe("which TLS is spoken, where somebody says it", () => {
  const about = (flags: string[]) => flags.filter((flag) => /^--(cipher|tls)/.test(flag));

  it("TLS 1.3 at least goes without suites, with which etcd would not start", () => {
    const extraFlags = { "tls-min-version": "TLS1.3" };
    expect(about(flagsWith({ extraFlags }))).toEqual(["--tls-min-version=TLS1.3"]);
  });

  it("suites of one's own take the place of ours", () => {
    const extraFlags = { "cipher-suites": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" };
    expect(about(flagsWith({ extraFlags }))).toEqual([
      "--tls-min-version=TLS1.2",
      "--cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    ]);
  });
});

it("nothing of a first start is among them: a change of the membership restarts nobody", () => {
  const names = flagsFor("3.7.3").join(" ");
  expect(names).not.toMatch(/--initial-cluster(=|-state|-token)/);
});

it("clients and peers need certificates, on every listener but the metrics' on loopback", () => {
  const flags = flagsFor("3.7.3");
  expect(flags).toContain("--client-cert-auth");
  expect(flags).toContain("--client-crl-file=/etc/etcd/pki/revoked.crl");
  expect(flags).toContain("--peer-client-cert-auth");
  expect(flags).toContain("--trusted-ca-file=/etc/etcd/pki/ca.crt");
  expect(flags).toContain("--peer-trusted-ca-file=/etc/etcd/pki/peer-ca.crt");
  const plain = flags.filter((flag) => flag.includes("http://"));
  expect(plain).toEqual(["--listen-metrics-urls=http://127.0.0.1:2381"]);
});

it("the quota is in bytes", () => {
  expect(flagsFor("3.7.3")).toContain("--quota-backend-bytes=8589934592");
});

describe("the client listener on loopback", () => {
  const listeners = (address: string, tls: boolean, plainLoopback: boolean) => {
    const [plan] = planMembers([{ ...one, address }], { tls });
    const flags = memberFlags(plan!, { ...settings, plainLoopback });
    return flags.find((flag) => flag.startsWith("--listen-client-urls="))!.split("=")[1];
  };

  it.each([
    ["10.0.1.10", true, false, "https://10.0.1.10:2379,https://127.0.0.1:2379"],
    ["10.0.1.10", true, true, "https://10.0.1.10:2379,http://127.0.0.1:2379"],
    ["10.0.1.10", false, false, "http://10.0.1.10:2379,http://127.0.0.1:2379"],
    ["localhost", false, false, "http://localhost:2379"],
    ["127.0.0.1", true, false, "https://127.0.0.1:2379"],
  ])("%s, TLS %s, plain %s: %s", (address, tls, plain, expected) => {
    expect(listeners(address, tls, plain)).toBe(expected);
  });
});

it("without TLS there is no flag of it", () => {
  const [plan] = planMembers([one], { tls: false });
  const flags = memberFlags(plan!, settings).join(" ");
  expect(flags).not.toMatch(/cert|key|ca-file|tls|cipher|https/);
});
