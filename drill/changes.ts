import { removeMachine } from "../lab/machines";
import type { StackOutputs } from "../live/stackOutputs";
import type { Change, Settings } from "./rehearsal";

/** The changes of a cluster's life, in an order in which each finds what it needs. */
export const start: Settings = { "etcd:version": "3.4.23", "etcd:controllers": controllers(1) };

/** @param kills how often each `up` of a change that can be killed is killed */
export function changes(kills: number): Change[] {
  return [...upgradesAndGrowth(kills), ...settingsAndCertificates(kills), ...machines(kills)];
}

export function upgradesAndGrowth(kills: number): Change[] {
  return [
    { name: "1 → 3 members", settings: { "etcd:controllers": controllers(3) }, kills },
    { name: "3.4.23 → 3.5.35", settings: { "etcd:version": "3.5.35" } },
    { name: "3.5.35 → 3.6.16", settings: { "etcd:version": "3.6.16" }, kills },
    { name: "3.6.16 → 3.7.3", settings: { "etcd:version": "3.7.3" } },
    {
      name: "3.7.3 → 3.6.16, asked for",
      settings: { "etcd:version": "3.6.16", "etcd:allowDowngrade": true },
    },
    {
      name: "3.6.16 → 3.7.3 again",
      settings: { "etcd:version": "3.7.3", "etcd:allowDowngrade": false },
    },
  ];
}

export function settingsAndCertificates(kills: number): Change[] {
  return [
    {
      name: "flags",
      settings: {
        "etcd:quotaGiB": 1,
        "etcd:heartbeatMs": 120,
        "etcd:electionMs": 1200,
        "etcd:compactionRetention": "2h",
        "etcd:extraFlags": { "max-request-bytes": 2097152 },
      },
    },
    { name: "certificates on request", settings: { "etcd:certificateIssue": 2 } },
    { name: "CA: trust both", settings: { "etcd:certificateAuthorities": [1, 2] }, kills },
    { name: "CA: issue by the new one", settings: { "etcd:certificateAuthorities": [2, 1] } },
    { name: "CA: trust the new one only", settings: { "etcd:certificateAuthorities": [2] }, kills },
    { name: "instance type", settings: { "etcd:instanceType": "t3.medium" } },
  ];
}

export function machines(kills: number): Change[] {
  return [
    { name: "3 → 5 members", settings: { "etcd:controllers": controllers(5) }, kills },
    {
      name: "5 → 3 members",
      settings: { "etcd:controllers": controllers(3) },
      leaving: ["controller-3", "controller-4"],
      kills,
    },
    {
      name: "a lost machine, its data kept",
      settings: { "etcd:replacements": { "controller-1": 1 } },
      before: (outputs) => lose(outputs, "controller-1"),
      command: { program: "ops/replace.ts", args: ["controller-1", "--yes"] },
    },
    {
      name: "a lost machine, its data too",
      settings: {
        "etcd:replacements": { "controller-1": 1, "controller-2": 1 },
        "etcd:dataReplacements": { "controller-2": 1 },
      },
      before: (outputs) => lose(outputs, "controller-2"),
      command: { program: "ops/replace.ts", args: ["controller-2", "--new-data", "--yes"] },
    },
    {
      name: "a new machine at another address",
      settings: {
        "etcd:controllers": controllers(3, { "controller-1": "10.0.1.21" }),
        "etcd:replacements": { "controller-1": 2, "controller-2": 1 },
      },
      kills,
    },
  ];
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
