import type * as pulumi from "@pulumi/pulumi";

/** How S3, or a store like it, is reached from a machine. */
export interface S3Access {
  readonly region: pulumi.Input<string>;
  /** The URL of an S3-compatible store, or "" for AWS. */
  readonly endpoint: string;
  /** Access keys; undefined where the machine's own role gives access. */
  readonly keys: { readonly id: string; readonly secret: pulumi.Input<string> } | undefined;
}

/** How snapshots of a cluster are taken and kept. */
export interface SnapshotPlan {
  /** How old the last one may get; 0 where none is taken by the clock. */
  readonly minutes: number;
  /** How many a machine keeps at most. */
  readonly keep: number;
  /** How many days a machine keeps one at most. */
  readonly keepDays: number;
  /** Where they lie on a machine. */
  readonly directory: string;
  /** Where they are uploaded to; undefined where they stay on the machines. */
  readonly bucket: pulumi.Input<string> | undefined;
  /** For uploads, and for a snapshot that the cluster begins from. */
  readonly s3: S3Access;
}

/** A snapshot that the cluster begins from. */
export interface RestoreRequest {
  /** Another one restores again; "" where nothing is to be restored. */
  readonly id: string;
  /** A path on the machine that runs Pulumi, or `s3://BUCKET/KEY`. */
  readonly from: string;
  /** Whether members that have data are meant to lose it. */
  readonly overData: boolean;
}
