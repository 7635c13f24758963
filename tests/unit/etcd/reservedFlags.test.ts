import { describe, expect, it } from "vitest";
import { memberFlags } from "../../../components/etcd/flags";
import { replacementOf } from "../../../components/etcd/flagReplacements";
import { flagTable } from "../../../components/etcd/flagTable";
import { planMembers } from "../../../components/etcd/plan";
import { reservedReason } from "../../../components/etcd/reservedFlags";

describe("what the project sets itself is for nobody to add", () => {
  const tuning = {
    compactionRetention: "1h",
    heartbeatIntervalMs: 100,
    electionTimeoutMs: 1000,
    extraFlags: {},
  };
  const [member] = planMembers([{ name: "a", address: "10.0.1.10" }], { tls: true });

  it.each(["3.4.45", "3.5.33", "3.6.14", "3.7.3"])("%s", (version) => {
    const settings = { ...tuning, version, quotaGiB: 8, plainLoopback: false };
    const names = memberFlags(member!, settings).map((flag) => /^--([^=]+)/.exec(flag)![1]!);
    const open = names.filter((name) => reservedReason(name) === undefined);
    // The gates of both are put together; the others take the place of ours.
    const shared = ["feature-gates", "cipher-suites", "tls-min-version"];
    expect(open.filter((name) => !shared.includes(name))).toEqual([]);
  });
});

it("these flags are for a person to add, and no others", () => {
  const open = Object.keys(flagTable).filter((name) => reservedReason(name) === undefined);
  expect(open.filter((name) => !name.startsWith("experimental-"))).toEqual([
    "auth-token",
    "auth-token-ttl",
    "backend-batch-interval",
    "backend-batch-limit",
    "backend-bbolt-freelist-type",
    "bcrypt-cost",
    "bootstrap-defrag-threshold-megabytes",
    "cipher-suites",
    "compact-hash-check-time",
    "compaction-batch-limit",
    "compaction-sleep-interval",
    "corrupt-check-time",
    "cors",
    "debug",
    "distributed-tracing-address",
    "distributed-tracing-instance-id",
    "distributed-tracing-sampling-rate",
    "distributed-tracing-service-name",
    "downgrade-check-time",
    "enable-distributed-tracing",
    "enable-grpc-gateway",
    "enable-log-rotation",
    "enable-pprof",
    "enable-v2",
    "feature-gates",
    "grpc-keepalive-interval",
    "grpc-keepalive-min-time",
    "grpc-keepalive-timeout",
    "host-whitelist",
    "initial-election-tick-advance",
    "log-format",
    "log-level",
    "log-output",
    "log-outputs",
    "log-package-levels",
    "log-rotation-config-json",
    "max-concurrent-streams",
    "max-learners",
    "max-request-bytes",
    "max-snapshots",
    "max-txn-ops",
    "max-wals",
    "metrics",
    "next-cluster-version-compatible",
    "peer-crl-file",
    "raft-read-timeout",
    "raft-write-timeout",
    "snapshot-catchup-entries",
    "snapshot-count",
    "socket-reuse-address",
    "socket-reuse-port",
    "tls-max-version",
    "tls-min-version",
    "v2-deprecation",
    "warning-apply-duration",
    "warning-unary-request-duration",
    "watch-progress-notify-interval",
  ]);
});

describe("what a release has in place of a flag that it has not got", () => {
  it.each([
    ["3.5.33", "debug", "log-level: debug"],
    ["3.5.33", "log-output", "log-outputs"],
    ["3.5.33", "experimental-backend-bbolt-freelist-type", "backend-bbolt-freelist-type"],
    ["3.7.3", "experimental-corrupt-check-time", "corrupt-check-time"],
    ["3.7.3", "experimental-enable-lease-checkpoint", "feature-gates: LeaseCheckpoint=true"],
    ["3.4.45", "experimental-stop-grpc-service-on-defrag", undefined],
    ["3.5.33", "compaction-batch-limit", "experimental-compaction-batch-limit"],
    ["3.7.3", "enable-v2", undefined],
    ["3.7.3", "constructor", undefined],
  ])("%s, %s: %s", (version, name, expected) => {
    expect(replacementOf(version, name)).toBe(expected);
  });
});
