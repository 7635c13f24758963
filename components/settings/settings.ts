import { statSync } from "node:fs";
import type { SshSettings } from "../ssh";
import { isFromAnywhere } from "../cidr";
import { instanceTypeMistake } from "../machines/aws/instanceTypes";
import { looksLikeHours } from "../etcd/compaction";
import type { FlagSettings } from "../etcd/flags";
import { fileSha256, knownChecksums } from "../etcd/releaseChecksums";
import type { ReleaseSource } from "../etcd/stage";
import { versionMistake } from "../etcd/versions";
import type { MachineSetting } from "../machines/existing/machineSetting";
import { lifetimeMistakes, type LifetimeSettings } from "../pki/lifetimes";
import type { Subject } from "../pki/certificate";
import { checkFlags } from "./flags";
import { checkMachines, readMachines } from "./machines";
import { checkNetwork } from "./network";
import { type Mistake, SettingsError, SettingsReader } from "./reader";
import { checkSnapshots, readSnapshots, type SnapshotSettings } from "./snapshots";
import { checkLogin, readBastion } from "./ssh";
import { unknownSettings } from "./unknown";
import { isPlainPath, labelMistake } from "./names";

/** A stack's settings, valid as a whole. `Pulumi.yaml` describes each of them. */
export interface Settings extends FlagSettings, LifetimeSettings, SnapshotSettings, SshSettings {
  readonly clusterName: string;
  readonly allowDowngrade: boolean;
  readonly install: "release" | "package" | "file";
  readonly releaseUrl: string;
  readonly releaseFile: string;
  readonly ownReleases: boolean;
  readonly binDirectory: string;
  readonly evenMembers: boolean;
  readonly replacements: Readonly<Record<string, number>>;
  readonly dataReplacements: Readonly<Record<string, number>>;
  readonly machines: MachineSetting[];
  readonly deleteData: boolean;
  readonly controllers: { readonly name: string; readonly privateIp: string }[];
  readonly instanceType: string;
  readonly dataVolumeGiB: number;
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly subnetCidrs: string[];
  readonly availabilityZones: string[];
  readonly publicAddresses: boolean;
  readonly sshCidrs: string[];
  readonly sshFromAnywhere: boolean;
  readonly clientCidrs: string[];
  readonly clientsFromAnywhere: boolean;
  readonly sshUser: string;
  readonly tls: "on" | "off";
  readonly certificateSubject: Subject;
  readonly certificateIssue: number;
  readonly certificateAuthorities: number[];
  readonly serverNames: string[];
}

/** A stack's raw configuration: each setting's text, and which of them are encrypted, by `settingName`. */
export interface RawSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/**
 * What a key of a stack's configuration is called here. Pulumi puts the project's name before the project's own
 * settings; what is another project's, or a provider's, keeps the namespace.
 */
export function settingName(key: string, project: string): string {
  const namespace = `${project}:`;
  return key.startsWith(namespace) ? key.slice(namespace.length) : key;
}

/**
 * The settings from a stack's configuration.
 * @throws SettingsError with every mistake that is in them.
 */
export function readSettings(raw: RawSettings): Settings {
  const reader = new SettingsReader(raw.values, raw.secrets);
  const settings = read(reader);
  const mistakes = [
    ...unknownSettings(Object.keys(raw.values), Object.keys(settings)),
    ...reader.mistakes,
    ...check(settings, raw.secrets),
  ];
  if (mistakes.length > 0) {
    throw new SettingsError(mistakes);
  }
  return settings;
}

/** Whether the cluster is on machines that a person already has. */
export function usesExistingMachines(settings: Settings): boolean {
  return settings.machines.length > 0;
}

export function releaseSource(settings: Settings): ReleaseSource {
  switch (settings.install) {
    case "release":
      return {
        kind: "release",
        url: settings.releaseUrl,
        checksums: settings.ownReleases ? undefined : knownChecksums(settings.version),
      };
    case "package":
      return { kind: "package" };
    case "file":
      return { kind: "file", path: settings.releaseFile };
  }
}

