import * as pulumi from "@pulumi/pulumi";
import { defaultPorts, type MemberPorts } from "./etcd/plan";
import { existingMachines } from "./machines/existing/machines";
import type { ExistingMachine } from "./machines/existing/spec";
import type { MachineMaker } from "./machines/machine";
import type { Subject } from "./pki/certificate";
import {
  checkCluster,
  checkMemberCount,
  clusterWarnings,
  type ClusterSettings,
} from "./settings/cluster";
import { addressMistakes, checkEach } from "./settings/machines";
import { labelMistake } from "./settings/names";
import { type Mistake, mistakeOf } from "./settings/reader";
import { checkSnapshots } from "./settings/snapshots";
import { bastionMistakes, checkKey, hostKeyPattern } from "./settings/ssh";
import type { Bastion } from "./ssh";

/** What an `EtcdCluster` is asked to be. */
export interface EtcdClusterArgs {
  /**
   * Names the cluster in certificates, units and snapshots, for good: 1 to 32 of a-z, 0-9 and "-".
   * @default the component's name
   */
  readonly clusterName?: string;
  /**
   * The etcd release to run, 3.4 to 3.7, with its patch number.
   * @default "3.7.3"
   * @example "3.6.16"
   */
  readonly version?: string;
  /** Confirms that `version` goes down one minor version. @default false */
  readonly allowDowngrade?: boolean;
  /** Confirms that an even number of members is meant. @default false */
  readonly evenMembers?: boolean;
  /**
   * The machines of the members, 1, 3, 5 or 7: made by whatever provider, in this program or not; or a maker of them.
   * @example [{ name: "etcd-0", address: server.privateIp, host: server.publicIp, hostKey: key.publicKeyOpenssh }]
   */
  readonly machines: readonly EtcdMachine[] | MachineMaker;
  /** How such machines are logged in to. A maker of machines knows it by itself. */
  readonly ssh?: EtcdSsh;
  /** Where etcd comes from. */
  readonly release?: EtcdRelease;
  /** How etcd runs. */
  readonly options?: EtcdOptions;
  readonly tls?: EtcdTls;
  readonly snapshots?: EtcdSnapshots;
  /** The snapshot to begin from. */
  readonly restore?: EtcdRestore;
  /** Whether data on the machines goes with its stack or its member. @default false */
  readonly deleteData?: boolean;
}

/** A machine for a member: Linux with systemd, and a user who is root or may become it by sudo. */
export interface EtcdMachine {
  /** The member's name, for good: a host name's label. */
  readonly name: string;
  /** The IPv4 address where the other members and the clients reach it. @example server.privateIp */
  readonly address: pulumi.Input<string>;
  /** Where SSH reaches it. @default its address */
  readonly host?: pulumi.Input<string>;
  /** @default the user of `ssh` */
  readonly user?: string;
  /** SSH's port. @default 22 */
  readonly port?: number;
  /**
   * Its SSH host key, as a line of authorized_keys holds it.
   * @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb0…"
   */
  readonly hostKey?: pulumi.Input<string>;
  /**
   * The id that its maker knows it by: with another one it is another machine, which gets all of it again.
   * @default its host and port
   * @example server.id
   */
  readonly id?: pulumi.Input<string>;
  /** The member's ports. @default 2379, 2380, and 2381 on loopback */
  readonly ports?: MemberPorts;
  /** Counted up for a machine that was replaced under the same name. @default 0 */
  readonly replacements?: number;
  /** Counted up where its data was given up with it. @default 0 */
  readonly dataReplacements?: number;
}

export interface EtcdSsh {
  /** Of every machine that has none of its own. @example "ubuntu" */
  readonly user?: string;
  /** A private key in PEM or OpenSSH form, without a passphrase. It and the password are secret, whatever is given. */
  readonly privateKey?: pulumi.Input<string>;
  readonly password?: pulumi.Input<string>;
  /** Whether a machine has to show its `hostKey`. @default true */
  readonly verifyHostKeys?: boolean;
  /** The machine through which the others are reached. */
  readonly bastion?: Bastion;
  /** @default `privateKey` */
  readonly bastionPrivateKey?: pulumi.Input<string>;
}

