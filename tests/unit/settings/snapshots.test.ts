import { describe, expect, it } from "vitest";
import { restoreRequest, snapshotPlan } from "../../../components/snapshots";
import { readSettings } from "../../../components/settings/settings";
import { errorsIn, rawSettings, warningsOf } from "../../settings";

const existing = {
  machines: [{ name: "a", address: "10.0.1.10" }],
  sshUser: "root",
  sshPassword: "x",
  verifyHostKeys: false,
};
const secrets = ["sshPassword", "snapshotSecretAccessKey"];
const keys = { snapshotAccessKeyId: "AKIA1", snapshotSecretAccessKey: "abc/+=" };

describe("settings of snapshots", () => {
  it.each<[string, Record<string, unknown>]>([
    ["none on EC2", {}],
    ["none on existing machines", existing],
    ["a bucket of one's own", { snapshotBucket: "my.bucket-1", snapshotRegion: "eu-west-1" }],
    [
      "a store like S3",
      { ...existing, ...keys, snapshotBucket: "etcd", snapshotEndpoint: "https://minio:9000/" },
    ],
    [
      "an object to restore",
      { restoreFrom: "s3://bucket/etcd/etcd-20261121T120000Z-r1-v3.7.3.db" },
    ],
    ["a file to restore, over data", { restoreFrom: __filename, restoreOverData: true }],
  ])("may be %s", (_, changes) => expect(errorsIn(changes, secrets)).toEqual([]));

  it.each<[Record<string, unknown>, string]>([
    [{ snapshotMinutes: -1 }, 'snapshotMinutes is "-1", expected a whole number from 0 to 10080'],
    [{ snapshotKeep: 0 }, "snapshotKeep is"],
    [{ snapshotDirectory: "backups" }, 'snapshotDirectory is "backups", expected an absolute path'],
    [{ snapshotDirectory: "/var/lib/etcd/member" }, "not among etcd's own data"],
    [{ snapshotDirectory: "/var/lib/../lib/etcd/x" }, "not among etcd's own data"],
    [{ snapshotDirectory: "/" }, 'snapshotDirectory is ""'],
    [{ snapshotBucket: "My_Bucket" }, 'snapshotBucket is "My_Bucket", expected the name of'],
    [{ snapshotEndpoint: "minio:9000" }, 'snapshotEndpoint is "minio:9000", expected a URL'],
    [{ snapshotEndpoint: "https://u:p@minio" }, "expected a URL without user and path"],
    [{ snapshotEndpoint: "https://minio/path" }, "expected a URL without user and path"],
    [{ snapshotRegion: "EU west" }, 'snapshotRegion is "EU west", expected a region'],
    [{ ...existing, snapshotBucket: "abc" }, "snapshotRegion is not set, and snapshotBucket is"],
    [{ ...existing, snapshotEndpoint: "https://m" }, "snapshotBucket is not set, and"],
    [
      { ...existing, restoreFrom: "s3://abc/etcd.db" },
      "snapshotRegion is not set, and restoreFrom names a bucket",
    ],
    [{ snapshotAccessKeyId: "AKIA1" }, "snapshotSecretAccessKey is not set, and"],
    [{ snapshotSecretAccessKey: "abc" }, "snapshotAccessKeyId is not set, and"],
    [{ ...keys, snapshotAccessKeyId: 'A"\n' }, "snapshotAccessKeyId has other characters"],
    [{ restoreOverData: true }, "restoreOverData is true, and restoreFrom is not set"],
    [{ restoreFrom: "/no/such/file" }, 'restoreFrom is "/no/such/file", expected the path'],
    [{ restoreFrom: "s3://bucket" }, 'restoreFrom is "s3://bucket", expected s3://BUCKET/KEY'],
    [{ restoreFrom: "s3://bucket/a b" }, "expected s3://BUCKET/KEY, with a key of"],
  ])("%j is an error", (changes, text) => {
    expect(errorsIn(changes, secrets).join("\n")).toContain(text);
  });

  it("a secret access key in plain text is an error, and is not repeated", () => {
    const found = errorsIn(keys).join("\n");
    expect(found).toContain("snapshotSecretAccessKey is in the stack's file in plain text");
    expect(found).not.toContain(keys.snapshotSecretAccessKey);
  });

  it("plain HTTP to the store is warned of", () => {
    const values = rawSettings({ snapshotEndpoint: "http://10.0.0.1:5000" });
    expect(warningsOf(readSettings({ values, secrets }))).toEqual([
      "snapshotEndpoint is plain HTTP: anyone on the way reads every snapshot",
    ]);
  });
});

describe("a plan of snapshots", () => {
  const plan = (changes: Record<string, unknown>, made?: Parameters<typeof snapshotPlan>[1]) =>
    snapshotPlan(readSettings({ values: rawSettings(changes), secrets }), made);

  it("stays on the machines where there is no bucket", () => {
    expect(plan(existing).bucket).toBeUndefined();
  });

  it("goes to the bucket of the settings, with its keys", () => {
    const changes = { ...existing, ...keys, snapshotBucket: "abc", snapshotRegion: "eu-west-1" };
    expect(plan(changes)).toMatchObject({
      bucket: "abc",
      s3: { region: "eu-west-1", endpoint: "", keys: { id: "AKIA1", secret: "abc/+=" } },
    });
  });

  it("goes nowhere when that is not wanted", () => {
    expect(plan({ snapshotUpload: false, snapshotBucket: "abc" }).bucket).toBeUndefined();
  });

  it("reaches a store that the cluster only begins from", () => {
    const restoreFrom = "s3://abc/etcd.db";
    const changes = { ...existing, ...keys, restoreFrom, snapshotEndpoint: "https://minio:9000" };
    expect(plan(changes)).toMatchObject({
      bucket: undefined,
      s3: { region: "us-east-1", endpoint: "https://minio:9000", keys: { id: "AKIA1" } },
    });
  });
});

describe("what is to be restored", () => {
  const request = (restoreFrom: string) =>
    restoreRequest(readSettings({ values: rawSettings({ restoreFrom }), secrets }));

  it("is nothing without a setting", () => {
    expect(request("")).toEqual({ id: "", from: "", overData: false });
  });

  it("has an id of its own for each snapshot", () => {
    const ids = ["s3://bucket/a", "s3://bucket/b"].map((from) => request(from).id);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}$/);
    expect(new Set(ids).size).toBe(2);
  });
});