/** What is allowed and deserves a second thought, each with its setting's name. */
export function settingsWarnings(settings: Settings): string[] {
  const members = memberCount(settings);
  const all: [boolean, string][] = [
    [
      settings.install === "release" && settings.releaseUrl.startsWith("http:"),
      "releaseUrl is plain HTTP: whoever is on the way can change a release and its SHA256SUMS",
    ],
    [
      !usesExistingMachines(settings) && settings.sshCidrs.some(isFromAnywhere),
      "sshCidrs lets everybody try port 22 of every controller",
    ],
    [
      !usesExistingMachines(settings) && settings.clientCidrs.some(isFromAnywhere),
      "clientCidrs lets everybody try port 2379 of every controller",
    ],
    [
      usesExistingMachines(settings) && !settings.verifyHostKeys,
      "verifyHostKeys is false: whoever answers at a machine's address gets its keys and its data",
    ],
    [
      settings.snapshotEndpoint.startsWith("http:"),
      "snapshotEndpoint is plain HTTP: whoever is on the way reads every snapshot",
    ],
    [
      settings.tls === "off",
      "tls is off: everybody who can reach a member reads and writes everything in it, and everybody on the way reads along",
    ],
    [
      settings.plainLoopback && settings.tls === "on",
      "plainLoopback is true: every process on a member's machine reads and writes everything, without a certificate",
    ],
    [
      looksLikeHours(settings.compactionRetention),
      `compactionRetention is ${settings.compactionRetention}, which keeps as many revisions; as many hours are ${settings.compactionRetention}h`,
    ],
    [
      members % 2 === 0,
      `evenMembers is true: ${members} members survive the loss of ${members / 2 - 1}, as ${members - 1} would, and one more machine can break`,
    ],
  ];
  return all.filter(([applies]) => applies).map(([, text]) => text);
}

function memberCount(settings: Settings): number {
  return usesExistingMachines(settings) ? settings.machines.length : settings.controllers.length;
}

function read(reader: SettingsReader): Settings {
  return {
    clusterName: reader.string("clusterName"),
    version: reader.string("version"),
    allowDowngrade: reader.boolean("allowDowngrade"),
    install: reader.choice("install", ["release", "package", "file"]),
    releaseUrl: reader.string("releaseUrl").replace(/\/+$/, ""),
    releaseFile: reader.string("releaseFile"),
    ownReleases: reader.boolean("ownReleases"),
    binDirectory: reader.string("binDirectory"),
    quotaGiB: reader.integer("quotaGiB", 1, 8),
    compactionRetention: reader.string("compactionRetention"),
    heartbeatMs: reader.integer("heartbeatMs", 1, 10000),
    electionMs: reader.integer("electionMs", 5, 50000),
    extraFlags: reader.texts("extraFlags"),
    evenMembers: reader.boolean("evenMembers"),
    replacements: reader.counts("replacements"),
    dataReplacements: reader.counts("dataReplacements"),
    ...readSnapshots(reader),
    machines: readMachines(reader),
    deleteData: reader.boolean("deleteData"),
    controllers: reader.objects("controllers", ["name", "privateIp"], []),
    instanceType: reader.string("instanceType"),
    dataVolumeGiB: reader.integer("dataVolumeGiB", 1, 16384),
    vpcId: reader.string("vpcId"),
    vpcCidr: reader.string("vpcCidr"),
    subnetCidrs: reader.strings("subnetCidrs"),
    availabilityZones: reader.strings("availabilityZones"),
    publicAddresses: reader.boolean("publicAddresses"),
    sshCidrs: reader.strings("sshCidrs"),
    sshFromAnywhere: reader.boolean("sshFromAnywhere"),
    clientCidrs: reader.strings("clientCidrs"),
    clientsFromAnywhere: reader.boolean("clientsFromAnywhere"),
    sshUser: reader.string("sshUser"),
    sshPrivateKey: reader.string("sshPrivateKey"),
    sshPassword: reader.string("sshPassword"),
    knownHosts: reader.strings("knownHosts"),
    verifyHostKeys: reader.boolean("verifyHostKeys"),
    bastion: readBastion(reader),
    bastionPrivateKey: reader.string("bastionPrivateKey"),
    tls: reader.choice("tls", ["on", "off"]),
    plainLoopback: reader.boolean("plainLoopback"),
    certificateSubject: readSubject(reader),
    caLifetimeDays: reader.integer("caLifetimeDays", 1, 36500),
    certificateLifetimeDays: reader.integer("certificateLifetimeDays", 1, 36500),
    certificateRenewalDays: reader.integer("certificateRenewalDays", 1, 36500),
    certificateIssue: reader.integer("certificateIssue", 1, 999999),
    certificateAuthorities: reader.integers("certificateAuthorities"),
    serverNames: reader.strings("serverNames"),
  };
}

