import { type MemberCertificates, readCertificates } from "../certificates";
import { readDisks, type SeenDisk } from "../disks";
import { snapshotSettingsFile } from "../snapshots/files";
import { readSeenSnapshots, type SeenSnapshots } from "../snapshots/seen";
import { object, objectIn } from "../strangers";
import type { RemoteCluster } from "./cluster";
import { type LiveMachine, liveMachines } from "./machine";

/** What on a member's machine ends, falls behind or fills. */
export interface MemberUpkeep extends MemberCertificates {
  /** Undefined of one that does not say. */
  readonly snapshots: SeenSnapshots | undefined;
  readonly disks: readonly SeenDisk[];
}

/** The same of each machine, asked now and side by side. What cannot be asked is an answer, too. */
export function askUpkeep(cluster: RemoteCluster): Promise<MemberUpkeep[]> {
  return Promise.all(liveMachines(cluster).map(upkeepOf));
}

async function upkeepOf(machine: LiveMachine): Promise<MemberUpkeep> {
  const { name, member } = machine;
  const { service, config } = machine.identity;
  const settings = snapshotSettingsFile(config);
  try {
    const said = objectIn(
      await machine.succeed("upkeep", { service, config, data: member.dataDirectory, settings }),
    );
    return {
      name,
      certificates: readCertificates(object(said["certificates"])),
      snapshots: readSeenSnapshots({ ...object(said["snapshots"]), now: said["now"] }),
      disks: readDisks(said["disks"]),
    };
  } catch (error) {
    const problem = (error as Error).message;
    return { name, certificates: [], snapshots: undefined, disks: [], problem };
  }
}
