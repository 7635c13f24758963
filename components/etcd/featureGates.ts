import * as semver from "semver";

/**
 * Every feature gate that can be named in `--feature-gates`, and the releases that have it.
 * Source: `features/etcd_features.go` of the server and `featuregate` of 3.6.0 to 3.6.16 and 3.7.0 to 3.7.3.
 */
const gateTable: Readonly<Record<string, string>> = {
  AllAlpha: ">=3.6.0",
  AllBeta: ">=3.6.0",
  CompactHashCheck: ">=3.6.0",
  FastLeaseKeepAlive: ">=3.7.0",
  InitialCorruptCheck: ">=3.6.0",
  LeaseCheckpoint: ">=3.6.0",
  LeaseCheckpointPersist: ">=3.6.0",
  PriorityRequest: ">=3.7.0",
  SetMemberLocalAddr: ">=3.6.0",
  StopGRPCServiceOnDefrag: ">=3.6.0",
  TxnModeWriteWithSharedBuffer: ">=3.6.0",
};

/** The gates that are open in every member: data that is corrupt is found, and soon. */
export const ownGates: readonly string[] = ["InitialCorruptCheck", "CompactHashCheck"];

/**
 * The flags that 3.6 made gates of; 3.6 has both, and does not start with both of one feature.
 * Source: `ExperimentalFlagToFeatureMap` of 3.6.
 */
const gatesOfFlags: Readonly<Record<string, string>> = {
  "experimental-compact-hash-check-enabled": "CompactHashCheck",
  "experimental-enable-lease-checkpoint": "LeaseCheckpoint",
  "experimental-enable-lease-checkpoint-persist": "LeaseCheckpointPersist",
  "experimental-initial-corrupt-check": "InitialCorruptCheck",
  "experimental-stop-grpc-service-on-defrag": "StopGRPCServiceOnDefrag",
  "experimental-txn-mode-write-with-shared-buffer": "TxnModeWriteWithSharedBuffer",
};

/** The gate that a flag became, or undefined. */
export function gateOfFlag(name: string): string | undefined {
  return Object.hasOwn(gatesOfFlags, name) ? gatesOfFlags[name] : undefined;
}

/** The gates that a release of etcd has. */
export function gatesOf(version: string): string[] {
  return Object.keys(gateTable).filter((gate) => semver.satisfies(version, gateTable[gate]!));
}

/** The flag with the gates that are open in every member, and further ones: `Gate=true,Other=false`. */
export function featureGatesFlag(further = ""): string {
  const gates = [...ownGates.map((gate) => `${gate}=true`), ...(further === "" ? [] : [further])];
  return `--feature-gates=${gates.join(",")}`;
}