function readSubject(reader: SettingsReader): Subject {
  const fields: (keyof Subject)[] = [
    "commonName",
    "country",
    "province",
    "locality",
    "organization",
    "organizationalUnit",
  ];
  return reader.object("certificateSubject", [], fields) ?? {};
}

/** All that is to be checked of the values themselves. */
function check(settings: Settings, secrets: readonly string[]): Mistake[] {
  return [
    ...checkNames(settings),
    ...of("version", versionMistake(settings.version)),
    ...checkSource(settings),
    ...checkMemberCount(settings),
    ...checkFlags(settings),
    ...lifetimesOf(settings),
    ...checkAuthorities(settings),
    ...checkReplacements(settings),
    ...checkSnapshots(settings, secrets),
    ...checkLogin(settings, secrets),
    ...(usesExistingMachines(settings) ? checkMachines(settings) : checkAws(settings)),
  ];
}

function checkAws(settings: Settings): Mistake[] {
  const onlyExisting: Mistake[] =
    settings.sshPassword === ""
      ? []
      : [{ setting: "sshPassword", text: "is set, and EC2 controllers take keys alone" }];
  return [
    ...of("instanceType", instanceTypeMistake(settings.instanceType)),
    ...checkDataVolume(settings),
    ...checkNetwork(settings),
    ...onlyExisting,
  ];
}

function of(setting: string, text: string | undefined): Mistake[] {
  return text === undefined ? [] : [{ setting, text }];
}

function checkNames({ clusterName, controllers, serverNames }: Settings): Mistake[] {
  const mistakes: Mistake[] = [];
  if (labelMistake(clusterName) !== undefined || clusterName.length > 32) {
    mistakes.push({
      setting: "clusterName",
      text: `is "${clusterName}", expected 1 to 32 of a-z, 0-9 and "-", neither first nor last a "-"`,
    });
  }
  controllers.forEach(({ name }, index) => {
    const setting = `controllers[${index}].name`;
    mistakes.push(...of(setting, labelMistake(name)));
    const first = controllers.findIndex((controller) => controller.name === name);
    if (first < index) {
      mistakes.push({
        setting,
        text: `is "${name}", which controllers[${first}] is called already`,
      });
    }
  });
  for (const name of serverNames) {
    if (!/^(\*\.)?[\w-]+(\.[\w-]+)*$/.test(name) && !/^[0-9a-fA-F:]+$/.test(name)) {
      mistakes.push({
        setting: "serverNames",
        text: `has "${name}", expected a host name or an address`,
      });
    }
  }
  return mistakes;
}

function checkSource(settings: Settings): Mistake[] {
  const mistakes = [
    ...of("releaseUrl", urlMistake(settings.releaseUrl)),
    ...of("releaseFile", settings.install === "file" ? fileMistake(settings) : undefined),
  ];
  if (!isPlainPath(settings.binDirectory)) {
    mistakes.push({
      setting: "binDirectory",
      text: `is "${settings.binDirectory}", expected an absolute path such as /usr/local/bin`,
    });
  }
  return mistakes;
}

