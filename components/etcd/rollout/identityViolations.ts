import type { SeenMachine } from "./observed";

/** The cluster that a machine is to belong to. */
export interface OwnIdentity {
  readonly clusterId: string;
  readonly stack: string;
}

/**
 * Why a machine is not this cluster's, in words with both names; empty where it is, or is nobody's. "Written
 * by Pulumi" identifies nothing: what has another id, or data without one, is not touched.
 */
export function identityViolations(machine: SeenMachine, own: OwnIdentity): string[] {
  const { name, cluster, dataCluster, hasData, process } = machine;
  const ours = `this stack's (${own.stack}) is ${own.clusterId}`;
  const stays = "nothing on it was changed";
  if (cluster.id !== "" && cluster.id !== own.clusterId) {
    return [
      `${name}'s machine belongs to the cluster ${cluster.name || "without a name"} (${cluster.id}) of the stack ${cluster.stack || "unknown"}, and ${ours}: ${stays}. Use another machine, or destroy that stack first`,
    ];
  }
  if (dataCluster !== own.clusterId && (hasData || dataCluster !== "")) {
    return [
      `${name}'s data is of ${dataCluster === "" ? "a cluster that nobody knows" : `the cluster ${dataCluster}`}, and ${ours}: ${stays}. Move it away if nobody needs it`,
    ];
  }
  if (process.pid !== 0 && process.cluster !== own.clusterId) {
    return [
      `the etcd that runs on ${name}'s machine is of ${process.cluster === "" ? "a cluster that nobody knows" : `the cluster ${process.cluster}`}, and ${ours}: ${stays}. Stop it and move its data away if nobody needs it, or use another machine`,
    ];
  }
  return [];
}
