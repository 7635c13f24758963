import type { SshSettings } from "../ssh";
import type { MachineSetting } from "../machines/existing/machineSetting";
import type { Subject } from "../pki/certificate";
import { readClients } from "./clients";
import { checkCluster, checkMemberCount, type ClusterSettings } from "./cluster";
import { checkEc2, type Ec2Settings } from "./ec2";
import { checkMachines, readMachines } from "./machines";
import { readPlaced } from "./places";
import { type SettingError, SettingsError, SettingsReader } from "./reader";
import { checkSnapshots } from "./snapshots";
import { checkLogin, readBastion } from "./ssh";
import { unknownSettings } from "./unknown";

/** A stack's settings, valid as a whole. `Pulumi.yaml` describes each of them. */
export interface Settings extends ClusterSettings, SshSettings, Ec2Settings {
  readonly machines: MachineSetting[];
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
 * @throws SettingsError with every error that is in them.
 */
export function readSettings(raw: RawSettings): Settings {
  const reader = new SettingsReader(raw.values, raw.secrets);
  const settings = read(reader);
  const errors = [
    ...unknownSettings(Object.keys(raw.values), Object.keys(settings)),
    ...reader.errors,
    ...check(settings, raw.secrets),
  ];
  if (errors.length > 0) {
    throw new SettingsError(errors);
  }
  return settings;
}

/** Whether the cluster is on machines that a person already has. */
export function usesExistingMachines(settings: Settings): boolean {
  return settings.machines.length > 0;
}

function memberCount(settings: Settings): number {
  return usesExistingMachines(settings) ? settings.machines.length : settings.controllers.length;
}

function read(reader: SettingsReader): Settings {
  return {
    ...readPlaced(reader),
    install: reader.choice("install", ["release", "package", "file"]),
    tls: reader.choice("tls", ["on", "off"]),
    certificateSubject: readSubject(reader),
    clients: readClientsOf(reader),
    snapshotSecretAccessKey: reader.string("snapshotSecretAccessKey"),
    controllers: reader.objects("controllers", ["name", "privateIp"], []),
    machines: readMachines(reader),
    replacements: reader.counts("replacements"),
    dataReplacements: reader.counts("dataReplacements"),
    sshUser: reader.string("sshUser"),
    sshPrivateKey: reader.string("sshPrivateKey"),
    sshPassword: reader.string("sshPassword"),
    knownHosts: reader.strings("knownHosts"),
    verifyHostKeys: reader.boolean("verifyHostKeys"),
    bastion: readBastion(reader),
    bastionPrivateKey: reader.string("bastionPrivateKey"),
  };
}

function readClientsOf(reader: SettingsReader): Settings["clients"] {
  const { clients, errors } = readClients(reader.structure("clients"));
  errors.forEach(({ setting, text }) => reader.error(setting, text));
  return clients;
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
function check(settings: Settings, secrets: readonly string[]): SettingError[] {
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
    ...(usesExistingMachines(settings) ? checkMachines(settings) : checkEc2(settings)),
  ];
}

function checkReplacements(settings: Settings): SettingError[] {
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
