import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { type KeptData, keptDataNotice } from "../../../../components/machines/aws/keptData";

const kept: KeptData = {
  clusterName: "etcd",
  region: "eu-west-1",
  volumes: [
    { member: "controller-0", id: "vol-0a", zone: "eu-west-1a" },
    { member: "controller-1", id: "vol-0b", zone: "eu-west-1b" },
  ],
};
const bucket = { name: "etcd-2026", keepDays: 30 };

it("says whose data stays where, and how to delete it", () => {
  expect(keptDataNotice(kept).split("\n")).toEqual([
    "deleteData is false: the cluster's data stays in AWS, and is paid for, until you delete it:",
    "  data of controller-0: volume vol-0a in eu-west-1a",
    "  data of controller-1: volume vol-0b in eu-west-1b",
    "To delete it for good:",
    "  aws ec2 delete-volume --region eu-west-1 --volume-id vol-0a",
    "  aws ec2 delete-volume --region eu-west-1 --volume-id vol-0b",
    "To find what members left that are gone already (tag etcd:cluster=etcd):",
    "  aws resourcegroupstaggingapi get-resources --region eu-west-1 --resource-type-filters ec2:volume s3 --tag-filters Key=etcd:cluster,Values=etcd",
    "pulumi config set deleteData true && pulumi up, before pulumi destroy, would have deleted it.",
  ]);
});

it("says how long snapshots stay, and what they are good for", () => {
  expect(keptDataNotice({ ...kept, bucket })).toContain(`
  snapshots: s3://etcd-2026/etcd/, each until it is 30 days old
  (a new stack begins from one by snapshotBucket: etcd-2026 and restoreFrom: s3://etcd-2026/etcd/FILE)
To delete it for good:
`);
});

it("has commands for a shell as it is", () => {
  const commands = keptDataNotice({ ...kept, bucket })
    .split("\n")
    .filter((line) => line.startsWith("  aws "));
  // Stands in for the real one: says the words that it gets, and what there is to delete.
  const aws = `aws() { [ "$2" = list-object-versions ] && printf '{"Objects": [%s]}' "$*" || { printf '%s|' "$@"; echo; }; }`;
  const ran = execFileSync("bash", ["-euc", [aws, ...commands].join("\n")], { encoding: "utf8" });
  const region = "--region|eu-west-1";
  const query = "{Objects: [Versions, DeleteMarkers][].{Key: Key, VersionId: VersionId}}";
  expect(ran.split("\n")).toEqual([
    `ec2|delete-volume|${region}|--volume-id|vol-0a|`,
    `ec2|delete-volume|${region}|--volume-id|vol-0b|`,
    `s3api|delete-objects|${region}|--bucket|etcd-2026|--delete|{"Objects": [s3api list-object-versions --region eu-west-1 --bucket etcd-2026 --no-paginate --output json --query ${query}]}|`,
    `s3|rb|${region}|s3://etcd-2026|`,
    `resourcegroupstaggingapi|get-resources|${region}|--resource-type-filters|ec2:volume|s3|--tag-filters|Key=etcd:cluster,Values=etcd|`,
    "",
  ]);
});
