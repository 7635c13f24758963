import { utils } from "ssh2";
import { Bastion } from "../aws/access";
import { instanceTypeMistake } from "../aws/instanceTypes";
import { versionMistake } from "../etcd/versions";
import { lifetimeMistakes, LifetimeSettings } from "../pki/lifetimes";
import { checkNetwork } from "./network";
import { Mistake, SettingsError, SettingsReader } from "./reader";
import { unknownSettings } from "./unknown";

/** A stack's settings, valid as a whole. `Pulumi.yaml` describes each of them. */
export interface Settings extends LifetimeSettings {
  readonly clusterName: string;
  readonly version: string;
  readonly releaseUrl: string;
  readonly quotaGiB: number;
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
  readonly sshPrivateKey: string;
  readonly bastion: Bastion | undefined;
  readonly bastionPrivateKey: string;
  readonly serverNames: string[];
}

/** A stack's raw configuration: each setting's text, and which of them are encrypted. */
export interface RawSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/**
 * The settings from a stack's configuration.
 * @throws SettingsError with every mistake that is in them.
 */
export function readSettings(raw: RawSettings): Settings {
  const reader = new SettingsReader(raw.values);
  const settings = read(reader);
  const mistakes = [
    ...unknownSettings(Object.keys(raw.values), Object.keys(settings)),
    ...reader.mistakes,
    ...check(settings, raw.secrets),
  ];
  if (mistakes.length > 0) {
    throw new SettingsError(onePerFact(mistakes));
  }
  return settings;
}

/** What is allowed and deserves a second thought, each with its setting's name. */
export function settingsWarnings(settings: Settings): string[] {
  const warnings: string[] = [];
  if (settings.releaseUrl.startsWith("http:")) {
    warnings.push(
      "releaseUrl is plain HTTP: whoever is on the way can change a release and its SHA256SUMS",
    );
  }
  if (settings.sshCidrs.some((cidr) => cidr.endsWith("/0"))) {
    warnings.push("sshCidrs lets everybody try port 22 of every controller");
  }
  return warnings;
}

function read(reader: SettingsReader): Settings {
  return {
    clusterName: reader.string("clusterName"),
    version: reader.string("version"),
    releaseUrl: reader.string("releaseUrl").replace(/\/+$/, ""),
    quotaGiB: reader.integer("quotaGiB", 1, 8),
    controllers: reader.objects("controllers", ["name", "privateIp"]),
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
    sshPrivateKey: reader.string("sshPrivateKey"),
    bastion: readBastion(reader),
    bastionPrivateKey: reader.string("bastionPrivateKey"),
    caLifetimeDays: reader.integer("caLifetimeDays", 1, 36500),
    certificateLifetimeDays: reader.integer("certificateLifetimeDays", 1, 36500),
    certificateRenewalDays: reader.integer("certificateRenewalDays", 1, 36500),
    serverNames: reader.strings("serverNames"),
  };
}

function readBastion(reader: SettingsReader): Bastion | undefined {
  const bastion = reader.object("bastion", ["host", "user", "hostKey"], ["port"]);
  if (bastion === undefined) {
    return undefined;
  }
  const port = Number(bastion.port ?? "22");
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    reader.mistake("bastion", `has the port "${bastion.port}", expected 1 to 65535`);
  }
  if (!/^(ssh|ecdsa)-[\w@.-]+ [A-Za-z0-9+/]+=*( .*)?$/.test(bastion.hostKey)) {
    reader.mistake(
      "bastion",
      `has the hostKey "${bastion.hostKey}", expected a line such as "ssh-ed25519 AAAA…": ` +
        `ssh-keyscan -t ed25519 ${bastion.host} prints it`,
    );
  }
  return { ...bastion, port };
}

/** All that is to be checked of the values themselves. */
function check(settings: Settings, secrets: readonly string[]): Mistake[] {
  return [
    ...checkNames(settings),
    ...of("version", versionMistake(settings.version)),
    ...of("releaseUrl", urlMistake(settings.releaseUrl)),
    ...checkMemberCount(settings.controllers.length),
    ...of("instanceType", instanceTypeMistake(settings.instanceType)),
    ...checkDataVolume(settings),
    ...checkNetwork(settings),
    ...lifetimesOf(settings),
    ...checkKey("sshPrivateKey", settings.sshPrivateKey, secrets),
    ...checkKey("bastionPrivateKey", settings.bastionPrivateKey, secrets),
    ...checkWayIn(settings),
  ];
}

function of(setting: string, text: string | undefined): Mistake[] {
  return text === undefined ? [] : [{ setting, text }];
}

/** A host name's label: RFC 1123, lower case as the resource names that it becomes part of. */
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function checkNames({ clusterName, controllers, serverNames }: Settings): Mistake[] {
  const mistakes: Mistake[] = [];
  if (!label.test(clusterName) || clusterName.length > 32) {
    mistakes.push({
      setting: "clusterName",
      text: `is "${clusterName}", expected 1 to 32 of a-z, 0-9 and "-", neither first nor last a "-"`,
    });
  }
  controllers.forEach(({ name }, index) => {
    const setting = `controllers[${index}].name`;
    if (!label.test(name)) {
      mistakes.push({
        setting,
        text: `is "${name}", expected a host name: 1 to 63 of a-z, 0-9 and "-", neither first nor last a "-"`,
      });
    }
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

function urlMistake(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    return `is "${text}", expected a URL such as https://mirror.example.com/etcd`;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return `has a user, a query or a fragment, expected the plain URL of a mirror: it is shown in previews and logs`;
  }
  return undefined;
}

function checkMemberCount(count: number): Mistake[] {
  if (count % 2 === 1 && count <= 7) {
    return [];
  }
  const why =
    count === 0
      ? "names nobody"
      : count > 7
        ? `names ${count} members: every write waits for more than half of them, and beyond 7 that costs more than it protects`
        : `names ${count} members: an even number needs a larger quorum and survives no more losses than ${count - 1}`;
  return [{ setting: "controllers", text: `${why}. Expected 1, 3, 5 or 7` }];
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

function checkKey(setting: string, key: string, secrets: readonly string[]): Mistake[] {
  if (key === "") {
    return [];
  }
  if (!secrets.includes(setting)) {
    return [
      {
        setting,
        text: `is in the stack's file in plain text. Take that key out of use, and set another with: pulumi config set --secret ${setting} < key`,
      },
    ];
  }
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error) {
    return [
      { setting, text: `cannot be read as a private key without a passphrase: ${parsed.message}` },
    ];
  }
  return setting === "sshPrivateKey" && !["ssh-ed25519", "ssh-rsa"].includes(parsed.type)
    ? [{ setting, text: `is a key of type ${parsed.type}; EC2 takes ssh-ed25519 and ssh-rsa` }]
    : [];
}

function checkWayIn({ publicAddresses, bastion, bastionPrivateKey }: Settings): Mistake[] {
  if (bastion === undefined && bastionPrivateKey !== "") {
    return [{ setting: "bastionPrivateKey", text: "is set, and bastion is not" }];
  }
  if (!publicAddresses && bastion === undefined) {
    return [
      {
        setting: "bastion",
        text: "is not set, and publicAddresses is false: expected a bastion through which the controllers are reached",
      },
    ];
  }
  return [];
}

/** One line for what two checks have found. */
function onePerFact(mistakes: Mistake[]): Mistake[] {
  const seen = new Set<string>();
  return mistakes.filter(({ setting, text }) => {
    const fact = `${setting} ${text}`;
    return !seen.has(fact) && seen.add(fact);
  });
}
