import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { AwsDouble } from "../../../lab/aws/double";
import {
  BUCKET,
  BUCKET_ENCRYPTION,
  BUCKET_LIFECYCLE,
  BUCKET_PUBLIC_ACCESS_BLOCK,
  BUCKET_VERSIONING,
  INSTANCE,
  INSTANCE_PROFILE,
  ROLE,
  ROLE_POLICY,
} from "../../../lab/aws/schema";
import type { Props } from "../../../lab/aws/store";
import { tempFolder } from "../../tempFolder";
import { makeNetwork } from "./awsNetwork";
import { FakeHost } from "./fakeHost";
import { FakeS3 } from "./fakeS3";

let host: FakeHost;
let aws: AwsDouble;

beforeEach(() => {
  host = new FakeHost();
  const file = path.join(tempFolder(), "aws.json");
  aws = new AwsDouble(file, host, { dependencyWaitSeconds: 0 });
});

const make = async (type: string, inputs: Props, name = "it") =>
  (await aws.create(type, name, inputs)).id;

const trust = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
};
const policy = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:PutObject", Resource: "arn:aws:s3:::snapshots/*" }],
};

describe("buckets", () => {
  it("are named by the program, by a prefix or by Pulumi", async () => {
    expect(await make(BUCKET, { bucket: "snapshots" })).toBe("snapshots");
    expect(await make(BUCKET, { bucketPrefix: "snapshots-" })).toMatch(/^snapshots-[0-9a-f]{26}$/);
    expect(await make(BUCKET, {}, "snapshots")).toMatch(/^snapshots-[0-9a-f]{7}$/);
  });

  it("tell what S3 would tell of them", async () => {
    aws.configure({ region: "eu-west-1", defaultTags: { stack: "dev" } });
    const { state } = await aws.create(BUCKET, "b", { bucket: "snapshots", tags: { a: "b" } });
    expect(state).toMatchObject({
      arn: "arn:aws:s3:::snapshots",
      bucket: "snapshots",
      bucketDomainName: "snapshots.s3.amazonaws.com",
      bucketRegionalDomainName: "snapshots.s3.eu-west-1.amazonaws.com",
      forceDestroy: false,
      region: "eu-west-1",
      tagsAll: { a: "b", stack: "dev" },
    });
  });

  const lifecycle = (rule: Props) => ({ rules: [{ id: "old", status: "Enabled", ...rule }] });
  const expiring = {
    filter: { prefix: "etcd/" },
    expiration: { days: 30 },
    noncurrentVersionExpiration: { noncurrentDays: 7 },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
  };

  it("are configured, and what is configured goes with them", async () => {
    const bucket = await make(BUCKET, { bucket: "snapshots" });
    const rules = [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }];
    await make(BUCKET_PUBLIC_ACCESS_BLOCK, { bucket, blockPublicAcls: true });
    await make(BUCKET_VERSIONING, { bucket, versioningConfiguration: { status: "Enabled" } });
    await make(BUCKET_ENCRYPTION, { bucket, rules });
    await make(BUCKET_LIFECYCLE, { bucket, ...lifecycle(expiring) });
    expect((await aws.list()).map(({ id }) => id)).toEqual(Array(5).fill(bucket));
    await aws.delete(BUCKET_VERSIONING, bucket);
    expect(await aws.read(BUCKET, bucket)).toBeDefined();
    await aws.delete(BUCKET, bucket);
    expect(await aws.list()).toEqual([]);
  });

  it.each<[string, string, Props, string]>([
    ["capitals", BUCKET, { bucket: "Snapshots" }, "InvalidBucketName"],
    ["one letter", BUCKET, { bucket: "s" }, "InvalidBucketName"],
    ["a taken name", BUCKET, { bucket: "taken" }, "BucketAlreadyOwnedByYou"],
    ["two names", BUCKET, { bucket: "a", bucketPrefix: "b" }, "exclude each other"],
    ["a long prefix", BUCKET, { bucketPrefix: "x".repeat(38) }, "at most 37 characters, got 38"],
    ["what has types of its own", BUCKET, { versioning: { enabled: true } }, "versioning"],
    ["no bucket", BUCKET_PUBLIC_ACCESS_BLOCK, { bucket: "nobodys" }, "NoSuchBucket"],
    [
      "an unknown status",
      BUCKET_VERSIONING,
      { bucket: "taken", versioningConfiguration: { status: "On" } },
      "expected one of Enabled, Suspended, Disabled, got On",
    ],
    [
      "an unknown algorithm",
      BUCKET_ENCRYPTION,
      { bucket: "taken", rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES" } }] },
      "expected one of AES256",
    ],
    [
      "a rule that does nothing",
      BUCKET_LIFECYCLE,
      { bucket: "taken", ...lifecycle({}) },
      "At least one action",
    ],
    [
      "a property deep inside that it does not know",
      BUCKET_LIFECYCLE,
      { bucket: "taken", ...lifecycle({ expiration: { hours: 1 } }) },
      "rules.expiration.hours",
    ],
  ])("refuse %s", async (_what, type, inputs, message) => {
    await make(BUCKET, { bucket: "taken" });
    await expect(make(type, inputs)).rejects.toThrow(message);
  });
});

describe("buckets of an S3 host", () => {
  let s3: FakeS3;

  beforeEach(async () => {
    s3 = new FakeS3();
    await make(BUCKET, { bucket: "earlier" });
    await aws.useS3(s3);
  });

  it("are made there, those of the records too, and not after it has gone", async () => {
    await make(BUCKET, { bucket: "later" });
    aws.leaveS3();
    await make(BUCKET, { bucket: "too-late" });
    expect([...s3.buckets.keys()]).toEqual(["earlier", "later"]);
  });

  it("are not deleted with what is in them, unless the program says so", async () => {
    s3.buckets.get("earlier")?.push("etcd/1.db");
    await expect(aws.delete(BUCKET, "earlier")).rejects.toThrow("BucketNotEmpty");
    expect(await aws.read(BUCKET, "earlier")).toBeDefined();

    await aws.update(
      BUCKET,
      "earlier",
      { bucket: "earlier" },
      { bucket: "earlier", forceDestroy: true },
    );
    await aws.delete(BUCKET, "earlier");
    expect(s3.buckets.size).toBe(0);
    expect(await aws.list()).toEqual([]);
  });
});

describe("roles", () => {
  it("take their documents as text or as values, and give them as text", async () => {
    const asText = await aws.create(ROLE, "a", { assumeRolePolicy: JSON.stringify(trust) });
    const asValue = await aws.create(ROLE, "b", { assumeRolePolicy: trust });
    expect(asValue.state.assumeRolePolicy).toBe(asText.state.assumeRolePolicy);
    expect(asText.state).toMatchObject({
      arn: `arn:aws:iam::123456789012:role/${asText.id}`,
      name: asText.id,
      path: "/",
    });
    expect(asText.state.uniqueId).toMatch(/^AROA[A-Z2-7]{17}$/);
  });

  it("see no change in another order or spacing of a document", async () => {
    const olds = { role: "r", name: "p", policy: JSON.stringify(policy) };
    const { Version, Statement } = policy;
    const same = { ...olds, policy: JSON.stringify({ Statement, Version }, undefined, 2) };
    expect(await aws.diff(ROLE_POLICY, olds, same)).toMatchObject({ changes: false });
    const other = { ...olds, policy: JSON.stringify({ Version, Statement: [] }) };
    expect(await aws.diff(ROLE_POLICY, olds, other)).toMatchObject({ changes: true, replaces: [] });
  });

  it.each<[string, Props, string]>([
    ["no JSON", { policy: "{" }, "invalid JSON policy"],
    ["no statement", { policy: { Version: "2012-10-17" } }, "it has no Statement"],
    ["an effect", { Effect: "allow" }, "Effect is allow"],
    ["an action", { Action: "PutObject" }, "Action is PutObject"],
    ["a resource", { Resource: undefined }, "there is no Resource"],
    ["a resource's ARN", { Resource: ["snapshots/*"] }, "must be in ARN format"],
    ["an unknown role", { role: "nobody" }, "NoSuchEntity"],
  ])("refuse a policy that is malformed by %s", async (_what, change, message) => {
    const role = await make(ROLE, { assumeRolePolicy: trust });
    const [statement] = policy.Statement;
    const inputs =
      "policy" in change || "role" in change
        ? { role, policy, ...change }
        : { role, policy: { ...policy, Statement: [{ ...statement, ...change }] } };
    await expect(make(ROLE_POLICY, inputs)).rejects.toThrow(message);
  });

  it("refuse a trust policy without principals, a taken name and an unknown role", async () => {
    await expect(make(ROLE, { assumeRolePolicy: policy })).rejects.toThrow("no Principal");
    await make(ROLE, { name: "etcd", assumeRolePolicy: trust });
    await expect(make(ROLE, { name: "etcd", assumeRolePolicy: trust })).rejects.toThrow(
      "EntityAlreadyExists",
    );
    await expect(make(INSTANCE_PROFILE, { role: "nobody" })).rejects.toThrow("NoSuchEntity");
  });

  it("are not deleted before their policies", async () => {
    const role = await make(ROLE, { name: "etcd", assumeRolePolicy: trust });
    // Of the same name, as IAM allows for different kinds.
    await make(INSTANCE_PROFILE, { name: "etcd", role });
    const rolePolicy = await make(ROLE_POLICY, { name: "snapshots", role, policy });
    expect(rolePolicy).toBe("etcd:snapshots");
    await expect(aws.delete(ROLE, role)).rejects.toThrow("DeleteConflict");
    await aws.delete(ROLE_POLICY, rolePolicy);
    await aws.delete(ROLE, role);
    expect((await aws.list()).map(({ type }) => type)).toEqual([INSTANCE_PROFILE]);
  });
});

describe("instance profiles", () => {
  const profile = async (name: string) => {
    const role = await make(ROLE, { assumeRolePolicy: trust });
    return make(INSTANCE_PROFILE, { name, role });
  };

  it("come to an instance, are changed and taken away without a stop", async () => {
    const { instance } = await makeNetwork(aws);
    const { id } = await aws.create(INSTANCE, "c", instance);
    for (const wanted of [await profile("a"), await profile("b"), undefined]) {
      const inputs = { ...instance, iamInstanceProfile: wanted };
      const changed = await aws.update(INSTANCE, id, instance, inputs);
      expect(changed.iamInstanceProfile).toBe(wanted ?? "");
    }
    expect(host.calls).not.toContain("stopMachine");
    const change = { ...instance, iamInstanceProfile: "a" };
    expect(await aws.diff(INSTANCE, instance, change)).toMatchObject({ replaces: [] });
  });

  it("must be there and have a role", async () => {
    const { instance } = await makeNetwork(aws);
    const withProfile = (iamInstanceProfile: string) =>
      make(INSTANCE, { ...instance, iamInstanceProfile });
    await expect(withProfile("nobody")).rejects.toThrow("Invalid IAM Instance Profile name");
    await make(INSTANCE_PROFILE, { name: "empty" });
    await expect(withProfile("empty")).rejects.toThrow("has no associated IAM Roles");
    await withProfile(await profile("good"));
    expect(host.booted).toHaveLength(1);
  });
});

describe("the role of an instance", () => {
  it("is found by its address, with the policies that the program gave it", async () => {
    const { instance } = await makeNetwork(aws);
    const role = await make(ROLE, { name: "etcd", assumeRolePolicy: trust });
    const iamInstanceProfile = await make(INSTANCE_PROFILE, { role });
    const id = await make(INSTANCE, { ...instance, iamInstanceProfile });
    const rolePolicy = await make(ROLE_POLICY, { name: "snapshots", role, policy });
    const policies = { snapshots: JSON.stringify(policy) };
    expect(await aws.roleAt("10.0.1.10")).toEqual({ name: "etcd", policies });
    expect(await aws.roleAt("10.0.1.11")).toBeUndefined();

    await aws.delete(ROLE_POLICY, rolePolicy);
    expect(await aws.roleAt("10.0.1.10")).toEqual({ name: "etcd", policies: {} });
    await aws.update(INSTANCE, id, { ...instance, iamInstanceProfile }, instance);
    expect(await aws.roleAt("10.0.1.10")).toBeUndefined();
  });

  it("is of no use when it does not trust EC2", async () => {
    const { instance } = await makeNetwork(aws);
    const assumeRolePolicy = JSON.stringify(trust).replace("ec2.", "lambda.");
    const role = await make(ROLE, { assumeRolePolicy });
    const iamInstanceProfile = await make(INSTANCE_PROFILE, { role });
    await make(INSTANCE, { ...instance, iamInstanceProfile });
    expect(await aws.roleAt("10.0.1.10")).toBeUndefined();
  });
});

describe("functions", () => {
  it("tell the region", async () => {
    aws.configure({ region: "eu-west-1" });
    const found = await aws.invoke("aws:index/getRegion:getRegion", {});
    expect(found).toMatchObject({ name: "eu-west-1", region: "eu-west-1" });
  });

  it("tell the partition", async () => {
    const found = await aws.invoke("aws:index/getPartition:getPartition", {});
    expect(found).toMatchObject({ partition: "aws", dnsSuffix: "amazonaws.com" });
  });
});
