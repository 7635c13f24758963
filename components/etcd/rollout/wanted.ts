import type { RestoreRequest } from "../snapshots/plan";

/** What a stack asks of one member. */
export interface WantedMember {
  readonly peerUrl: string;
  /** The text of its systemd unit, but for what only the certificates decide. */
  readonly unit: string;
  /** How often its machine was made anew on request. */
  readonly machine: number;
  /** How often its data volume was made anew on request. */
  readonly data: number;
}

/**
 * What a stack asks of its cluster as a whole: all whose change has to be looked at before anything
 * of it happens. It is the reader's summary in a preview, too.
 */
export interface Wanted {
  readonly version: string;
  /** Whether going down one minor version is meant. */
  readonly allowDowngrade: boolean;
  /** The generations of the CAs that are trusted; the first of them issues. Empty without TLS. */
  readonly certificateAuthorities: readonly number[];
  /** Another number issues every certificate anew. */
  readonly certificateIssue: number;
  /** The machines' type, or "" where machines have none. */
  readonly instanceType: string;
  /** The architecture that this type has, or "". */
  readonly architecture: string;
  readonly members: Readonly<Record<string, WantedMember>>;
  /** The snapshot that the cluster is to begin from, or has begun from. */
  readonly restore: RestoreRequest;
}

/** Whether the change puts a snapshot in the place of what the members have. */
export function restores(before: Wanted, wanted: Wanted): boolean {
  return wanted.restore.id !== "" && wanted.restore.id !== before.restore.id;
}

/** Names that are in one and not in the other. */
export function membershipChange(before: Wanted, wanted: Wanted) {
  const names = Object.keys(wanted.members);
  const former = Object.keys(before.members);
  return {
    joining: names.filter((name) => !former.includes(name)),
    leaving: former.filter((name) => !names.includes(name)),
    staying: names.filter((name) => former.includes(name)),
  };
}

/** Members whose machine is to be made anew. */
export function replacedMachines(before: Wanted, wanted: Wanted): string[] {
  return counted("machine", before, wanted);
}

/** Members whose data is given up with their machine. */
export function replacedData(before: Wanted, wanted: Wanted): string[] {
  return counted("data", before, wanted);
}

function counted(what: "machine" | "data", before: Wanted, wanted: Wanted): string[] {
  const { staying } = membershipChange(before, wanted);
  return staying.filter((name) => before.members[name]![what] !== wanted.members[name]![what]);
}
