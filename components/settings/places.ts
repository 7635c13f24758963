import type { EtcdClusterArgs } from "../etcdClusterArgs";
import type { ClusterSettings } from "./cluster";
import type { Bounded } from "./bounds";
import type { Ec2Settings } from "./ec2";
import type { SettingsReader } from "./reader";

/** The settings that have one place each among a component's args, and are the same there. */
export type Placed = Omit<ClusterSettings, "tls" | "snapshotSecretAccessKey" | "clients"> &
  Omit<Ec2Settings, "controllers" | "replacements" | "dataReplacements">;

/** Where each of them is, and what it is where nobody says: `Pulumi.yaml` has the same. */
export const places: {
  readonly [Name in keyof Placed]: readonly [place: string, otherwise: Placed[Name]];
} = {
  clusterName: ["clusterName", ""],
  version: ["version", "3.7.3"],
  allowDowngradeTo: ["allowDowngradeTo", ""],
  evenMembers: ["evenMembers", false],
  deleteData: ["deleteData", false],
  accessControl: ["accessControl", false],
  install: ["release.install", "release"],
  releaseUrl: ["release.url", "https://github.com/etcd-io/etcd/releases/download"],
  releaseFile: ["release.file", ""],
  ownReleases: ["release.ownReleases", false],
  binDirectory: ["release.binDirectory", "/usr/local/bin"],
  quotaGiB: ["options.quotaGiB", 8],
  compactionRetention: ["options.compactionRetention", "1h"],
  heartbeatIntervalMs: ["options.heartbeatIntervalMs", 100],
  electionTimeoutMs: ["options.electionTimeoutMs", 1000],
  extraFlags: ["options.extraFlags", {}],
  plainLoopback: ["tls.plainLoopback", false],
  serverNames: ["tls.serverNames", []],
  certificateSubject: ["tls.certificateSubject", {}],
  caLifetimeDays: ["tls.caLifetimeDays", 3650],
  certificateLifetimeDays: ["tls.certificateLifetimeDays", 365],
  certificateRenewalDays: ["tls.certificateRenewalDays", 120],
  certificateIssue: ["tls.certificateIssue", 1],
  certificateAuthorities: ["tls.certificateAuthorities", [1]],
  snapshotMinutes: ["snapshots.minutes", 60],
  snapshotKeep: ["snapshots.keep", 10],
  snapshotKeepDays: ["snapshots.keepDays", 30],
  snapshotDirectory: ["snapshots.directory", "/var/lib/etcd-snapshots"],
  snapshotUpload: ["snapshots.upload", true],
  snapshotBucket: ["snapshots.bucket", ""],
  snapshotEndpoint: ["snapshots.endpoint", ""],
  snapshotRegion: ["snapshots.region", ""],
  snapshotAccessKeyId: ["snapshots.accessKeyId", ""],
  restoreFrom: ["restore.from", ""],
  restoreOverData: ["restore.overData", false],
  instanceType: ["controllers.instanceType", "t3.medium"],
  dataVolumeGiB: ["controllers.dataVolumeGiB", 20],
  vpcId: ["controllers.vpcId", ""],
  vpcCidr: ["controllers.vpcCidr", "10.0.0.0/16"],
  subnetCidrs: ["controllers.subnetCidrs", ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"]],
  availabilityZones: ["controllers.availabilityZones", []],
  publicAddresses: ["controllers.publicAddresses", true],
  sshCidrs: ["controllers.sshCidrs", []],
  sshFromAnywhere: ["controllers.sshFromAnywhere", false],
  clientCidrs: ["controllers.clientCidrs", []],
  clientsFromAnywhere: ["controllers.clientsFromAnywhere", false],
};

/** What is at each place where nobody says. */
export const defaults: ReadonlyMap<string, unknown> = new Map<string, unknown>(
  Object.values(places),
);

/** Those that have another form there. */
const others: Readonly<Record<string, string>> = {
  tls: "tls.enabled",
  controllers: "controllers.members",
  snapshotSecretAccessKey: "snapshots.secretAccessKey",
  sshPrivateKey: "ssh.privateKey",
  sshPassword: "ssh.password",
  bastion: "ssh.bastion",
  bastionPrivateKey: "ssh.bastionPrivateKey",
};

/** Where a setting, or a part of it, is among the args: for errors. */
export function placeOf(setting: string): string {
  const [, name = setting, rest = ""] = /^(\w+)(.*)$/.exec(setting) ?? [];
  return (places[name as keyof Placed]?.[0] ?? others[name] ?? name) + rest;
}

/** Those that are read by what they are where nobody says; the others have readers of their own. */
type Plain = Omit<Placed, "install" | "certificateSubject">;

/** The same settings out of a stack's configuration. */
export function readPlaced(reader: SettingsReader): Plain {
  const read = Object.entries(places)
    .filter(([setting]) => setting !== "install" && setting !== "certificateSubject")
    .map(([setting, [, otherwise]]) => [
      setting,
      withoutSlashes(setting, readAs(otherwise, reader, setting)),
    ]);
  return Object.fromEntries(read) as Plain;
}

function readAs(otherwise: unknown, reader: SettingsReader, setting: string): unknown {
  switch (typeof otherwise) {
    case "string":
      return reader.string(setting);
    case "boolean":
      return reader.boolean(setting);
    case "number":
      return reader.integer(setting as Bounded);
    default:
      if (!Array.isArray(otherwise)) {
        return reader.texts(setting);
      }
      return typeof otherwise[0] === "number" ? reader.integers(setting) : reader.strings(setting);
  }
}

/**
 * Args that have those settings: `settingsIn` reads the same out of them.
 * @param onEc2 whether the controllers' are among them
 */
export function argsWith(
  settings: Placed & Pick<ClusterSettings, "tls" | "clients">,
  onEc2: boolean,
): EtcdClusterArgs {
  const args: Record<string, unknown> = {
    tls: { enabled: settings.tls === "on" },
    clients: settings.clients,
  };
  for (const [setting, [place]] of Object.entries(places)) {
    if (onEc2 || !place.startsWith("controllers.")) {
      const [last, ...groups] = place.split(".").reverse();
      const group = groups.reduceRight(
        (one, step) => (one[step] ??= {}) as Record<string, unknown>,
        args,
      );
      group[last!] = settings[setting as keyof Placed];
    }
  }
  return args;
}

/** A URL or a folder to which something is added. */
export function withoutSlashes(setting: string, value: unknown): unknown {
  return ["releaseUrl", "snapshotEndpoint", "snapshotDirectory"].includes(setting)
    ? (value as string).replace(/\/+$/, "")
    : value;
}
