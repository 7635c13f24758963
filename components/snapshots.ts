import { createHash } from "node:crypto";
import type { RestoreRequest, SnapshotPlan } from "./etcd/snapshots/plan";
import type { Machines } from "./machine";
import type { SnapshotSettings } from "./settings/snapshots";

/**
 * How snapshots are taken, by the settings.
 * @param made the bucket that the machines' maker has made or given access to, where there is one
 */
export function snapshotPlan(
  settings: SnapshotSettings,
  made: Machines["snapshotBucket"],
): SnapshotPlan {
  const id = settings.snapshotAccessKeyId;
  return {
    minutes: settings.snapshotMinutes,
    keep: settings.snapshotKeep,
    keepDays: settings.snapshotKeepDays,
    directory: settings.snapshotDirectory,
    bucket: settings.snapshotUpload
      ? (made?.name ?? (settings.snapshotBucket || undefined))
      : undefined,
    s3: {
      // Stores that are not AWS mostly take any.
      region: settings.snapshotRegion || made?.region || "us-east-1",
      endpoint: settings.snapshotEndpoint,
      keys: id === "" ? undefined : { id, secret: settings.snapshotSecretAccessKey },
    },
  };
}

/** What is to be restored. It follows from the settings alone, so that a preview knows it. */
export function restoreRequest({ restoreFrom, restoreOverData }: SnapshotSettings): RestoreRequest {
  return {
    id:
      restoreFrom === "" ? "" : createHash("sha256").update(restoreFrom).digest("hex").slice(0, 8),
    from: restoreFrom,
    overData: restoreOverData,
  };
}
