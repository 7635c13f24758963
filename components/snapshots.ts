import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import type { RestoreRequest, SnapshotPlan } from "./etcd/snapshots/plan";
import type { Machines } from "./machines/machine";
import type { SnapshotSettings } from "./settings/snapshots";

/**
 * How snapshots are taken, by the settings.
 * @param secret the secret key of the store, where it is not a plain setting
 * @param made the bucket that the machines' maker has made or given access to, where there is one
 */
export function snapshotPlan(
  settings: SnapshotSettings,
  made: Machines["snapshotBucket"],
  secret: pulumi.Input<string> = settings.snapshotSecretAccessKey,
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
      keys: id === "" ? undefined : { id, secret },
    },
  };
}

/** What is to be restored. It follows from the settings alone, so that a preview knows it. */
export function restoreRequest({ restoreFrom, restoreOverData }: SnapshotSettings): RestoreRequest {
  return {
    id: restoreFrom === "" ? "" : contentId(restoreFrom),
    from: restoreFrom,
    overData: restoreOverData,
  };
}

/** A snapshot ends with the SHA-256 of all before it (etcd, server/etcdserver/api/v3rpc/maintenance.go). */
const digestBytes = 32;

/**
 * Another id for another snapshot. A file is known by its content: a new one under an old name is another
 * one, and a copy is the same. An object in a bucket is known by its key: those that are uploaded from here
 * have their time and revision in it, and nobody overwrites them.
 */
function contentId(from: string): string {
  const hash = createHash("sha256");
  if (from.startsWith("s3:")) {
    hash.update(from);
  } else {
    const file = openSync(from, "r");
    try {
      const { size } = fstatSync(file);
      const end = Buffer.alloc(Math.min(size, digestBytes));
      readSync(file, end, 0, end.length, size - end.length);
      hash.update(`${size}:`).update(end);
    } finally {
      closeSync(file);
    }
  }
  return hash.digest("hex").slice(0, 8);
}