function fileMistake({ releaseFile, ownReleases, version }: Settings): string | undefined {
  if (!statSync(releaseFile, { throwIfNoEntry: false })?.isFile()) {
    return `is "${releaseFile}", expected the path of a release's tarball on this machine`;
  }
  const known = ownReleases ? undefined : knownChecksums(version);
  const sum = fileSha256(releaseFile);
  return known === undefined || Object.values(known).includes(sum)
    ? undefined
    : `is "${releaseFile}", whose SHA-256 is ${sum}: expected that of etcd ${version}, ${known.amd64} (amd64) or ` +
        `${known.arm64} (arm64). It is another release, damaged or not what was published; if you have built it yourself, set ownReleases: true`;
}

function urlMistake(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    return `is "${text}", expected a URL such as https://mirror.example.com/etcd`;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return `has a user, a query or a fragment, expected the plain URL of a mirror: it is shown in previews and logs`;
  }
  // curl takes {…} and […] for several URLs, and a URL drops line breaks without a word.
  return /[\s{}[\]\\]/.test(text)
    ? `is ${JSON.stringify(text)}, expected a URL without spaces, braces and brackets`
    : undefined;
}

function checkMemberCount(settings: Settings): Mistake[] {
  const setting = usesExistingMachines(settings) ? "machines" : "controllers";
  const count = memberCount(settings);
  if (count === 0) {
    return [{ setting, text: "names nobody. Expected 1, 3, 5 or 7" }];
  }
  if (count > 7) {
    return [
      {
        setting,
        text: `names ${count} members: every write waits for more than half of them, and beyond 7 that costs more than it protects. Expected 1, 3, 5 or 7`,
      },
    ];
  }
  return count % 2 === 1 || settings.evenMembers
    ? []
    : [
        {
          setting,
          text: `names ${count} members: an even number needs a larger quorum and survives no more losses than ${count - 1}. Expected 1, 3, 5 or 7, or evenMembers: true to have it so`,
        },
      ];
}

function checkAuthorities({ certificateAuthorities: generations }: Settings): Mistake[] {
  const isRight =
    [1, 2].includes(generations.length) &&
    new Set(generations).size === generations.length &&
    generations.every((generation) => generation >= 1);
  return isRight
    ? []
    : [
        {
          setting: "certificateAuthorities",
          text: `is [${generations.join(", ")}], expected one or two different whole numbers from 1, such as [1], or [1, 2] on the way from 1 to 2`,
        },
      ];
}

function checkReplacements(settings: Settings): Mistake[] {
  const { machines, controllers } = settings;
  const names = (usesExistingMachines(settings) ? machines : controllers).map(({ name }) => name);
  return (["replacements", "dataReplacements"] as const).flatMap((setting) =>
    Object.keys(settings[setting])
      .filter((name) => !names.includes(name))
      .map((name) => ({
        setting,
        text: `has "${name}", which is no member: ${names.join(", ")}. Take it out`,
      })),
  );
}

/** A defragmentation writes the database a second time; the write-ahead log needs room, too. */
function checkDataVolume({ quotaGiB, dataVolumeGiB }: Settings): Mistake[] {
  const least = 2 * quotaGiB + 4;
  return dataVolumeGiB < least
    ? [
        {
          setting: "dataVolumeGiB",
          text: `is ${dataVolumeGiB}, expected at least ${least}: twice quotaGiB for a defragmentation, and 4 for the log and snapshots`,
        },
      ]
    : [];
}

function lifetimesOf(settings: Settings): Mistake[] {
  const days = [
    settings.caLifetimeDays,
    settings.certificateLifetimeDays,
    settings.certificateRenewalDays,
  ];
  // What is no number has been said already.
  return days.some(Number.isNaN) ? [] : lifetimeMistakes(settings);
}
