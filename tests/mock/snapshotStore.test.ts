import { beforeAll, describe, expect, it } from "vitest";
import { filesIn } from "../filesIn";
import { type Recording, record } from "./program";

const instance = "aws:ec2/instance:Instance";

/** What a controller's snapshots are told: `bucket`, `region` and so on. */
function snapshotSettings(recording: Recording): Record<string, string> {
  const { stdin } = recording.get("command:remote:Command", "controller-0").inputs;
  const lines = filesIn(String(stdin.value))["snapshot-settings"]!.trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split("=")));
}

/** The policy of the controllers' role, as AWS gets it. */
const policyOf = (recording: Recording): string =>
  recording.get("aws:iam/rolePolicy:RolePolicy", "snapshots").inputs["policy"];

let program: Recording;
beforeAll(async () => {
  program = await record();
});

describe("the bucket for snapshots", () => {
  const tags = { Name: "etcd-snapshots", "etcd:cluster": "etcd" };

  it("is named and tagged after the cluster", () => {
    expect(program.get("aws:s3/bucket:Bucket", "snapshots").inputs).toEqual({
      bucketPrefix: "etcd-",
      forceDestroy: false,
      tags,
    });
    expect(snapshotSettings(program)).toMatchObject({ bucket: "etcd-made", region: "us-east-1" });
  });

  it("is for nobody of the public, encrypted, and keeps what is overwritten", () => {
    const bucket = "etcd-made";
    const inputsOf = (type: string) => program.get(`aws:s3/${type}`, "snapshots").inputs;
    expect(inputsOf("bucketPublicAccessBlock:BucketPublicAccessBlock")).toEqual({
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const encryption =
      "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    expect(inputsOf(encryption)).toEqual({
      bucket,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    expect(inputsOf("bucketVersioning:BucketVersioning")).toEqual({
      bucket,
      versioningConfiguration: { status: "Enabled" },
    });
  });

  it("lets the cluster's snapshots expire, once it has versions", () => {
    const { inputs, dependencies } = program.get(
      "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
      "snapshots",
    );
    expect(inputs).toEqual({
      bucket: "etcd-made",
      rules: [
        {
          id: "snapshots",
          status: "Enabled",
          filter: { prefix: "etcd/" },
          expiration: { days: 30 },
          noncurrentVersionExpiration: { noncurrentDays: 7 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
      ],
    });
    expect(dependencies.some((urn) => urn.endsWith("BucketVersioning::snapshots"))).toBe(true);
  });

  it("is reached by a role that EC2 alone takes on", () => {
    expect(program.get("aws:iam/role:Role", "snapshots").inputs).toEqual({
      namePrefix: "etcd-",
      assumeRolePolicy:
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
      tags,
    });
    expect(program.get("aws:iam/instanceProfile:InstanceProfile", "snapshots").inputs).toEqual({
      namePrefix: "etcd-",
      role: "etcd-role",
      tags,
    });
  });

  it("can be written and read under the cluster's name by that role, and nothing more", () => {
    const { inputs } = program.get("aws:iam/rolePolicy:RolePolicy", "snapshots");
    expect(inputs).toMatchObject({ name: "snapshots", role: "etcd-role" });
    expect(policyOf(program)).toBe(
      '{"Version":"2012-10-17","Statement":[' +
        '{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::etcd-made/etcd/*"},' +
        '{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::etcd-made","Condition":{"StringLike":{"s3:prefix":"etcd/*"}}}]}',
    );
  });

  it("is the controllers' own, and no part of what they are made with", () => {
    for (const { name, inputs } of program.all(instance)) {
      expect(inputs["iamInstanceProfile"]).toBe("etcd-profile");
      const made = program.get("pulumi:index:Stash", `${name}-launch-spec`);
      expect(Object.keys(made.inputs["input"])).not.toContain("iamInstanceProfile");
    }
    expect(program.all(instance)).toHaveLength(3);
  });
});

describe("what deleteData says of the bucket", () => {
  const retained = ({ registrations }: Recording) =>
    registrations
      .filter(({ type, retainOnDelete }) => /^aws:(s3|iam)\//.test(type) && retainOnDelete)
      .map(({ type }) => type.split(":").at(-1))
      .sort();

  it("it stays with its settings, and without the role that reaches it", () => {
    expect(retained(program)).toEqual([
      "Bucket",
      "BucketLifecycleConfiguration",
      "BucketPublicAccessBlock",
      "BucketServerSideEncryptionConfiguration",
      "BucketVersioning",
    ]);
    const { stdin } = program.get("command:local:Command", "kept-data").inputs;
    expect(stdin).toContain("  snapshots: s3://etcd-made/etcd/, each until it is 30 days old\n");
  });

  it("it is deleted with what is in it, and nothing is said", async () => {
    const deleted = await record({ deleteData: true });
    expect(retained(deleted)).toEqual([]);
    expect(deleted.get("aws:s3/bucket:Bucket", "snapshots").inputs["forceDestroy"]).toBe(true);
    expect(deleted.get("command:local:Command", "kept-data").inputs["stdin"]).toBe("");
  });
});

describe("a bucket that a person has", () => {
  it("is left as it is, and reached in its partition and the stack's region", async () => {
    const given = await record({ snapshotBucket: "ours" });
    const made = given.registrations.map(({ type }) => type);
    expect(made.filter((type) => type.startsWith("aws:s3/"))).toEqual([]);
    expect(snapshotSettings(given)).toMatchObject({ bucket: "ours", region: "us-gov-west-1" });
    expect(given.get("command:local:Command", "kept-data").inputs["stdin"]).not.toContain("s3://");
    expect(policyOf(given)).toContain('"Resource":"arn:aws-us-gov:s3:::ours/etcd/*"');
    expect(given.get(instance, "controller-0").inputs["iamInstanceProfile"]).toBe("etcd-profile");
  });
});

describe("without uploads", () => {
  it("there is no bucket, no role and no profile", async () => {
    const without = await record({ snapshotUpload: false });
    const made = without.registrations.map(({ type }) => type);
    expect(made.filter((type) => /^aws:(s3|iam)\//.test(type))).toEqual([]);
    expect(snapshotSettings(without)).toMatchObject({ bucket: "" });
    expect(without.get(instance, "controller-0").inputs).not.toHaveProperty("iamInstanceProfile");
  });
});
