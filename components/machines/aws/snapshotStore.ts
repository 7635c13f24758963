import { getPartitionOutput } from "@pulumi/aws/getPartition";
import { getRegionOutput } from "@pulumi/aws/getRegion";
import * as iam from "@pulumi/aws/iam";
import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";

export interface SnapshotStoreArgs {
  /** Snapshots are under this prefix, and the controllers get at nothing else. */
  readonly clusterName: string;
  /** The name of a bucket that a person has, in the stack's partition, or "" to make one. */
  readonly bucket: string;
  /** Days after which a snapshot in a bucket that is made expires. A person's own is left as it is. */
  readonly keepDays: number;
  /** Whether a bucket that is made is deleted, with every snapshot in it, when the stack is. */
  readonly deleteData: boolean;
}

/** How long S3 keeps what is no snapshot (any more), in days. */
const overwrittenDays = 7;
const unfinishedUploadDays = 1;

/** Where the controllers put their snapshots: a bucket, and a role that reaches their part of it. */
export class SnapshotStore extends pulumi.ComponentResource {
  readonly bucket: pulumi.Output<string>;
  /** The bucket's region; for a bucket that a person has, the stack's. */
  readonly region: pulumi.Output<string>;
  /** The name of what gives an EC2 instance the role. */
  readonly instanceProfile: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    private readonly args: SnapshotStoreArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:aws:SnapshotStore", name, {}, opts);
    const { bucket, arn, region } = args.bucket === "" ? this.makeBucket() : this.givenBucket();
    this.bucket = bucket;
    this.region = region;
    this.instanceProfile = this.makeProfile(arn);
    this.registerOutputs({ bucket, region, instanceProfile: this.instanceProfile });
  }

  private makeBucket() {
    const { clusterName, deleteData } = this.args;
    // A bucket that stays keeps its settings: it must not become a public one that grows for ever.
    const options = { parent: this, retainOnDelete: !deleteData };
    const bucket = new s3.Bucket(
      this.name,
      // The provider takes 37 characters at most; a cluster's name has 32.
      { bucketPrefix: `${clusterName}-`, forceDestroy: deleteData, tags: this.tags() },
      options,
    );
    new s3.BucketPublicAccessBlock(
      this.name,
      {
        bucket: bucket.bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      options,
    );
    new s3.BucketServerSideEncryptionConfiguration(
      this.name,
      {
        bucket: bucket.bucket,
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
      },
      options,
    );
    const versioning = new s3.BucketVersioning(
      this.name,
      { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } },
      options,
    );
    new s3.BucketLifecycleConfiguration(
      this.name,
      {
        bucket: bucket.bucket,
        rules: [
          {
            id: "snapshots",
            status: "Enabled",
            filter: { prefix: `${clusterName}/` },
            expiration: { days: this.args.keepDays },
            noncurrentVersionExpiration: { noncurrentDays: overwrittenDays },
            abortIncompleteMultipartUpload: { daysAfterInitiation: unfinishedUploadDays },
          },
        ],
      },
      // S3 takes a rule for old versions where there are versions.
      { ...options, dependsOn: versioning },
    );
    return { bucket: bucket.bucket, arn: bucket.arn, region: bucket.region };
  }

  private givenBucket() {
    const { bucket } = this.args;
    const { partition } = getPartitionOutput({}, { parent: this });
    return {
      bucket: pulumi.output(bucket),
      arn: pulumi.interpolate`arn:${partition}:s3:::${bucket}`,
      region: getRegionOutput({}, { parent: this }).region,
    };
  }

  private makeProfile(bucketArn: pulumi.Output<string>): pulumi.Output<string> {
    const { clusterName } = this.args;
    const namePrefix = `${clusterName}-`;
    const role = new iam.Role(
      this.name,
      { namePrefix, assumeRolePolicy: ec2TrustPolicy, tags: this.tags() },
      { parent: this },
    );
    new iam.RolePolicy(
      this.name,
      {
        name: "snapshots",
        role: role.name,
        policy: bucketArn.apply((arn) => snapshotPolicy(arn, clusterName)),
      },
      { parent: this },
    );
    const profile = new iam.InstanceProfile(
      this.name,
      { namePrefix, role: role.name, tags: this.tags() },
      { parent: this },
    );
    return profile.name;
  }

  private tags(): Record<string, string> {
    const { clusterName } = this.args;
    return { Name: `${clusterName}-snapshots`, "etcd:cluster": clusterName };
  }
}

const policyVersion = "2012-10-17";

const ec2TrustPolicy = JSON.stringify({
  Version: policyVersion,
  Statement: [
    { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});

/**
 * What a controller may do: put snapshots under the cluster's name, get and list them there. Deleting
 * is the bucket's own business, so a controller that somebody has taken over cannot delete any; an
 * overwritten one is kept as a version.
 */
export function snapshotPolicy(bucketArn: string, clusterName: string): string {
  return JSON.stringify({
    Version: policyVersion,
    Statement: [
      {
        Effect: "Allow",
        Action: ["s3:PutObject", "s3:GetObject"],
        Resource: `${bucketArn}/${clusterName}/*`,
      },
      {
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: bucketArn,
        Condition: { StringLike: { "s3:prefix": `${clusterName}/*` } },
      },
    ],
  });
}
