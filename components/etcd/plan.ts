import { dataDirectory } from "./files";

/** The ports of a member that has its machine to itself. */
export const ports = { client: 2379, peer: 2380, metrics: 2381 } as const;

/** One member as it will run: everything that follows from its name and address. */
export interface MemberPlan {
  readonly name: string;
  readonly privateIp: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly clientPort: number;
  readonly metricsPort: number;
  readonly dataDirectory: string;
}

/** The plan of each member, in the given order. */
export function planMembers(machines: { name: string; privateIp: string }[]): MemberPlan[] {
  return machines.map(({ name, privateIp }) => ({
    name,
    privateIp,
    clientUrl: `https://${privateIp}:${ports.client}`,
    peerUrl: `https://${privateIp}:${ports.peer}`,
    clientPort: ports.client,
    metricsPort: ports.metrics,
    dataDirectory,
  }));
}

/** etcd's `--initial-cluster`: each member's name and peer URL. */
export function initialCluster(members: MemberPlan[]): string {
  return members.map((member) => `${member.name}=${member.peerUrl}`).join(",");
}
