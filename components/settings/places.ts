import * as pulumi from "@pulumi/pulumi";
import type { EtcdClusterArgs } from "../etcdClusterArgs";
import type { ClusterSettings } from "./cluster";
import type { Bounded } from "./bounds";
import type { Ec2Settings } from "./ec2";
import type { SettingsReader } from "./reader";

/** The settings that have one place each among a component's args, and are the same there. */
type Placed = Omit<ClusterSettings, "tls" | "snapshotSecretAccessKey"> &
  Omit<Ec2Settings, "controllers" | "replacements" | "dataReplacements">;

/** Where each of them is, and what it is where nobody says: `Pulumi.yaml` has the same. */
const places: {
  readonly [Name in keyof Placed]: readonly [place: string, otherwise: Placed[Name]];
} = {
  clusterName: ["clusterName", ""],
  version: ["version", "3.7.3"],
  allowDowngrade: ["allowDowngrade", false],
  evenMembers: ["evenMembers", false],
  deleteData: ["deleteData", false],
  install: ["release.install", "release"],
  releaseUrl: ["release.url", "https://github.com/etcd-io/etcd/releases/download"],
  releaseFile: ["release.file", ""],
  ownReleases: ["release.ownReleases", false],
  binDirectory: ["release.binDirectory", "/usr/local/bin"],
  quotaGiB: ["options.quotaGiB", 8],
  compactionRetention: ["options.compactionRetention", "1h"],
  heartbeatMs: ["options.heartbeatMs", 100],
  electionMs: ["options.electionMs", 1000],
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

/** What is of another kind than its place is for. */
export interface Misplaced {
  readonly place: string;
  readonly text: string;
}

/** What of the args has parts: lists are known as such, whatever is known later of what they hold. */
const groups = {
  machines: "a list",
  controllers: "an object",
  ssh: "an object",
  release: "an object",
  options: "an object",
  tls: "an object",
  snapshots: "an object",
  restore: "an object",
} as const;

/** The args without those parts that are none, which are told in `mistakes`: so all else is checked as well. */
export function wellFormed(args: EtcdClusterArgs, mistakes: Misplaced[]): EtcdClusterArgs {
  const wrong = Object.entries(groups).filter(([place, expected]) =>
    isOfAnotherKind(place, args[place as keyof typeof groups], expected, mistakes),
  );
  const whole = { ...args, ...Object.fromEntries(wrong.map(([place]) => [place, undefined])) };
  const { machines, controllers } = whole;
  const right = <One>(place: string, all: readonly One[]) =>
    all.filter((one, index) => !isOfAnotherKind(`${place}[${index}]`, one, "an object", mistakes));
  const members = controllers?.members;
  return {
    ...whole,
    ...(machines && { machines: right("machines", machines) }),
    ...(members && {
      controllers: {
        ...controllers,
        members: isOfAnotherKind("controllers.members", members, "a list", mistakes)
          ? []
          : right("controllers.members", members),
      },
    }),
  };
}

function isOfAnotherKind(
  place: string,
  value: unknown,
  expected: string,
  mistakes: Misplaced[],
): boolean {
  const isOther = value !== undefined && kindOf(value) !== expected;
  if (isOther) {
    mistakes.push({ place, text: `is ${shown(value)}, expected ${expected}` });
  }
  return isOther;
}

/** The settings in a component's args. What is not of its kind is told, and read as if nobody had said it. */
export function settingsIn(args: EtcdClusterArgs, mistakes: Misplaced[]): Placed {
  const read = Object.entries(places).map(([setting, [place, otherwise]]) => {
    const value = at(args, place);
    const isOther = isOfAnotherKind(place, value, kindOf(otherwise), mistakes);
    return [setting, withoutSlashes(setting, isOther ? otherwise : (value ?? otherwise))];
  });
  return Object.fromEntries(read) as Placed;
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
  settings: Placed & Pick<ClusterSettings, "tls">,
  onEc2: boolean,
): EtcdClusterArgs {
  const args: Record<string, unknown> = { tls: { enabled: settings.tls === "on" } };
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

function at(args: object, place: string): unknown {
  let value: unknown = args;
  for (const step of place.split(".")) {
    value = (value as Record<string, unknown> | undefined)?.[step];
  }
  return value ?? undefined;
}

function kindOf(value: unknown): string {
  if (value === null) {
    return "nothing";
  }
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return "an output";
  }
  const kinds: Record<string, string> = {
    string: "a text",
    number: "a number",
    boolean: "true or false",
    object: Array.isArray(value) ? "a list" : "an object",
  };
  return kinds[typeof value] ?? typeof value;
}

/** Never called for what is secret: that may be an output, and is of no other kind than a text. */
function shown(value: unknown): string {
  return kindOf(value) === "an output"
    ? "known later only, which addresses, hosts, host keys, ids and secrets may be"
    : JSON.stringify(value);
}

/** A URL or a folder to which something is added. */
function withoutSlashes(setting: string, value: unknown): unknown {
  return ["releaseUrl", "snapshotEndpoint", "snapshotDirectory"].includes(setting)
    ? (value as string).replace(/\/+$/, "")
    : value;
}
