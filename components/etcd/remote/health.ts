import { type ClusterHealth, readHealth } from "../health";
import { withoutControls } from "../strangers";
import type { RemoteCluster } from "./cluster";
import { type LiveMachine, liveMachines } from "./machine";

/**
 * The health of the running cluster, asked now: by the script that `pulumi up` uses, on the first
 * machine that can be reached.
 * @param tolerated alarms that are not held against it
 * @throws Error with what was seen on each machine, where none could answer
 */
export async function askHealth(
  cluster: RemoteCluster,
  tolerated: readonly string[] = [],
): Promise<ClusterHealth> {
  const failures: string[] = [];
  for (const machine of liveMachines(cluster)) {
    try {
      const { stdout, stderr } = await machine.run("health", healthArguments(machine, cluster));
      if (stdout.trim() !== "") {
        return readHealth(stdout, cluster.members, tolerated);
      }
      failures.push(`${machine.name}: ${stderr.trim()}`);
    } catch (error) {
      failures.push(`${machine.name}: ${withoutControls((error as Error).message)}`);
    }
  }
  throw new Error(`no machine could be asked:\n  ${failures.join("\n  ")}`);
}

function healthArguments(machine: LiveMachine, cluster: RemoteCluster) {
  const { binaries, config, tls } = machine.etcdctl;
  return { binaries, config, tls, endpoints: cluster.endpoints.join(","), patience: 0 };
}
