import type { MemberPorts } from "../../etcd/plan";

/** One entry of the setting `machines`. */
export interface MachineSetting {
  /** The member's name. */
  readonly name: string;
  /** Where the other members and the clients reach it. */
  readonly address: string;
  /** Where SSH reaches it. */
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly ports: MemberPorts;
}

/** Whether two entries are the same machine; hosts that are not known beforehand are two. */
export function isSameMachine(
  one: { readonly host: unknown; readonly port: number },
  other: { readonly host: unknown; readonly port: number },
): boolean {
  return one.host === other.host && one.port === other.port;
}

/**
 * The host key of a machine among lines of known_hosts, as a line of authorized_keys holds it.
 * ED25519 goes first: any of them would do, and one has to be chosen.
 */
export function knownHostKey(
  { host, port }: { host: string; port: number },
  knownHosts: readonly string[],
): string | undefined {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const keys = knownHosts
    .map((line) => line.trim().split(/\s+/))
    .filter(([hosts = ""]) => hosts.split(",").includes(name))
    .map(([, type, key]) => `${type} ${key}`);
  return keys.find((key) => key.startsWith("ssh-ed25519 ")) ?? keys[0];
}
