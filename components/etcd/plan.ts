import { RunError } from "@pulumi/pulumi/errors";
import { memberFiles, type MemberFiles } from "./files";

/** The ports of a member. */
export interface MemberPorts {
  readonly client: number;
  readonly peer: number;
  /** On loopback, without TLS. */
  readonly metrics: number;
}

/** The ports of a member that has its machine to itself. */
export const defaultPorts: MemberPorts = { client: 2379, peer: 2380, metrics: 2381 };

/** What a member's plan follows from. */
export interface MemberRequest {
  readonly name: string;
  /** Where the other members and the clients reach it. */
  readonly address: string;
  readonly ports?: MemberPorts;
  /** Whether other members are on the same machine. */
  readonly sharesMachine?: boolean;
}

/** One member as it will run: everything that follows from its name, address and ports. */
export interface MemberPlan extends MemberFiles {
  readonly name: string;
  readonly address: string;
  readonly tls: boolean;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly ports: MemberPorts;
}

/**
 * The plan of each member, in the given order.
 * @throws RunError where two machines have one address, as addresses that are known late may turn out to
 */
export function planMembers(
  requests: readonly MemberRequest[],
  { tls }: { tls: boolean },
): MemberPlan[] {
  for (const [index, { name, address, sharesMachine = false }] of requests.entries()) {
    const other = requests.slice(0, index).find((one) => one.address === address);
    if (other !== undefined && !sharesMachine) {
      throw new RunError(
        `the machines of ${other.name} and ${name} have one address, ${address}; nothing was changed`,
      );
    }
  }
  const scheme = tls ? "https" : "http";
  return requests.map(({ name, address, ports = defaultPorts, sharesMachine = false }) => ({
    ...memberFiles(name, sharesMachine),
    name,
    address,
    tls,
    clientUrl: `${scheme}://${address}:${ports.client}`,
    peerUrl: `${scheme}://${address}:${ports.peer}`,
    ports,
  }));
}

/** etcd's `--initial-cluster`: each member's name and peer URL. */
export function initialCluster(members: readonly Pick<MemberPlan, "name" | "peerUrl">[]): string {
  return members.map((member) => `${member.name}=${member.peerUrl}`).join(",");
}