export interface EtcdRelease {
  /** A release page, the distribution's packages, or a tarball on the machine that runs Pulumi. @default "release" */
  readonly install?: ClusterSettings["install"];
  /** @default "https://github.com/etcd-io/etcd/releases/download" */
  readonly url?: string;
  /** With install "file", the path of a release's tarball. */
  readonly file?: string;
  /** Confirms that it is a build of one's own, not one of etcd's. @default false */
  readonly ownReleases?: boolean;
  /** Where etcd, etcdctl and etcdutl are linked on the machines. @default "/usr/local/bin" */
  readonly binDirectory?: string;
}

export interface EtcdOptions {
  /** The size at which etcd refuses writes, 1 to 8 GiB. @default 8 */
  readonly quotaGiB?: number;
  /** How much history is kept: a duration, a number of revisions, or "0" for all of it. @default "1h" */
  readonly compactionRetention?: string;
  /** Between a leader's heartbeats, in ms. @default 100 */
  readonly heartbeatMs?: number;
  /** Without a leader before an election, in ms. @default 1000 */
  readonly electionMs?: number;
  /** Further flags, without dashes. @example { "max-request-bytes": "10485760" } */
  readonly extraFlags?: Readonly<Record<string, string>>;
}

export interface EtcdTls {
  /** @default true */
  readonly enabled?: boolean;
  /** Whether clients on the machine itself may go without TLS. @default false */
  readonly plainLoopback?: boolean;
  /** Further names and addresses that clients use for every member. */
  readonly serverNames?: string[];
  readonly certificateSubject?: Subject;
  /** @default 3650 */
  readonly caLifetimeDays?: number;
  /** @default 365 */
  readonly certificateLifetimeDays?: number;
  /** How many days before its end a certificate is renewed. @default 120 */
  readonly certificateRenewalDays?: number;
  /** Another number issues every certificate again. @default 1 */
  readonly certificateIssue?: number;
  /** The generations of the CAs that are trusted; the first issues. @default [1] */
  readonly certificateAuthorities?: number[];
}

export interface EtcdSnapshots {
  /** How old the last one may get, in minutes; 0 takes none by the clock. @default 60 */
  readonly minutes?: number;
  /** How many a machine keeps at most. @default 10 */
  readonly keep?: number;
  /** How many days one is kept at most. @default 30 */
  readonly keepDays?: number;
  /** Where they lie on a machine. @default "/var/lib/etcd-snapshots" */
  readonly directory?: string;
  /** Whether they are uploaded, if there is a bucket. @default true */
  readonly upload?: boolean;
  /** A bucket of S3, or of a store like it. */
  readonly bucket?: string;
  /** The URL of such a store. @default AWS */
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  /** Secret, whatever is given. */
  readonly secretAccessKey?: pulumi.Input<string>;
}

export interface EtcdRestore {
  /** A path on the machine that runs Pulumi, or `s3://BUCKET/KEY`. */
  readonly from?: string;
  /** Confirms that members that have data lose it. @default false */
  readonly overData?: boolean;
}

/** What was read of a component's args. */
export interface ReadArgs {
  readonly settings: ClusterSettings;
  readonly maker: MachineMaker;
  readonly secretAccessKey: pulumi.Input<string>;
  /** What is allowed and deserves a second thought. */
  readonly warnings: readonly string[];
}

/** Where each setting is among the args: for errors. */
const places: Readonly<Record<string, string>> = {
  install: "release.install",
  releaseUrl: "release.url",
  releaseFile: "release.file",
  ownReleases: "release.ownReleases",
  binDirectory: "release.binDirectory",
  compactionRetention: "options.compactionRetention",
  electionMs: "options.electionMs",
  extraFlags: "options.extraFlags",
  caLifetimeDays: "tls.caLifetimeDays",
  certificateLifetimeDays: "tls.certificateLifetimeDays",
  certificateRenewalDays: "tls.certificateRenewalDays",
  certificateAuthorities: "tls.certificateAuthorities",
  serverNames: "tls.serverNames",
  snapshotDirectory: "snapshots.directory",
  snapshotBucket: "snapshots.bucket",
  snapshotEndpoint: "snapshots.endpoint",
  snapshotRegion: "snapshots.region",
  snapshotAccessKeyId: "snapshots.accessKeyId",
  snapshotSecretAccessKey: "snapshots.secretAccessKey",
  restoreFrom: "restore.from",
  restoreOverData: "restore.overData",
};

