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

/** What of them is no setting in the table and has to be of its kind all the same: these decide who gets in. */
const switches = [
  ["tls", "enabled"],
  ["ssh", "verifyHostKeys"],
] as const;

/**
 * The args without what is null, as if nobody had said it.
 * @param misplaced takes what is of another kind than its place is for: never what it is, since it may be a key
 */
export function wellFormed(args: EtcdClusterArgs, misplaced: Misplaced[]): EtcdClusterArgs {
  const whole = withoutNulls(args);
  const expect = (place: string, value: unknown, expected: string) => {
    const kind = kindOf(value);
    if (value !== undefined && kind !== expected) {
      misplaced.push({ place, text: `is ${kind}, expected ${expected}` });
    }
  };
  for (const [place, expected] of Object.entries(groups)) {
    expect(place, whole[place as keyof typeof groups], expected);
  }
  for (const [group, field] of switches) {
    expect(`${group}.${field}`, (whole[group] as Record<string, unknown>)?.[field], "a boolean");
  }
  const entries = (place: string, list: unknown) => {
    if (Array.isArray(list)) {
      list.forEach((one: unknown, index) => expect(`${place}[${index}]`, one, "an object"));
    }
  };
  entries("machines", whole.machines);
  const members = whole.controllers?.members;
  expect("controllers.members", members, "a list");
  entries("controllers.members", members);
  return whole;
}

/** Without fields that are null, in it and in what it holds; what is known later is left as it is. */
function withoutNulls<Value>(value: Value): Value {
  if (kindOf(value) === "a list") {
    return (value as unknown[]).map((one) => (one === null ? one : withoutNulls(one))) as Value;
  }
  if (kindOf(value) !== "an object") {
    return value;
  }
  const fields = Object.entries(value as object).filter(([, one]) => one !== null);
  return Object.fromEntries(fields.map(([key, one]) => [key, withoutNulls(one)])) as Value;
}

/** The settings in a component's args. What is not of its kind is told, and read as if nobody had said it. */
export function settingsIn(args: EtcdClusterArgs, misplaced: Misplaced[]): Placed {
  const read = Object.entries(places).map(([setting, [place, otherwise]]) => {
    const value = at(args, place);
    const wrong = value === undefined ? [] : wrongIn(place, value, otherwise);
    misplaced.push(...wrong);
    const right = wrong.length > 0 || value === undefined ? otherwise : value;
    return [setting, withoutSlashes(setting, right)];
  });
  return Object.fromEntries(read) as Placed;
}

/** What of a value, or of what it holds, is not of the kind of what is there where nobody says. */
function wrongIn(place: string, value: unknown, otherwise: unknown): Misplaced[] {
  const expected = kindOf(otherwise);
  if (kindOf(value) !== expected) {
    return [{ place, text: `is ${shown(value)}, expected ${expected}` }];
  }
  if (typeof value !== "object") {
    return [];
  }
  const isOfNumbers = Array.isArray(otherwise) && typeof otherwise[0] === "number";
  const kind = isOfNumbers ? "a number" : "a text";
  return Object.entries(value as object)
    .filter(([, one]) => kindOf(one) !== kind)
    .map(([key, one]) => ({
      place: Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`,
      text: `is ${shown(one)}, expected ${kind}`,
    }));
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
  return value;
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
    boolean: "a boolean",
    object: Array.isArray(value) ? "a list" : "an object",
  };
  return kinds[typeof value] ?? typeof value;
}

/** Of a setting, none of which is secret. */
function shown(value: unknown): string {
  if (kindOf(value) === "an output") {
    return "known later only, which addresses, hosts, host keys, ids and secrets may be";
  }
  return ["string", "number", "boolean"].includes(typeof value)
    ? JSON.stringify(value)
    : kindOf(value);
}

/** A URL or a folder to which something is added. */
function withoutSlashes(setting: string, value: unknown): unknown {
  return ["releaseUrl", "snapshotEndpoint", "snapshotDirectory"].includes(setting)
    ? (value as string).replace(/\/+$/, "")
    : value;
}
