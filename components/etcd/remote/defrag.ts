import {
  type Defragmentation,
  describe,
  isOutOfSpace,
  readDefragmentation,
  warnings,
  whyStillFull,
} from "../defragmentation";
import type { ClusterHealth } from "../health";
import type { RemoteCluster } from "./cluster";
import { askHealth } from "./health";
import { LiveMachine, liveMachines } from "./machine";

export interface DefragOptions {
  /** Whether the history is dropped first, and the alarm of a full database disarmed afterwards. */
  readonly compact: boolean;
  readonly log: (line: string) => void;
}

/** What a member's script may take, in seconds: it has a limit of its own for each of its waits. */
const limitSeconds = 1800;

/**
 * Defragments all members, one at a time: followers first, the leader last.
 * @throws Error where the cluster is not fit for it before one of the members, or one fails; the
 *   members after that one are left as they are
 */
export async function defragment(cluster: RemoteCluster, options: DefragOptions): Promise<void> {
  const waiting = new Set(cluster.members.map((member) => member.name));
  const done: Record<string, Defragmentation> = {};
  let health = await askWhetherFit(cluster);
  warnings(health, options).forEach((line) => options.log(line));
  while (waiting.size > 0) {
    const leader = health.members.find((member) => member.leader)?.name;
    const name = [...waiting].find((one) => one !== leader) ?? leader!;
    done[name] = await defragmentMember(new LiveMachine(name, cluster), options);
    options.log(describe(name, done[name]));
    waiting.delete(name);
    health = await askWhetherFit(cluster);
  }
  if (options.compact && isOutOfSpace(health)) {
    const stillFull = whyStillFull(done);
    options.log(stillFull ?? "Every member has room: disarming the alarm");
    if (stillFull === undefined) {
      await disarm(cluster);
    }
  }
}

async function disarm(cluster: RemoteCluster): Promise<void> {
  const [machine] = liveMachines(cluster);
  await machine!.succeed("disarm", machine!.etcdctl);
}

/**
 * The health of a cluster that may be defragmented. A full database is what defragmenting is for.
 * @throws Error with all that speaks against it
 */
async function askWhetherFit(cluster: RemoteCluster): Promise<ClusterHealth> {
  const health = await askHealth(cluster, ["NOSPACE"]);
  if (!health.healthy) {
    throw new Error(`no (further) member is defragmented: ${health.verdict}`);
  }
  return health;
}

async function defragmentMember(
  machine: LiveMachine,
  { compact, log }: DefragOptions,
): Promise<Defragmentation> {
  const text = await machine.succeed(
    "defrag",
    { ...machine.etcdctl, compact },
    { timeoutSeconds: limitSeconds, onStderrLine: log },
  );
  return readDefragmentation(text);
}