/**
 * A component's args with their defaults.
 * @throws RunError with all that is wrong with them
 */
export function readArgs(name: string, args: EtcdClusterArgs): ReadArgs {
  const settings = clusterSettings(name, args);
  const secretAccessKey = args.snapshots?.secretAccessKey ?? "";
  const given = args.machines ?? [];
  const own = "make" in given ? undefined : given.map((machine) => existing(machine, args));
  const mistakes = [
    ...checkCluster(settings),
    ...checkNumbers(settings),
    ...checkSnapshots({ ...settings, machines: own ?? [] }, ["snapshotSecretAccessKey"]),
    ...checkMembers("make" in given ? given.requests : own!, settings),
    ...(own === undefined ? [] : checkOwn(own, args, settings)),
  ];
  if (mistakes.length > 0) {
    throw notRight(name, mistakes);
  }
  const maker =
    "make" in given
      ? given
      : existingMachines({
          machines: own!.map((machine, index) =>
            checkedLater(name, machine, index, args, settings),
          ),
          login: loginOf(args.ssh),
        });
  const warnings = clusterWarnings(settings, {
    members: maker.requests.length,
    verifyHostKeys: own === undefined || (args.ssh?.verifyHostKeys ?? true),
  });
  return { settings, maker, secretAccessKey, warnings };
}

function notRight(name: string, mistakes: readonly Mistake[]): pulumi.RunError {
  const lines = mistakes.map(({ setting, text }) => `  ${placeOf(setting)} ${text}`);
  const count = mistakes.length === 1 ? "1 input is" : `${mistakes.length} inputs are`;
  return new pulumi.RunError(
    `EtcdCluster ${name}: ${count} not right; nothing was changed:\n${lines.join("\n")}`,
  );
}

/**
 * A machine whose address, host and host key are checked as soon as they are known, and used by nothing before. They
 * are no secrets, also where they come with one: what is asked of a cluster is compared, and shown when it is refused.
 */
function checkedLater(
  name: string,
  machine: ExistingMachine,
  index: number,
  { machines }: EtcdClusterArgs,
  { tls }: ClusterSettings,
): ExistingMachine {
  const isShared = "make" in machines || machines.length === 1;
  const later = (
    value: pulumi.Input<string>,
    mistakesIn: (text: unknown) => readonly string[],
  ): pulumi.Input<string> =>
    typeof value === "string"
      ? value
      : pulumi.unsecret(pulumi.output(value)).apply((text) => {
          const found = mistakesIn(text);
          if (found.length > 0) {
            const setting = `machines[${index}]`;
            throw notRight(
              name,
              found.map((one) => ({ setting, text: one })),
            );
          }
          return text.trim();
        });
  return {
    ...machine,
    address: later(machine.address, (text) => addressMistakes(text, tls, isShared)),
    host: later(machine.host, (text) =>
      typeof text === "string" && text.trim() !== ""
        ? []
        : ["has no host: expected where SSH reaches it"],
    ),
    hostKey: machine.hostKey === undefined ? undefined : later(machine.hostKey, hostKeyMistakes),
    id: machine.id === undefined ? undefined : later(machine.id, () => []),
  };
}

function hostKeyMistakes(text: unknown): string[] {
  return typeof text === "string" && hostKeyPattern.test(text.trim())
    ? []
    : [
        `has the hostKey "${String(text)}", expected a line such as "ssh-ed25519 AAAA…": whoever answers at its address would get its keys else`,
      ];
}

/** For machines of any maker: how many members there are, and what they are called. */
function checkMembers(
  members: readonly { readonly name: string }[],
  settings: ClusterSettings,
): Mistake[] {
  return [
    ...checkMemberCount("machines", members.length, settings),
    ...members.flatMap(({ name }, index) =>
      mistakeOf(`machines[${index}].name`, labelMistake(name)),
    ),
  ];
}

function placeOf(setting: string): string {
  const [, name = setting, rest = ""] = /^(\w+)(.*)$/.exec(setting) ?? [];
  return (places[name] ?? name) + rest;
}

