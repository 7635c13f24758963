import type { ClusterHealth, MemberHealth } from "../../../components/etcd/health";

export interface HealthChanges {
  readonly all?: readonly string[];
  readonly members?: Readonly<Record<string, Partial<MemberHealth>>>;
}

/** Three healthy members, led by a; tests say what differs. */
export function clusterHealth({
  all = ["a", "b", "c"],
  members = {},
}: HealthChanges = {}): ClusterHealth {
  return {
    healthy: true,
    verdict: "",
    members: all.map((name) => ({
      name,
      endpoint: `https://${name}:2379`,
      healthy: true,
      latencyMs: 1,
      version: "3.6.16",
      id: name,
      leader: name === "a",
      dbSizeBytes: 1,
      dbSizeInUseBytes: 1,
      alarms: [],
      ...members[name],
    })),
    snapshots: { last: undefined, failure: undefined, warning: "" },
  };
}
