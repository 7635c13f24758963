import { existsSync } from "node:fs";
import { s3Location } from "../etcd/snapshots/location";
import { isPlainPath } from "./names";
import type { SettingError } from "./reader";
import { checkSecret } from "./ssh";

/** What of the settings concerns snapshots. `Pulumi.yaml` describes each of them. */
export interface SnapshotSettings {
  readonly snapshotMinutes: number;
  readonly snapshotKeep: number;
  readonly snapshotKeepDays: number;
  readonly snapshotDirectory: string;
  readonly snapshotUpload: boolean;
  readonly snapshotBucket: string;
  readonly snapshotEndpoint: string;
  readonly snapshotRegion: string;
  readonly snapshotAccessKeyId: string;
  readonly snapshotSecretAccessKey: string;
  readonly restoreFrom: string;
  readonly restoreOverData: boolean;
}

interface Surroundings extends SnapshotSettings {
  readonly machines: readonly unknown[];
}

export function checkSnapshots(settings: Surroundings, secrets: readonly string[]): SettingError[] {
  return [
    ...checkDirectory(settings),
    ...checkBucket(settings),
    ...checkKeys(settings, secrets),
    ...checkRestore(settings),
  ];
}

/** Whether machines that exist have to do with a bucket: EC2 controllers always may. */
export function usesBucket(settings: SnapshotSettings): boolean {
  return (settings.snapshotUpload && settings.snapshotBucket !== "") || isFromBucket(settings);
}

const isFromBucket = ({ restoreFrom }: SnapshotSettings) => restoreFrom.startsWith("s3:");

function checkDirectory({ snapshotDirectory: directory }: SnapshotSettings): SettingError[] {
  const isRight =
    /^\/.+\//.test(directory) &&
    isPlainPath(directory) &&
    !/^\/var\/lib\/etcd(\/|$)/.test(directory);
  return isRight
    ? []
    : [
        {
          setting: "snapshotDirectory",
          text: `is "${directory}", expected an absolute path such as /var/lib/etcd-snapshots, and not among etcd's own data in /var/lib/etcd`,
        },
      ];
}

function checkBucket(settings: Surroundings): SettingError[] {
  const { snapshotBucket: bucket, snapshotEndpoint: endpoint, snapshotRegion: region } = settings;
  const errors: SettingError[] = [];
  const onEc2 = settings.machines.length === 0;
  if (bucket !== "" && s3Location(`s3://${bucket}/key`) === undefined) {
    errors.push({
      setting: "snapshotBucket",
      text: `is "${bucket}", expected the name of a bucket: 3 to 63 of a-z, 0-9, "." and "-"`,
    });
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (endpoint !== "" && (!/^https?:$/.test(url?.protocol ?? "") || endpoint !== url!.origin)) {
    errors.push({
      setting: "snapshotEndpoint",
      text: `is "${endpoint}", expected a URL without user and path, such as https://minio.example.com:9000`,
    });
  }
  if (region !== "" && !/^[a-z0-9-]+$/.test(region)) {
    errors.push({
      setting: "snapshotRegion",
      text: `is "${region}", expected a region such as us-east-1`,
    });
  }
  const fromS3 = isFromBucket(settings);
  if (!onEc2 && (bucket !== "" || fromS3) && endpoint === "" && region === "") {
    errors.push({
      setting: "snapshotRegion",
      text: `is not set, and ${bucket === "" ? "restoreFrom names a bucket" : "snapshotBucket is"}: expected the bucket's region, such as us-east-1`,
    });
  }
  if (!onEc2 && bucket === "" && !fromS3 && endpoint !== "") {
    errors.push({
      setting: "snapshotBucket",
      text: "is not set, and snapshotEndpoint is: expected the bucket there",
    });
  }
  return errors;
}

function checkKeys(settings: Surroundings, secrets: readonly string[]): SettingError[] {
  const { snapshotAccessKeyId: id, snapshotSecretAccessKey: secret } = settings;
  const errors = checkSecret("snapshotSecretAccessKey", secret, secrets);
  if ((id === "") !== (secret === "")) {
    const [set, missing] =
      id === "" ? ["SecretAccessKey", "AccessKeyId"] : ["AccessKeyId", "SecretAccessKey"];
    errors.push({
      setting: `snapshot${missing}`,
      text: `is not set, and snapshot${set} is: expected both, or neither to use the instance's role`,
    });
  }
  // Each goes into a line of a file as it is.
  for (const [setting, text] of [
    ["snapshotAccessKeyId", id],
    ["snapshotSecretAccessKey", secret],
  ] as const) {
    if (!/^[\w/+=.-]*$/.test(text)) {
      errors.push({ setting, text: 'has other characters than letters, digits and "/+=._-"' });
    }
  }
  return errors;
}

function checkRestore({ restoreFrom, restoreOverData }: SnapshotSettings): SettingError[] {
  if (restoreFrom === "") {
    return restoreOverData
      ? [{ setting: "restoreOverData", text: "is true, and restoreFrom is not set. Take it out" }]
      : [];
  }
  if (restoreFrom.startsWith("s3:")) {
    return s3Location(restoreFrom) === undefined
      ? [
          {
            setting: "restoreFrom",
            text: `is "${restoreFrom}", expected s3://BUCKET/KEY, with a key of letters, digits and "/._-"`,
          },
        ]
      : [];
  }
  return existsSync(restoreFrom)
    ? []
    : [
        {
          setting: "restoreFrom",
          text: `is "${restoreFrom}", expected the path of a snapshot on this machine, or s3://BUCKET/KEY. If it has been restored already, take restoreFrom out: that changes nothing`,
        },
      ];
}