/** The same as the settings of a stack, with the defaults that `Pulumi.yaml` has. */
export function clusterSettings(name: string, args: EtcdClusterArgs): ClusterSettings {
  const { release = {}, options = {}, tls = {}, snapshots = {}, restore = {} } = args;
  const secret = snapshots.secretAccessKey ?? "";
  return {
    clusterName: args.clusterName ?? name,
    version: args.version ?? "3.7.3",
    allowDowngrade: args.allowDowngrade ?? false,
    evenMembers: args.evenMembers ?? false,
    install: release.install ?? "release",
    releaseUrl: (release.url ?? "https://github.com/etcd-io/etcd/releases/download").replace(
      /\/+$/,
      "",
    ),
    releaseFile: release.file ?? "",
    ownReleases: release.ownReleases ?? false,
    binDirectory: release.binDirectory ?? "/usr/local/bin",
    deleteData: args.deleteData ?? false,
    quotaGiB: options.quotaGiB ?? 8,
    compactionRetention: options.compactionRetention ?? "1h",
    heartbeatMs: options.heartbeatMs ?? 100,
    electionMs: options.electionMs ?? 1000,
    extraFlags: options.extraFlags ?? {},
    tls: (tls.enabled ?? true) ? "on" : "off",
    plainLoopback: tls.plainLoopback ?? false,
    serverNames: tls.serverNames ?? [],
    certificateSubject: tls.certificateSubject ?? {},
    caLifetimeDays: tls.caLifetimeDays ?? 3650,
    certificateLifetimeDays: tls.certificateLifetimeDays ?? 365,
    certificateRenewalDays: tls.certificateRenewalDays ?? 120,
    certificateIssue: tls.certificateIssue ?? 1,
    certificateAuthorities: tls.certificateAuthorities ?? [1],
    snapshotMinutes: snapshots.minutes ?? 60,
    snapshotKeep: snapshots.keep ?? 10,
    snapshotKeepDays: snapshots.keepDays ?? 30,
    snapshotDirectory: (snapshots.directory ?? "/var/lib/etcd-snapshots").replace(/\/+$/, ""),
    snapshotUpload: snapshots.upload ?? true,
    snapshotBucket: snapshots.bucket ?? "",
    snapshotEndpoint: (snapshots.endpoint ?? "").replace(/\/+$/, ""),
    snapshotRegion: snapshots.region ?? "",
    snapshotAccessKeyId: snapshots.accessKeyId ?? "",
    // What is not known yet cannot be checked, but that it is there.
    snapshotSecretAccessKey: typeof secret === "string" ? secret : "known-later",
    restoreFrom: restore.from ?? "",
    restoreOverData: restore.overData ?? false,
  };
}

/** The args for settings of a stack: `clusterSettings` reads the same out of them. */
export function argsOf(settings: ClusterSettings): Omit<EtcdClusterArgs, "machines" | "ssh"> {
  return {
    clusterName: settings.clusterName,
    version: settings.version,
    allowDowngrade: settings.allowDowngrade,
    evenMembers: settings.evenMembers,
    deleteData: settings.deleteData,
    release: {
      install: settings.install,
      url: settings.releaseUrl,
      file: settings.releaseFile,
      ownReleases: settings.ownReleases,
      binDirectory: settings.binDirectory,
    },
    options: {
      quotaGiB: settings.quotaGiB,
      compactionRetention: settings.compactionRetention,
      heartbeatMs: settings.heartbeatMs,
      electionMs: settings.electionMs,
      extraFlags: settings.extraFlags,
    },
    tls: {
      enabled: settings.tls === "on",
      plainLoopback: settings.plainLoopback,
      serverNames: settings.serverNames,
      certificateSubject: settings.certificateSubject,
      caLifetimeDays: settings.caLifetimeDays,
      certificateLifetimeDays: settings.certificateLifetimeDays,
      certificateRenewalDays: settings.certificateRenewalDays,
      certificateIssue: settings.certificateIssue,
      certificateAuthorities: settings.certificateAuthorities,
    },
    snapshots: {
      minutes: settings.snapshotMinutes,
      keep: settings.snapshotKeep,
      keepDays: settings.snapshotKeepDays,
      directory: settings.snapshotDirectory,
      upload: settings.snapshotUpload,
      bucket: settings.snapshotBucket,
      endpoint: settings.snapshotEndpoint,
      region: settings.snapshotRegion,
      accessKeyId: settings.snapshotAccessKeyId,
      secretAccessKey: settings.snapshotSecretAccessKey,
    },
    restore: { from: settings.restoreFrom, overData: settings.restoreOverData },
  };
}

