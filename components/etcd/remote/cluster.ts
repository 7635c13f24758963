import type { SshTarget } from "./ssh";

/** A member of a running cluster, and the way to its machine. */
export interface RemoteMember {
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  /** The systemd unit's name, without ".service". */
  readonly service: string;
  readonly dataDirectory: string;
  readonly configDirectory: string;
  /** The folder of etcd and etcdctl. */
  readonly binaries: string;
  readonly target: SshTarget;
}

/** A running cluster, as whoever asks it has to know it. */
export interface RemoteCluster {
  readonly clusterId: string;
  readonly clusterName: string;
  /** The stack's full name: `organization/project/stack`. */
  readonly stack: string;
  readonly endpoints: readonly string[];
  readonly members: readonly RemoteMember[];
}
