import { LiveMachine } from "../remote/machine";
import type { RemoteCluster } from "../remote/cluster";
import { takeSnapshot } from "../remote/snapshot";
import type { Preparation } from "./decide";

/** Does what the cluster is asked for before a machine is touched; each step can be repeated. */
export async function prepare(
  preparations: readonly Preparation[],
  cluster: RemoteCluster,
  log: (line: string) => void,
): Promise<void> {
  for (const one of preparations) {
    await prepareOne(one, cluster, log);
  }
}

async function prepareOne(
  one: Preparation,
  cluster: RemoteCluster,
  log: (line: string) => void,
): Promise<void> {
  const options = { onStderrLine: log };
  switch (one.kind) {
    case "snapshot": {
      const { where } = await takeSnapshot(cluster, log).catch((error: Error) => {
        throw new Error(
          `a change of the minor version begins with a snapshot, and that failed; nothing was changed: ${error.message}`,
        );
      });
      log(`a snapshot from before the change is in ${where}`);
      return;
    }
    case "downgrade": {
      const machine = new LiveMachine(one.through, cluster);
      await machine.succeed("downgrade", { ...machine.etcdctl, target: one.target }, options);
      return;
    }
    case "remove": {
      const machine = new LiveMachine(one.through, cluster);
      const leaving = one.peerUrls.join(",");
      await machine.succeed(
        "depart",
        { ...machine.etcdctl, leaving },
        // Five minutes: two members, each with a membership change that is refused for some seconds.
        { ...options, timeoutSeconds: 300 },
      );
      return;
    }
    case "transfer-leadership": {
      const machine = new LiveMachine(one.from, cluster);
      await machine.succeed("handover", machine.etcdctl, options);
    }
  }
}
