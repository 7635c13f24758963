import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** The volume with a member's data. */
export interface DataVolume {
  readonly member: string;
  readonly id: string;
  readonly zone: string;
}

/** What stays in AWS when the stack is destroyed. */
export interface KeptData {
  readonly clusterName: string;
  readonly region: string;
  readonly volumes: readonly DataVolume[];
  /** The bucket that was made for snapshots, and days after which one in it expires. */
  readonly bucket?: { readonly name: string; readonly keepDays: number } | undefined;
}

/** What stays, where, and how to delete it, for whoever has just destroyed a stack. */
export function keptDataNotice({ clusterName, region, volumes, bucket }: KeptData): string {
  const inRegion = `--region ${region}`;
  return [
    "deleteData is false: the cluster's data stays in AWS, and is paid for, until you delete it:",
    ...volumes.map(({ member, id, zone }) => `  data of ${member}: volume ${id} in ${zone}`),
    ...(bucket === undefined ? [] : snapshotsIn(bucket, clusterName)),
    "To delete it for good:",
    ...volumes.map(({ id }) => `  aws ec2 delete-volume ${inRegion} --volume-id ${id}`),
    ...(bucket === undefined ? [] : bucketRemoval(bucket.name, inRegion)),
    `To find what members left that are gone already (tag etcd:cluster=${clusterName}):`,
    `  aws resourcegroupstaggingapi get-resources ${inRegion} --resource-type-filters ec2:volume s3 --tag-filters Key=etcd:cluster,Values=${clusterName}`,
    "pulumi config set deleteData true && pulumi up, before pulumi destroy, would have deleted it.",
  ].join("\n");
}

function snapshotsIn({ name, keepDays }: NonNullable<KeptData["bucket"]>, clusterName: string) {
  return [
    `  snapshots: s3://${name}/${clusterName}/, each until it is ${keepDays} days old`,
    `  (a new stack begins from one by snapshotBucket: ${name} and restoreFrom: s3://${name}/${clusterName}/FILE)`,
  ];
}

/** S3 deletes no bucket that has versions of objects, and no more than 1000 of them at once. */
function bucketRemoval(bucket: string, inRegion: string): string[] {
  const versions = `aws s3api list-object-versions ${inRegion} --bucket ${bucket} --no-paginate --output json --query '{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}}'`;
  return [
    `  aws s3api delete-objects ${inRegion} --bucket ${bucket} --delete "$(${versions})"`,
    `  aws s3 rb ${inRegion} s3://${bucket}    # BucketNotEmpty: the line before once more, it deletes 1000 at a time`,
  ];
}

/**
 * Has `pulumi destroy` say what it keeps. The text is made by `pulumi up` and is all that there is to
 * it: so it needs neither AWS nor this program's packages, and cannot stop a destroy.
 */
export function tellOfKeptData(
  component: string,
  deleteData: boolean,
  kept: { readonly [Key in keyof KeptData]: pulumi.Input<KeptData[Key]> },
  opts: pulumi.CustomResourceOptions,
): void {
  new local.Command(
    `${component}-kept-data`,
    {
      delete: "cat >&2 || exit 0",
      stdin: deleteData ? "" : pulumi.output(kept).apply(keptDataNotice),
      addPreviousOutputInEnv: false,
      logging: local.Logging.Stderr,
    },
    opts,
  );
}
