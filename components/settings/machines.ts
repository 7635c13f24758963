import { isPublicAddress, parseIpv4 } from "../cidr";
import {
  isSameMachine,
  knownHostKey,
  type MachineSetting,
} from "../machines/existing/machineSetting";
import type { SshSettings } from "../ssh";
import { labelError } from "./names";
import type { SettingError, SettingsReader } from "./reader";
import { hostKeyPattern } from "./ssh";

interface MachinesSettings extends SshSettings {
  readonly machines: readonly MachineSetting[];
  readonly tls: "on" | "off";
}

/** The setting `machines`, each entry completed: only its name and its address have to be said. */
export function readMachines(reader: SettingsReader): MachineSetting[] {
  const fields = ["host", "user", "port", "clientPort", "peerPort", "metricsPort"] as const;
  const defaultUser = reader.string("sshUser");
  return reader.objects("machines", ["name", "address"], [...fields]).map((entry) => {
    const number = (text: string | undefined, fallback: number) =>
      text === undefined ? fallback : Number(text);
    const client = number(entry.clientPort, 2379);
    return {
      name: entry.name,
      address: entry.address,
      host: entry.host ?? entry.address,
      user: entry.user ?? defaultUser,
      port: number(entry.port, 22),
      ports: {
        client,
        peer: number(entry.peerPort, client + 1),
        metrics: number(entry.metricsPort, client + 2),
      },
    };
  });
}

/** What can be checked of a machine beforehand. */
export interface CheckedMachine extends Pick<MachineSetting, "name" | "user" | "port" | "ports"> {
  /** A text, or something that has none yet. */
  readonly address: unknown;
  readonly host: unknown;
}

/** All that can be wrong with machines that a person has, without asking them. */
export function checkMachines(settings: MachinesSettings): SettingError[] {
  const { machines, knownHosts, verifyHostKeys } = settings;
  return [
    ...checkEach(machines, settings),
    ...machines.flatMap(({ host, port }, index) =>
      verifyHostKeys && knownHostKey({ host, port }, knownHosts) === undefined
        ? [
            {
              setting: `machines[${index}]`,
              text: `has no host key in knownHosts: "ssh-keyscan -t ed25519 -p ${port} ${host}" prints it; compare it with the machine's own, then add that line. (verifyHostKeys: false goes without)`,
            },
          ]
        : [],
    ),
    ...checkAccess(settings),
  ];
}

/** The same but for how they are known and logged in to. */
export function checkEach(
  machines: readonly CheckedMachine[],
  settings: Pick<MachinesSettings, "tls">,
): SettingError[] {
  return machines.flatMap((machine, index) =>
    checkMachine(machine, machines.slice(0, index), machines, settings).map((text) => ({
      setting: `machines[${index}]`,
      text,
    })),
  );
}

function checkMachine(
  machine: CheckedMachine,
  before: readonly CheckedMachine[],
  machines: readonly CheckedMachine[],
  { tls }: Pick<MachinesSettings, "tls">,
): string[] {
  const { name, address, user, port, ports } = machine;
  const errors: string[] = [];
  const nameError = labelError(name);
  if (nameError !== undefined) {
    errors.push(`has a name that ${nameError}`);
  }
  if (before.some((other) => other.name === name)) {
    errors.push(`is called ${name}, as another one is`);
  }
  if (typeof address === "string") {
    const isShared = machines.every((other) => isSameMachine(machine, other));
    errors.push(...addressErrors(address, tls, isShared));
  }
  if (user === "") {
    errors.push(`has no user: set sshUser for all, or user for this one`);
  }
  const numbers = [port, ports.client, ports.peer, ports.metrics];
  if (!numbers.every((one) => Number.isInteger(one) && one >= 1 && one <= 65535)) {
    errors.push(`has the ports ${numbers.join(", ")}, expected whole numbers from 1 to 65535`);
  }
  const neighbours = before.filter((other) => isSameMachine(machine, other));
  const taken = [...neighbours, machine].flatMap((one) => Object.values(one.ports) as number[]);
  if (new Set(taken).size < taken.length) {
    errors.push(
      `has a port twice, or one that another member on ${String(machine.host)} has (${taken.join(", ")}): set clientPort and peerPort`,
    );
  }
  if (neighbours.length === 0 && before.some((other) => other.address === address)) {
    errors.push(`has the address ${String(address)}, as another machine has`);
  }
  return errors;
}

/**
 * What is wrong with a member's address.
 * @param isShared whether all members are on one machine
 */
export function addressErrors(
  address: unknown,
  tls: MachinesSettings["tls"],
  isShared: boolean,
): string[] {
  if (typeof address !== "string") {
    return [`has no address: expected an IPv4 address that the others reach`];
  }
  const errors: string[] = [];
  if (parseIpv4(address) === undefined && address !== "localhost") {
    errors.push(`has the address "${address}", expected an IPv4 address that the others reach`);
  }
  if (tls === "off" && isPublicAddress(address)) {
    errors.push(
      `has the public address ${address}, and tls is off: only a firewall would keep everybody out of a database that asks nobody for a certificate. Set tls to on, or name a private address`,
    );
  }
  const isLoopback = address === "localhost" || address.startsWith("127.");
  if (isLoopback && !isShared) {
    errors.push(`has the address ${address}, which members on other machines cannot reach`);
  }
  return errors;
}

function checkAccess({ knownHosts, sshPrivateKey, sshPassword }: MachinesSettings): SettingError[] {
  const errors: SettingError[] = knownHosts.flatMap((line, index) =>
    hostKeyPattern.test(line.replace(/^\S+\s+/, ""))
      ? []
      : [
          {
            setting: `knownHosts[${index}]`,
            text: `is "${line}", expected a line of known_hosts such as "10.64.3.7 ssh-ed25519 AAAA…"`,
          },
        ],
  );
  if (sshPrivateKey === "" && sshPassword === "") {
    errors.push({
      setting: "sshPrivateKey",
      text: "is not set, and sshPassword neither: expected one of them, with: pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519",
    });
  }
  return errors;
}
