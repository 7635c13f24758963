import { object } from "./strangers";
import { list } from "./rollout/words";

/** What of a member lies on a disk of its machine. */
export const diskUses = ["data", "root", "snapshots"] as const;

export type DiskUse = (typeof diskUses)[number];

/** A disk, as its machine tells it. */
export interface SeenDisk {
  readonly use: DiskUse;
  /** Where it is mounted: uses with the same are on the same disk. */
  readonly mount: string;
  readonly sizeMiB: number;
  readonly freeMiB: number;
}

export interface DiskHealth extends SeenDisk {
  readonly member: string;
}

export interface DisksHealth {
  readonly disks: readonly DiskHealth[];
  /** What a person has to do about them, or "". */
  readonly warning: string;
}

/** The disks that a machine has told; one that it has not told is left out. */
export function readDisks(said: unknown): SeenDisk[] {
  return diskUses.flatMap((use) => {
    const { mount, sizeMiB, freeMiB } = object(object(said)[use]);
    return typeof mount === "string" && isSize(sizeMiB) && isSize(freeMiB)
      ? [{ use, mount, sizeMiB, freeMiB }]
      : [];
  });
}

/** Up to an exbibyte: what is more is no disk's. */
const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= 1024 ** 4;

/**
 * Room beside the database for the log, in MiB: five files of 64 MiB before the oldest goes, one that is being made,
 * and a snapshot of Raft's (etcd server/storage/wal, server/embed/config.go).
 */
const logMiB = 6 * 64 + 128;

/** Room on the root disk, in MiB: the next release, unpacked beside its archive, and a day of logs. */
const rootMiB = 512;

/**
 * Whether disks have room for what is still to come: on the data's disk all that the database may grow by, where
 * snapshots are the next one. Uses that share a disk share its room.
 */
export function disksHealth(
  members: readonly {
    readonly name: string;
    readonly disks: readonly SeenDisk[];
    /** Of its database, in bytes; undefined where it does not tell. */
    readonly databaseBytes: number | undefined;
    /** Why it could not be asked. */
    readonly problem?: string;
  }[],
  quotaBytes: number | undefined,
): DisksHealth {
  const warnings = members.flatMap(({ name, disks, databaseBytes = 0 }) => {
    const growth = Math.max(0, (quotaBytes ?? 0) - databaseBytes);
    const needs: Record<DiskUse, number> = {
      data: wholeMiB(growth) + logMiB,
      root: rootMiB,
      snapshots: wholeMiB(databaseBytes),
    };
    return [...new Set(disks.map(({ mount }) => mount))].flatMap((mount) => {
      const shared = disks.filter((disk) => disk.mount === mount);
      const needed = shared.reduce((sum, { use }) => sum + needs[use], 0);
      const [{ freeMiB }] = shared as [SeenDisk];
      return freeMiB >= needed
        ? []
        : `${name} has ${shown(freeMiB)} free on ${mount} (${list(shared.map(({ use }) => use))}), and ${shown(needed)} may be needed`;
    });
  });
  const unseen = members.flatMap(({ name, problem }) =>
    problem === undefined ? [] : `the disks of ${name} cannot be seen: ${problem}`,
  );
  return {
    disks: members.flatMap(({ name, disks }) => disks.map((disk) => ({ member: name, ...disk }))),
    warning: [
      ...(warnings.length === 0
        ? []
        : [
            `${warnings.join("; ")}: make room or the disk larger (dataVolumeGiB), keep fewer snapshots (snapshotKeep), or set a smaller quotaGiB`,
          ]),
      ...unseen,
    ].join("; "),
  };
}

const wholeMiB = (bytes: number) => Math.ceil(bytes / 1024 ** 2);

/** Whole MiB, or GiB with one digit. */
export function shown(size: number): string {
  return size < 1024 ? `${size} MiB` : `${(size / 1024).toFixed(1)} GiB`;
}
