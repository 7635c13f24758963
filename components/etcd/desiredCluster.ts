import type { MachineSpec } from "../machines/machine";
import { type Client, rolesOf } from "./access";
import { type FlagSettings, memberFlags } from "./flags";
import { type MemberPlan, type MemberRequest, planMembers } from "./plan";
import type { Desired } from "./rollout/desired";
import type { RestoreRequest } from "./snapshots/plan";
import { unitText } from "./unit";
import { binariesOf } from "./versions";

/** What a cluster is asked for by, beside its members and their machines. */
export interface ClusterRequest extends FlagSettings {
  readonly clusterName: string;
  readonly allowDowngradeTo: string;
  readonly tls: "on" | "off";
  /** The generations of the CAs that are trusted; the first of them issues. */
  readonly certificateAuthorities: readonly number[];
  readonly certificateIssue: number;
  readonly restore: RestoreRequest;
  readonly clients: Readonly<Record<string, Client>>;
  readonly accessControl: boolean;
}

/** A member as it will run. */
export interface PlannedMember extends MemberPlan {
  /** The text of its systemd unit, but for what only the certificates and the cluster's id decide. */
  readonly unit: string;
}

/** What a cluster is asked to be: each member as it will run, and the whole of it, as a change of it is looked at. */
export interface DesiredCluster {
  readonly members: PlannedMember[];
  readonly desired: Desired;
}

/** What is asked of a cluster on these machines. A preview knows it as soon as it knows the addresses. */
export function desiredCluster(
  request: ClusterRequest,
  requests: readonly MemberRequest[],
  machines: MachineSpec,
): DesiredCluster {
  const { clusterName, version, allowDowngradeTo, restore } = request;
  const { instanceType, architecture, dataVolumeGiB, fixed } = machines;
  const tls = request.tls === "on";
  const certificateAuthorities = tls ? request.certificateAuthorities : [];
  const members = planMembers(requests, { tls }).map((plan) => ({
    ...plan,
    unit: unitText(plan, {
      version,
      clusterName,
      binaries: binariesOf(version),
      flags: memberFlags(plan, request),
      certificateAuthorities,
    }),
  }));
  const desired: Desired = {
    clusterName,
    version,
    allowDowngradeTo,
    certificateAuthorities,
    certificateIssue: tls ? request.certificateIssue : 0,
    instanceType,
    architecture,
    quotaBytes: request.quotaGiB * 1024 ** 3,
    dataVolumeGiB,
    fixed,
    restore,
    accessControl: request.accessControl,
    clients: rolesOf(request.clients),
    members: Object.fromEntries(
      members.map((member) => [
        member.name,
        {
          peerUrl: member.peerUrl,
          clientUrl: member.clientUrl,
          unit: member.unit,
          service: member.service,
          dataDirectory: member.dataDirectory,
          configDirectory: member.configDirectory,
          ...machines.members[member.name]!,
        },
      ]),
    ),
  };
  return { members, desired };
}
