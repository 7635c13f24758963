import type { RestoreRequest } from "../snapshots/plan";

/** What a stack asks of one member. */
export interface DesiredMember {
  readonly peerUrl: string;
  readonly clientUrl: string;
  /** The text of its systemd unit, but for what only the certificates and the cluster's id decide. */
  readonly unit: string;
  /** The systemd unit's name, without ".service". */
  readonly service: string;
  readonly dataDirectory: string;
  readonly configDirectory: string;
  /** Counted up for a new machine. */
  readonly machineGeneration: number;
  /** Counted up for a new data volume. */
  readonly dataGeneration: number;
  /** Where its data volume is bound to: a subnet's range on EC2; "" where nothing binds it. */
  readonly place: string;
}

/**
 * What a stack asks of its cluster as a whole: all whose change has to be looked at before anything
 * of it happens. It follows from the settings alone, so a preview knows it.
 */
export interface Desired {
  readonly clusterName: string;
  readonly version: string;
  /** The minor version that going down to is meant; "" for none. */
  readonly allowDowngradeTo: string;
  /** The generations of the CAs that are trusted; the first of them issues. Empty without TLS. */
  readonly certificateAuthorities: readonly number[];
  /** Another number issues every certificate again. */
  readonly certificateIssue: number;
  /** The machines' type, or "" where machines have none. */
  readonly instanceType: string;
  /** The architecture that this type has, or "". */
  readonly architecture: string;
  /** The largest that a database may get, in bytes. */
  readonly quotaBytes: number;
  /** The size of each data volume in GiB; 0 where there are none. */
  readonly dataVolumeGiB: number;
  /** What a living stack cannot change, by the name of its setting: its network. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Whether a client may do what its role says, and nothing else. */
  readonly accessControl: boolean;
  /** The clients, by their names, each with what tells its rights from others. */
  readonly clients: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, DesiredMember>>;
  /** The snapshot that the cluster is to begin from, or has begun from. */
  readonly restore: RestoreRequest;
}

/**
 * What the last `pulumi up` that succeeded has left, as the stack's outputs have it: done, and not only
 * asked for. There is none until one has succeeded, which does not mean that there is no cluster.
 */
export interface Recorded {
  readonly clusterId: string;
  /** Which update it was. */
  readonly update: string;
  readonly desired: Desired;
  /** Who began from `desired.restore`: a member that is added later joins. */
  readonly restored: readonly string[];
}

/** As it comes back from the state. */
export function asRecorded(desired: Desired): Desired {
  return JSON.parse(JSON.stringify(desired)) as Desired;
}

/** Whether the change puts a snapshot in the place of what the members have. */
export function restores(before: Desired | undefined, desired: Desired): boolean {
  return desired.restore.id !== "" && desired.restore.id !== before?.restore.id;
}

/** Who begins from the snapshot that is asked for: those it was asked for, and nobody who came later. */
export function restoredMembers(recorded: Recorded | undefined, desired: Desired): string[] {
  if (desired.restore.id === "") {
    return [];
  }
  return restores(recorded?.desired, desired)
    ? Object.keys(desired.members)
    : [...(recorded?.restored ?? [])];
}

/** Names that are in one and not in the other. */
export function membershipChange(before: Desired, desired: Desired) {
  const names = Object.keys(desired.members);
  const former = Object.keys(before.members);
  return {
    joining: names.filter((name) => !former.includes(name)),
    leaving: former.filter((name) => !names.includes(name)),
    staying: names.filter((name) => former.includes(name)),
  };
}

/** Members that get a new machine. */
export function replacedMachines(before: Desired, desired: Desired): string[] {
  return counted("machineGeneration", before, desired);
}

/** Members that lose their data with their machine. */
export function replacedData(before: Desired, desired: Desired): string[] {
  return counted("dataGeneration", before, desired);
}

type Generation = "machineGeneration" | "dataGeneration";

function counted(what: Generation, before: Desired, desired: Desired): string[] {
  const { staying } = membershipChange(before, desired);
  return staying.filter((name) => desired.members[name]![what] > before.members[name]![what]);
}

/** Members one of whose counters got smaller, which replaces nothing and would be forgotten. */
export function countedDown(before: Desired, desired: Desired): string[] {
  const { staying } = membershipChange(before, desired);
  return staying.filter((name) =>
    (["machineGeneration", "dataGeneration"] as const).some(
      (what) => desired.members[name]![what] < before.members[name]![what],
    ),
  );
}
