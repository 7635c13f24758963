import { utils } from "ssh2";
import type { Bastion, SshSettings } from "../ssh";
import type { SettingError, SettingsReader } from "./reader";

interface LoginSettings extends SshSettings {
  readonly machines: readonly unknown[];
  readonly publicAddresses: boolean;
}

/** A host key as known_hosts and authorized_keys write it: its type and the key in base64. */
export const hostKeyPattern = /^(ssh|ecdsa)-[\w@.-]+ [A-Za-z0-9+/]+=*( .*)?$/;

export function readBastion(reader: SettingsReader): Bastion | undefined {
  const bastion = reader.object("bastion", ["host", "user", "hostKey"], ["port"]);
  if (bastion === undefined) {
    return undefined;
  }
  const port = Number(bastion.port ?? "22");
  for (const text of bastionErrors({ ...bastion, port })) {
    reader.error("bastion", text);
  }
  return { ...bastion, port };
}

/** What is wrong with a bastion. */
export function bastionErrors({ host, port, hostKey }: Bastion): string[] {
  const errors: string[] = [];
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    errors.push(`has the port "${port}", expected 1 to 65535`);
  }
  if (!hostKeyPattern.test(hostKey)) {
    errors.push(
      `has the hostKey "${hostKey}", expected a line such as "ssh-ed25519 AAAA…": ` +
        `ssh-keyscan -t ed25519 ${host} prints it`,
    );
  }
  return errors;
}

/** Keys and passwords, and whether there is a way to the machines at all. */
export function checkLogin(settings: LoginSettings, secrets: readonly string[]): SettingError[] {
  const { bastion, bastionPrivateKey, machines, publicAddresses } = settings;
  const onEc2 = machines.length === 0;
  const errors = [
    ...checkSecret("sshPassword", settings.sshPassword, secrets),
    ...checkKey("sshPrivateKey", settings.sshPrivateKey, secrets, onEc2),
    ...checkKey("bastionPrivateKey", bastionPrivateKey, secrets, false),
  ];
  if (onEc2 && settings.sshPassword !== "") {
    errors.push({
      setting: "sshPassword",
      text: "is set, and EC2 controllers take keys alone",
    });
  }
  if (bastion === undefined && bastionPrivateKey !== "") {
    errors.push({ setting: "bastionPrivateKey", text: "is set, and bastion is not" });
  }
  if (onEc2 && !publicAddresses && bastion === undefined) {
    errors.push({
      setting: "bastion",
      text: "is not set, and publicAddresses is false: expected a bastion through which the controllers are reached",
    });
  }
  return errors;
}

/** A secret that is in the stack's file for all to read. */
export function checkSecret(
  setting: string,
  value: string,
  secrets: readonly string[],
): SettingError[] {
  return value === "" || secrets.includes(setting)
    ? []
    : [
        {
          setting,
          text: `is in the stack's file in plain text. Take it out of use, and set another with: pulumi config set --secret ${setting}`,
        },
      ];
}

/** A private key that nobody can use, or that is in plain text. */
export function checkKey(
  setting: string,
  key: string,
  secrets: readonly string[],
  forEc2: boolean,
): SettingError[] {
  const exposed = checkSecret(setting, key, secrets);
  if (key === "" || exposed.length > 0) {
    return exposed;
  }
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error) {
    return [
      { setting, text: `cannot be read as a private key without a passphrase: ${parsed.message}` },
    ];
  }
  return forEc2 && !["ssh-ed25519", "ssh-rsa"].includes(parsed.type)
    ? [{ setting, text: `is a key of type ${parsed.type}; EC2 takes ssh-ed25519 and ssh-rsa` }]
    : [];
}
