import { readSeenSnapshots, type SeenSnapshots } from "../snapshots/seen";
import { snapshotSettingsFile } from "../snapshots/files";
import { objectIn } from "../strangers";
import type { RemoteCluster } from "./cluster";
import { liveMachines } from "./machine";

/** The snapshots on each machine, asked now and side by side; undefined of one that could not be asked. */
export function askSnapshots(cluster: RemoteCluster): Promise<(SeenSnapshots | undefined)[]> {
  return Promise.all(
    liveMachines(cluster).map(async (machine) => {
      const { service, config } = machine.identity;
      const settings = snapshotSettingsFile(config);
      const said = await machine.succeed("snapshotAge", { service, settings }).catch(() => "");
      return readSeenSnapshots(objectIn(said));
    }),
  );
}
