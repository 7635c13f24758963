import * as pulumi from "@pulumi/pulumi";
import type { Member } from "./etcd/members";
import type { Machine } from "./machines/machine";
import type { Bastion } from "./ssh";

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
  members: readonly Member[],
  binaries: string,
): pulumi.Output<MemberOutput[]> {
  return pulumi.all(
    members.map(({ machine, plan }) =>
      pulumi.all([plan, machine.publicIp, machine.id]).apply(([member, publicIp, machineId]) => ({
        name: member.name,
        privateIp: member.address,
        publicIp,
        machineId,
        peerUrl: member.peerUrl,
        clientUrl: member.clientUrl,
        service: member.service,
        dataDirectory: member.dataDirectory,
        configDirectory: member.configDirectory,
        binaries,
      })),
    ),
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
  readonly bastion?: Bastion;
}

export function sshOutputs(machines: readonly Machine[]): pulumi.Output<SshOutput[]> {
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
  endpoints: pulumi.Output<string[]>,
  { tls, stack }: { tls: boolean; stack: string },
): pulumi.Output<string> {
  const folder = `.etcd/${stack}`;
  return endpoints.apply((urls) => {
    const access = `export ETCDCTL_ENDPOINTS=${urls.join(",")}`;
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
  });
}
