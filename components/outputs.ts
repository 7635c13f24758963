import * as pulumi from "@pulumi/pulumi";
import { MemberPlan } from "./etcd/plan";
import { Machine } from "./machine";

/** A member as later stages see it. */
export interface MemberOutput {
  readonly name: string;
  readonly privateIp: string;
  /** "" where the machine has none. */
  readonly publicIp: string;
  /** The id that the machine's maker knows it by, such as i-0a1b2c3d4e5f67890. */
  readonly machineId: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
}

export function memberOutputs(
  members: MemberPlan[],
  machines: Machine[],
): pulumi.Output<MemberOutput[]> {
  return pulumi.output(
    members.map(({ name, privateIp, peerUrl, clientUrl }, index) => ({
      name,
      privateIp,
      publicIp: machines[index]!.publicIp,
      machineId: machines[index]!.id,
      peerUrl,
      clientUrl,
    })),
  );
}

/** How a controller is reached by SSH; the key to it is an output of its own, a secret one. */
export interface SshOutput {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The machine's host key, as a line of authorized_keys holds it. */
  readonly hostKey: string;
  readonly bastion?: { host: string; port: number; user: string; hostKey: string };
}

export function sshOutputs(machines: Machine[]): pulumi.Output<SshOutput[]> {
  return pulumi.output(
    machines.map(({ name, connection }) => ({ name, ...withoutKeys(connection), port: 22 })),
  ) as pulumi.Output<SshOutput[]>;
}

function withoutKeys({ host, user, hostKey, proxy }: Machine["connection"]) {
  const bastion = proxy && {
    host: proxy.host,
    port: proxy.port,
    user: proxy.user,
    hostKey: proxy.hostKey,
  };
  return { host, user, hostKey, ...(bastion && { bastion }) };
}

/** Lines for a shell that make etcdctl a client of the cluster; the key goes into a file of mode 0600. */
export function etcdctlEnvironment(endpoints: string[]): string {
  return [
    "pulumi stack output caCertPem > ca.pem",
    "pulumi stack output clientCertPem > client.pem",
    "(umask 077 && pulumi stack output clientKeyPem --show-secrets > client-key.pem)",
    `export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${endpoints.join(",")}`,
    'export ETCDCTL_CACERT="$PWD/ca.pem" ETCDCTL_CERT="$PWD/client.pem" ETCDCTL_KEY="$PWD/client-key.pem"',
  ].join("\n");
}
