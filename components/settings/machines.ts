import { isPublicAddress, parseIpv4 } from "../cidr";
import {
  isSameMachine,
  knownHostKey,
  type MachineSetting,
} from "../machines/existing/machineSetting";
import type { SshSettings } from "../ssh";
import { labelMistake } from "./names";
import type { Mistake, SettingsReader } from "./reader";
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

/** All that can be wrong with machines that a person has, without asking them. */
export function checkMachines(settings: MachinesSettings): Mistake[] {
  const { machines } = settings;
  return [
    ...machines.flatMap((machine, index) => {
      const before = machines.slice(0, index);
      return checkMachine(machine, before, settings).map((text) => ({
        setting: `machines[${index}]`,
        text,
      }));
    }),
    ...checkAccess(settings),
  ];
}

function checkMachine(
  machine: MachineSetting,
  before: MachineSetting[],
  { machines, knownHosts, verifyHostKeys, tls }: MachinesSettings,
): string[] {
  const { name, address, host, user, port, ports } = machine;
  const mistakes: string[] = [];
  const nameMistake = labelMistake(name);
  if (nameMistake !== undefined) {
    mistakes.push(`has a name that ${nameMistake}`);
  }
  if (before.some((other) => other.name === name)) {
    mistakes.push(`is called ${name}, as another one is`);
  }
  if (parseIpv4(address) === undefined && address !== "localhost") {
    mistakes.push(`has the address "${address}", expected an IPv4 address that the others reach`);
  }
  if (tls === "off" && isPublicAddress(address)) {
    mistakes.push(
      `has the public address ${address}, and tls is off: only a firewall would keep everybody out of a database that asks nobody for a certificate. Set tls to on, or name a private address`,
    );
  }
  const isLoopback = address === "localhost" || address.startsWith("127.");
  if (isLoopback && !machines.every((other) => isSameMachine(machine, other))) {
    mistakes.push(`has the address ${address}, which members on other machines cannot reach`);
  }
  if (user === "") {
    mistakes.push(`has no user: set sshUser for all, or user for this one`);
  }
  const numbers = [port, ports.client, ports.peer, ports.metrics];
  if (!numbers.every((one) => Number.isInteger(one) && one >= 1 && one <= 65535)) {
    mistakes.push(`has the ports ${numbers.join(", ")}, expected whole numbers from 1 to 65535`);
  }
  const neighbours = before.filter((other) => isSameMachine(machine, other));
  const taken = [...neighbours, machine].flatMap((one) => Object.values(one.ports) as number[]);
  if (new Set(taken).size < taken.length) {
    mistakes.push(
      `has a port twice, or one that another member on ${host} has (${taken.join(", ")}): set clientPort and peerPort`,
    );
  }
  if (neighbours.length === 0 && before.some((other) => other.address === address)) {
    mistakes.push(`has the address ${address}, as another machine has`);
  }
  if (verifyHostKeys && knownHostKey(machine, knownHosts) === undefined) {
    mistakes.push(
      `has no host key in knownHosts: "ssh-keyscan -t ed25519 -p ${port} ${host}" prints it; compare it with the machine's own, then add that line. (verifyHostKeys: false goes without)`,
    );
  }
  return mistakes;
}

function checkAccess({ knownHosts, sshPrivateKey, sshPassword }: MachinesSettings): Mistake[] {
  const mistakes: Mistake[] = knownHosts.flatMap((line, index) =>
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
    mistakes.push({
      setting: "sshPrivateKey",
      text: "is not set, and sshPassword neither: expected one of them, with: pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519",
    });
  }
  return mistakes;
}
