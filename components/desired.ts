import { architectureOf } from "./machines/aws/instanceTypes";
import { contains, parseCidr, parseIpv4 } from "./cidr";
import { memberFlags } from "./etcd/flags";
import { type MemberPlan, type MemberRequest, planMembers } from "./etcd/plan";
import type { Desired } from "./etcd/rollout/desired";
import { binariesOf } from "./etcd/stage";
import { unitText } from "./etcd/unit";
import { isSameMachine } from "./machines/existing/machineSetting";
import { type Settings, usesExistingMachines } from "./settings/settings";
import { restoreRequest } from "./snapshots";

/** The members that the settings ask for, as they will run. */
export interface DesiredCluster {
  readonly members: MemberPlan[];
  /** The text of each member's unit, by its name. */
  readonly units: ReadonlyMap<string, string>;
  /** The whole of it, as a change of it is looked at. */
  readonly desired: Desired;
}

/** What the settings ask for. It follows from them alone, so a preview knows all of it. */
export function desiredCluster(settings: Settings): DesiredCluster {
  const onEc2 = !usesExistingMachines(settings);
  const tls = settings.tls === "on";
  const members = planMembers(memberRequests(settings), { tls });
  const certificateAuthorities = tls ? settings.certificateAuthorities : [];
  const binaries = binariesOf(settings.version);
  const units = new Map(
    members.map((member) => {
      const flags = memberFlags(member, settings);
      return [
        member.name,
        unitText(member, { ...settings, binaries, flags, certificateAuthorities }),
      ] as const;
    }),
  );
  const desired: Desired = {
    clusterName: settings.clusterName,
    version: settings.version,
    allowDowngrade: settings.allowDowngrade,
    certificateAuthorities,
    certificateIssue: tls ? settings.certificateIssue : 0,
    instanceType: onEc2 ? settings.instanceType : "",
    architecture: onEc2 ? architectureOf(settings.instanceType) : "",
    quotaBytes: settings.quotaGiB * 1024 ** 3,
    dataVolumeGiB: onEc2 ? settings.dataVolumeGiB : 0,
    fixed: onEc2 ? networkOf(settings) : {},
    restore: restoreRequest(settings),
    members: Object.fromEntries(
      members.map((member) => [
        member.name,
        {
          peerUrl: member.peerUrl,
          clientUrl: member.clientUrl,
          unit: units.get(member.name)!,
          service: member.service,
          dataDirectory: member.dataDirectory,
          configDirectory: member.configDirectory,
          machineGeneration: settings.replacements[member.name] ?? 0,
          dataGeneration: settings.dataReplacements[member.name] ?? 0,
          place: onEc2 ? subnetOf(member.address, settings.subnetCidrs) : "",
        },
      ]),
    ),
  };
  return { members, units, desired };
}

/** The network that machines are made in and cannot leave. */
function networkOf(settings: Settings): Record<string, string> {
  return {
    vpcId: settings.vpcId,
    vpcCidr: settings.vpcId === "" ? settings.vpcCidr : "",
    availabilityZones: settings.availabilityZones.join(", "),
    publicAddresses: String(settings.publicAddresses),
  };
}

/** The range that an address is in; machines of one range are in one zone. */
function subnetOf(address: string, subnetCidrs: readonly string[]): string {
  const parsed = parseIpv4(address);
  const found = subnetCidrs.find((cidr) => {
    const range = parseCidr(cidr);
    return range !== undefined && parsed !== undefined && contains(range, parsed);
  });
  return found ?? "";
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
