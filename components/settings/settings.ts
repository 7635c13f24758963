import type { SshSettings } from "../ssh";
import { isFromAnywhere } from "../cidr";
import { instanceTypeMistake } from "../machines/aws/instanceTypes";
import type { MachineSetting } from "../machines/existing/machineSetting";
import type { Subject } from "../pki/certificate";
import { checkCluster, checkMemberCount, type ClusterSettings } from "./cluster";
import { checkMachines, readMachines } from "./machines";
import { checkNetwork } from "./network";
import { type Mistake, mistakeOf, SettingsError, SettingsReader } from "./reader";
import { checkSnapshots, readSnapshots } from "./snapshots";
import { checkLogin, readBastion } from "./ssh";
import { unknownSettings } from "./unknown";
import { labelMistake } from "./names";

/** A stack's settings, valid as a whole. `Pulumi.yaml` describes each of them. */
export interface Settings extends ClusterSettings, SshSettings {
  readonly replacements: Readonly<Record<string, number>>;
  readonly dataReplacements: Readonly<Record<string, number>>;
  readonly machines: MachineSetting[];
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

/**
 * What is allowed and deserves a second thought, each with its setting's name, but for what a cluster says of itself
 * (`clusterWarnings`).
 */
export function settingsWarnings(settings: Settings): string[] {
  const onEc2 = !usesExistingMachines(settings);
  const all: [boolean, string][] = [
    [
      onEc2 && settings.sshCidrs.some(isFromAnywhere),
      "sshCidrs lets everybody try port 22 of every controller",
    ],
    [
      onEc2 && settings.clientCidrs.some(isFromAnywhere),
      "clientCidrs lets everybody try port 2379 of every controller",
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
    ...checkCluster(settings),
    ...checkMemberCount(
      usesExistingMachines(settings) ? "machines" : "controllers",
      memberCount(settings),
      settings,
    ),
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
    ...checkControllerNames(settings),
    ...mistakeOf("instanceType", instanceTypeMistake(settings.instanceType)),
    ...checkDataVolume(settings),
    ...checkNetwork(settings),
    ...onlyExisting,
  ];
}

function checkControllerNames({ controllers }: Settings): Mistake[] {
  return controllers.flatMap(({ name }, index) => {
    const setting = `controllers[${index}].name`;
    const first = controllers.findIndex((controller) => controller.name === name);
    const taken =
      first < index ? `is "${name}", which controllers[${first}] is called already` : undefined;
    return [...mistakeOf(setting, labelMistake(name)), ...mistakeOf(setting, taken)];
  });
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
