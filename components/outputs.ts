import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "./etcd/cluster";
import type { Machine } from "./machines/machine";

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
  /** The systemd unit's name, without ".service". */
  readonly service: string;
  readonly dataDirectory: string;
  readonly configDirectory: string;
  /** The folder of etcd and etcdctl. */
  readonly binaries: string;
}

export function memberOutputs(
  cluster: Cluster,
  machines: Machine[],
): pulumi.Output<MemberOutput[]> {
  return pulumi.output(
    cluster.members.map((member, index) => ({
      name: member.name,
      privateIp: member.address,
      publicIp: machines[index]!.publicIp,
      machineId: machines[index]!.id,
      peerUrl: member.peerUrl,
      clientUrl: member.clientUrl,
      service: member.service,
      dataDirectory: member.dataDirectory,
      configDirectory: member.configDirectory,
      binaries: cluster.binaries,
    })),
  );
}

/** How a member's machine is reached by SSH. The keys to it are no outputs: they would be everybody's who reads one. */
export interface SshOutput {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The machine's host key, as a line of authorized_keys holds it. */
  readonly hostKey?: string;
  readonly bastion?: { host: string; port: number; user: string; hostKey: string };
}

export function sshOutputs(machines: Machine[]): pulumi.Output<SshOutput[]> {
  return pulumi.output(
    machines.map(({ name, connection }) => ({
      name,
      ...withoutKeys(connection),
      port: connection.port ?? 22,
    })),
  ) as pulumi.Output<SshOutput[]>;
}

function withoutKeys({ host, user, hostKey, proxy }: Machine["connection"]) {
  const bastion = proxy && {
    host: proxy.host,
    port: proxy.port,
    user: proxy.user,
    hostKey: proxy.hostKey,
  };
  return { host, user, ...(hostKey && { hostKey }), ...(bastion && { bastion }) };
}

/**
 * Lines for a shell that make etcdctl a client of the cluster. Credentials go into a folder for their owner alone,
 * `.etcd/STACK` below the one that the shell is in.
 */
export function etcdctlEnvironment(
  endpoints: string[],
  { tls, stack }: { tls: boolean; stack: string },
): string {
  const folder = `.etcd/${stack}`;
  const access = `export ETCDCTL_ENDPOINTS=${endpoints.join(",")}`;
  return tls
    ? [
        `install -d -m 0700 .etcd ${folder}`,
        `pulumi stack output caCertPem --stack ${stack} > ${folder}/ca.pem`,
        `pulumi stack output clientCertPem --stack ${stack} > ${folder}/client.pem`,
        `(umask 077 && pulumi stack output clientKeyPem --stack ${stack} --show-secrets > ${folder}/client-key.pem)`,
        access,
        `export ETCDCTL_CACERT="$PWD/${folder}/ca.pem" ETCDCTL_CERT="$PWD/${folder}/client.pem" ETCDCTL_KEY="$PWD/${folder}/client-key.pem"`,
      ].join("\n")
    : access;
}