function whole(setting: string, value: number, least: number, most: number): Mistake[] {
  return mistakeOf(
    setting,
    Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : `is ${value}, expected a whole number from ${least} to ${most}`,
  );
}

/** What the reader of a stack's settings sees to for those. */
function checkNumbers(settings: ClusterSettings): Mistake[] {
  return [
    ...whole("options.quotaGiB", settings.quotaGiB, 1, 8),
    ...whole("options.heartbeatMs", settings.heartbeatMs, 1, 10_000),
    ...whole("options.electionMs", settings.electionMs, 5, 50_000),
    ...whole("tls.caLifetimeDays", settings.caLifetimeDays, 1, 36_500),
    ...whole("tls.certificateLifetimeDays", settings.certificateLifetimeDays, 1, 36_500),
    ...whole("tls.certificateRenewalDays", settings.certificateRenewalDays, 1, 36_500),
    ...whole("tls.certificateIssue", settings.certificateIssue, 1, 999_999),
    ...whole("snapshots.minutes", settings.snapshotMinutes, 0, 10_080),
    ...whole("snapshots.keep", settings.snapshotKeep, 1, 1000),
    ...whole("snapshots.keepDays", settings.snapshotKeepDays, 1, 3650),
  ];
}

function existing(machine: EtcdMachine, { ssh }: EtcdClusterArgs): ExistingMachine {
  const { name, address, host = address, port = 22, ports = defaultPorts } = machine;
  return {
    name,
    address,
    host,
    user: machine.user ?? ssh?.user ?? "",
    port,
    hostKey: (ssh?.verifyHostKeys ?? true) ? machine.hostKey : undefined,
    ports,
    id: machine.id,
    generation: { machine: machine.replacements ?? 0, data: machine.dataReplacements ?? 0 },
  };
}

function loginOf(ssh: EtcdSsh = {}) {
  return {
    privateKey: ssh.privateKey ?? "",
    password: ssh.password ?? "",
    bastion: ssh.bastion,
    bastionPrivateKey: ssh.bastionPrivateKey ?? "",
  };
}

function checkOwn(
  machines: readonly ExistingMachine[],
  { ssh = {} }: EtcdClusterArgs,
  settings: ClusterSettings,
): Mistake[] {
  const { privateKey = "", password = "", verifyHostKeys = true, bastion } = ssh;
  const { bastionPrivateKey = "" } = ssh;
  return [
    ...checkEach(machines, settings),
    ...machines.flatMap(({ hostKey, host, generation }, index) => [
      ...mistakeOf(
        `machines[${index}].hostKey`,
        verifyHostKeys && !hostKey
          ? "is not set: whoever answers at its address would get its keys. Give the machine's own, or set ssh.verifyHostKeys to false"
          : undefined,
      ),
      ...(typeof hostKey === "string" && hostKey !== "" ? hostKeyMistakes(hostKey) : []).map(
        (text) => ({ setting: `machines[${index}]`, text }),
      ),
      ...mistakeOf(
        `machines[${index}].host`,
        host === "" ? "is empty: that would be this computer" : undefined,
      ),
      ...whole(`machines[${index}].replacements`, generation.machine, 0, 999_999),
      ...whole(`machines[${index}].dataReplacements`, generation.data, 0, 999_999),
    ]),
    ...mistakeOf(
      "ssh",
      privateKey === "" && password === ""
        ? "has neither a privateKey nor a password: expected one of them"
        : undefined,
    ),
    ...keyMistakes("ssh.privateKey", privateKey),
    ...keyMistakes("ssh.bastionPrivateKey", bastionPrivateKey),
    ...(bastion === undefined ? [] : bastionMistakes(bastion)).map((text) => ({
      setting: "ssh.bastion",
      text,
    })),
  ];
}

/** It is secret from here on, however it was given. */
function keyMistakes(place: string, key: pulumi.Input<string>): Mistake[] {
  return typeof key === "string" ? checkKey(place, key, [place], false) : [];
}
