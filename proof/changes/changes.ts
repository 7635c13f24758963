import { removeMachine } from "../../lab/machines";
import { newest } from "../../components/etcd/versions";
import type { StackOutputs } from "../../operator/stack";
import type { Settings } from "./operator";
import type { Change } from "./rehearsal";

const debians = "3.4.23";
const { "3.5": five, "3.6": six, "3.7": seven } = newest;

/** The changes of a cluster's life, in an order in which each finds what it needs. */
export const start: Settings = {
  install: "package",
  version: debians,
  controllers: controllers(1),
};

/** Where a short rehearsal begins. */
export const shortStart: Settings = {
  version: five,
  controllers: controllers(3),
};

/** How often the running `pulumi up` is killed, in some of the changes and in the others. */
export interface Kills {
  readonly some: number;
  readonly else: number;
}

export function changes(kills: Kills): Change[] {
  return [
    ...upgrades(kills),
    ...settingsAndCertificates(kills),
    ...machines(kills),
    ...furtherMachines(kills),
    ...goingDown,
  ];
}

export function upgrades(kills: Kills): Change[] {
  return [
    growth(1, 3, kills.else),
    {
      name: `${debians} (Debian's package) → ${five}`,
      settings: { install: "release", version: five },
      kills: kills.else,
    },
    upgradeToSix(kills),
    { name: `${six} → ${seven}`, settings: { version: seven }, kills: kills.else },
  ];
}

export function upgradeToSix(kills: Kills): Change {
  return { name: `${five} → ${six}`, settings: { version: six }, kills: kills.some };
}

const goingDown: Change[] = [
  {
    name: `${seven} → ${six}, asked for`,
    settings: { version: six, allowDowngradeTo: "3.6" },
  },
];

export function settingsAndCertificates(kills: Kills): Change[] {
  return [
    {
      name: "flags, and certificates on request",
      settings: {
        quotaGiB: 1,
        heartbeatIntervalMs: 120,
        electionTimeoutMs: 1200,
        compactionRetention: "2h",
        extraFlags: { "max-request-bytes": 2097152 },
        certificateIssue: 2,
      },
    },
    {
      name: "CA: trust both",
      settings: { certificateAuthorities: [1, 2] },
      kills: kills.some,
    },
    {
      name: "CA: issue by the new one",
      settings: { certificateAuthorities: [2, 1] },
      kills: kills.else,
    },
    {
      name: "CA: trust the new one only",
      settings: { certificateAuthorities: [2] },
      kills: kills.else,
    },
    { name: "instance type", settings: { instanceType: "t3.medium" } },
  ];
}

export function machines(kills: Kills): Change[] {
  return [
    growth(3, 5, kills.some),
    {
      name: "5 → 3 members",
      settings: { controllers: controllers(3) },
      leaving: ["controller-3", "controller-4"],
      kills: kills.else,
    },
    {
      name: "a lost machine, its data too",
      settings: {
        replacements: { "controller-2": 1 },
        dataReplacements: { "controller-2": 1 },
      },
      before: (outputs) => lose(outputs, "controller-2"),
      command: { program: "operator/replace.ts", args: ["controller-2", "--new-data", "--yes"] },
    },
  ];
}

/** The other ways. */
function furtherMachines(kills: Kills): Change[] {
  return [
    {
      name: "a lost machine at another address, its data kept",
      settings: {
        controllers: controllers(3, { "controller-1": "10.0.1.21" }),
        replacements: { "controller-1": 1, "controller-2": 1 },
      },
      before: async (outputs, engine) => {
        await lose(outputs, "controller-1");
        await engine.run(["refresh", "--yes", "--skip-preview"], () => undefined);
      },
      kills: kills.else,
      instances: ["controller-1"],
    },
    {
      name: "a lost machine, its data kept",
      settings: {
        replacements: { "controller-1": 2, "controller-2": 1 },
      },
      before: (outputs) => lose(outputs, "controller-1"),
      command: { program: "operator/replace.ts", args: ["controller-1", "--yes"] },
    },
    {
      name: "a new machine for a healthy member",
      settings: {
        replacements: { "controller-0": 1, "controller-1": 2, "controller-2": 1 },
      },
      command: { program: "operator/replace.ts", args: ["controller-0", "--yes"] },
    },
  ];
}

function growth(from: number, to: number, kills: number): Change {
  return {
    name: `${from} → ${to} members`,
    settings: { controllers: controllers(to) },
    kills,
    instances: controllers(to)
      .slice(from)
      .map(({ name }) => name),
  };
}

/** A machine that is gone, as if somebody had terminated it. */
export async function lose(outputs: StackOutputs, name: string): Promise<void> {
  await removeMachine(outputs.members.find((member) => member.name === name)!.machineId);
}

/** The first so many controllers, at their own addresses but for those that are given. */
export function controllers(count: number, addresses: Record<string, string> = {}) {
  return Array.from({ length: count }, (_, index) => {
    const name = `controller-${index}`;
    return { name, privateIp: addresses[name] ?? `10.0.1.${10 + index}` };
  });
}
