import { removeMachine } from "../lab/machines";
import type { StackOutputs } from "../live/stackOutputs";
import type { Settings } from "./operator";
import type { Change } from "./rehearsal";

/** The changes of a cluster's life, in an order in which each finds what it needs. */
export const start: Settings = {
  "etcd:install": "package",
  "etcd:version": "3.4.23",
  "etcd:controllers": controllers(1),
};

/** Where a short rehearsal begins. */
export const shortStart: Settings = {
  "etcd:version": "3.5.35",
  "etcd:controllers": controllers(3),
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
      name: "3.4.23 (Debian's package) → 3.5.35",
      settings: { "etcd:install": "release", "etcd:version": "3.5.35" },
      kills: kills.else,
    },
    upgradeToSix(kills),
    { name: "3.6.16 → 3.7.3", settings: { "etcd:version": "3.7.3" }, kills: kills.else },
  ];
}

export function upgradeToSix(kills: Kills): Change {
  return { name: "3.5.35 → 3.6.16", settings: { "etcd:version": "3.6.16" }, kills: kills.some };
}

export const goingDown: Change[] = [
  {
    name: "3.7.3 → 3.6.16, asked for",
    settings: { "etcd:version": "3.6.16", "etcd:allowDowngrade": true },
  },
];

export function settingsAndCertificates(kills: Kills): Change[] {
  return [
    {
      name: "flags, and certificates on request",
      settings: {
        "etcd:quotaGiB": 1,
        "etcd:heartbeatMs": 120,
        "etcd:electionMs": 1200,
        "etcd:compactionRetention": "2h",
        "etcd:extraFlags": { "max-request-bytes": 2097152 },
        "etcd:certificateIssue": 2,
      },
    },
    {
      name: "CA: trust both",
      settings: { "etcd:certificateAuthorities": [1, 2] },
      kills: kills.some,
    },
    {
      name: "CA: issue by the new one",
      settings: { "etcd:certificateAuthorities": [2, 1] },
      kills: kills.else,
    },
    {
      name: "CA: trust the new one only",
      settings: { "etcd:certificateAuthorities": [2] },
      kills: kills.else,
    },
    { name: "instance type", settings: { "etcd:instanceType": "t3.medium" } },
  ];
}

export function machines(kills: Kills): Change[] {
  return [
    growth(3, 5, kills.some),
    {
      name: "5 → 3 members",
      settings: { "etcd:controllers": controllers(3) },
      leaving: ["controller-3", "controller-4"],
      kills: kills.else,
    },
    {
      name: "a lost machine, its data too",
      settings: {
        "etcd:replacements": { "controller-2": 1 },
        "etcd:dataReplacements": { "controller-2": 1 },
      },
      before: (outputs) => lose(outputs, "controller-2"),
      command: { program: "ops/replace.ts", args: ["controller-2", "--new-data", "--yes"] },
    },
  ];
}

/** The other ways. */
export function furtherMachines(kills: Kills): Change[] {
  return [
    {
      name: "a lost machine at another address, its data kept",
      settings: {
        "etcd:controllers": controllers(3, { "controller-1": "10.0.1.21" }),
        "etcd:replacements": { "controller-1": 1, "controller-2": 1 },
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
        "etcd:replacements": { "controller-1": 2, "controller-2": 1 },
      },
      before: (outputs) => lose(outputs, "controller-1"),
      command: { program: "ops/replace.ts", args: ["controller-1", "--yes"] },
    },
    {
      name: "a new machine for a healthy member",
      settings: {
        "etcd:replacements": { "controller-0": 1, "controller-1": 2, "controller-2": 1 },
      },
      command: { program: "ops/replace.ts", args: ["controller-0", "--yes"] },
    },
  ];
}

function growth(from: number, to: number, kills: number): Change {
  return {
    name: `${from} → ${to} members`,
    settings: { "etcd:controllers": controllers(to) },
    kills,
    instances: controllers(to)
      .slice(from)
      .map(({ name }) => name),
  };
}

/** A machine that is gone, as if somebody had terminated it. */
async function lose(outputs: StackOutputs, name: string): Promise<void> {
  await removeMachine(outputs.members.find((member) => member.name === name)!.machineId);
}

function controllers(count: number, addresses: Record<string, string> = {}) {
  return Array.from({ length: count }, (_, index) => {
    const name = `controller-${index}`;
    return { name, privateIp: addresses[name] ?? `10.0.1.${10 + index}` };
  });
}
