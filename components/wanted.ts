import { architectureOf } from "./aws/instanceTypes";
import { memberFlags } from "./etcd/flags";
import { type MemberPlan, type MemberRequest, planMembers } from "./etcd/plan";
import type { Wanted } from "./etcd/rollout/wanted";
import { binariesOf } from "./etcd/stage";
import { unitText } from "./etcd/unit";
import { isSameMachine } from "./existing/machineSetting";
import { restoreRequest } from "./snapshots";
import { releaseSource, type Settings, usesExistingMachines } from "./settings/settings";

/** The members that the settings ask for, as they will run. */
export interface WantedCluster {
  readonly members: MemberPlan[];
  /** The text of each member's unit, by its name. */
  readonly units: ReadonlyMap<string, string>;
  /** The whole of it, as a change of it is looked at. */
  readonly wanted: Wanted;
}

/** What the settings ask for. It follows from them alone, so a preview knows all of it. */
export function wantedCluster(settings: Settings): WantedCluster {
  const tls = settings.tls === "on";
  const members = planMembers(memberRequests(settings), { tls });
  const certificateAuthorities = tls ? settings.certificateAuthorities : [];
  const binaries = binariesOf(releaseSource(settings), settings.version);
  const units = new Map(
    members.map((member) => {
      const flags = memberFlags(member, settings);
      return [
        member.name,
        unitText(member, { ...settings, binaries, flags, certificateAuthorities }),
      ] as const;
    }),
  );
  const wanted: Wanted = {
    version: settings.version,
    allowDowngrade: settings.allowDowngrade,
    certificateAuthorities,
    certificateIssue: tls ? settings.certificateIssue : 0,
    instanceType: usesExistingMachines(settings) ? "" : settings.instanceType,
    architecture: usesExistingMachines(settings) ? "" : architectureOf(settings.instanceType),
    restore: restoreRequest(settings),
    members: Object.fromEntries(
      members.map(({ name, peerUrl }) => [
        name,
        {
          peerUrl,
          unit: units.get(name)!,
          machine: settings.replacements[name] ?? 0,
          data: settings.dataReplacements[name] ?? 0,
        },
      ]),
    ),
  };
  return { members, units, wanted };
}

function memberRequests(settings: Settings): MemberRequest[] {
  const { machines, controllers } = settings;
  return usesExistingMachines(settings)
    ? machines.map((machine) => ({
        ...machine,
        sharesMachine: machines.some((other) => other !== machine && isSameMachine(other, machine)),
      }))
    : controllers.map(({ name, privateIp }) => ({ name, address: privateIp }));
}
