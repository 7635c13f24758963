import type * as pulumi from "@pulumi/pulumi";
import type { MemberPorts } from "./etcd/plan";
import type { Subject } from "./pki/certificate";
import type { Bastion } from "./ssh";

// Programs in other languages have these, too: what Pulumi's analyzer reads no schema out of cannot be in them, which
// are unions, `readonly` arrays and types that are no interface (tests/unit/plugin.test.ts).

/** What an `EtcdCluster` is asked to be. */
export interface EtcdClusterArgs {
  /**
   * Names the cluster in certificates, units and snapshots, for good: 1 to 32 of a-z, 0-9 and "-".
   * @default the component's name
   */
  readonly clusterName?: string;
  /**
   * The etcd release to run, 3.4 to 3.7, with its patch number.
   * @default "3.7.3"
   * @example "3.6.16"
   */
  readonly version?: string;
  /**
   * Confirms that `version` goes down to this minor version, and to no other.
   * @default ""
   * @example "3.6"
   */
  readonly allowDowngradeTo?: string;
  /** Confirms that an even number of members is meant. @default false */
  readonly evenMembers?: boolean;
  /**
   * The machines of the members, 1, 3, 5 or 7: made by any provider, in this program or not.
   * @example [{ name: "etcd-0", address: server.privateIp, host: server.publicIp, hostKey: key.publicKeyOpenssh }]
   */
  readonly machines?: EtcdMachine[];
  /** Instead of `machines`: EC2 instances that the component makes, with their network and their snapshots' bucket. */
  readonly controllers?: EtcdControllers;
  /** How the machines are logged in to. @default for controllers, a key that the component makes */
  readonly ssh?: EtcdSsh;
  /** Where etcd comes from. */
  readonly release?: EtcdRelease;
  /** How etcd runs. */
  readonly options?: EtcdOptions;
  readonly tls?: EtcdTls;
  readonly snapshots?: EtcdSnapshots;
  /** The snapshot to begin from. */
  readonly restore?: EtcdRestore;
  /** Whether data on the machines goes with its stack or its member. @default false */
  readonly deleteData?: boolean;
  /**
   * Who uses the cluster: each gets a certificate of its own, by its name.
   * @default {}
   * @example { "kube-apiserver": { preset: "kubernetes" }, app: { role: "readwrite", prefixes: ["/app/"] } }
   */
  readonly clients?: Record<string, EtcdClient>;
  /**
   * Whether a client may do what its role says, and nothing else. etcd 3.5.33, 3.6.14 or 3.7.1 or a later patch.
   * @default false
   */
  readonly accessControl?: boolean;
}

/** A client of the cluster: a preset, or a role and what it is for. What it says itself counts before its preset. */
export interface EtcdClient {
  /** "kubernetes", "k3s", "patroni", "apisix", "calico", "cilium", "vault", "coredns" or "traefik". */
  readonly preset?: string;
  /** "root" (everything, rights of others included), "readwrite" or "readonly". @default the preset's */
  readonly role?: string;
  /** Beginnings of keys; "" is all of them. @default the preset's */
  readonly prefixes?: string[];
  /** Whole keys. @default the preset's */
  readonly keys?: string[];
  /** Whether it is known by a password and not by its certificate, as etcd's JSON gateway wants it. @default the preset's, or false */
  readonly password?: boolean;
}

/** A machine for a member: Linux with systemd, and a user who is root or may become it by sudo. */
export interface EtcdMachine {
  /** The member's name, for good: a host name's label. */
  readonly name: string;
  /** The IPv4 address where the other members and the clients reach it. @example server.privateIp */
  readonly address: pulumi.Input<string>;
  /** Where SSH reaches it. @default its address */
  readonly host?: pulumi.Input<string>;
  /** Who logs in by SSH: root, or who may become root by sudo without a password. @default the user of `ssh` */
  readonly user?: string;
  /** SSH's port. @default 22 */
  readonly port?: number;
  /**
   * Its SSH host key, as a line of authorized_keys holds it.
   * @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb0…"
   */
  readonly hostKey?: pulumi.Input<string>;
  /**
   * The id that its maker knows it by: with another one it is another machine, which gets all of it again.
   * @default its host and port
   * @example server.id
   */
  readonly id?: pulumi.Input<string>;
  /** The member's ports. @default 2379, 2380, and 2381 on loopback */
  readonly ports?: MemberPorts;
  /** Counted up for a machine that was replaced under the same name. @default 0 */
  readonly replacements?: number;
  /** Counted up where its data was given up with it. @default 0 */
  readonly dataReplacements?: number;
}

/** Controllers on EC2, and the network that they are in. */
export interface EtcdControllers {
  /** Each with its name and its address. @default controller-0 at 10.0.1.10, controller-1 at 10.0.2.10 and controller-2 at 10.0.3.10 */
  readonly members?: EtcdController[];
  /** x86 or Graviton, of the Nitro generations. @default "t3.medium" */
  readonly instanceType?: string;
  /** Of each controller's data volume: twice the quota and 4 GiB at least. It can grow and not shrink. @default 20 */
  readonly dataVolumeGiB?: number;
  /** An existing VPC. @default one is made */
  readonly vpcId?: string;
  /** Of the VPC that is made. @default "10.0.0.0/16" */
  readonly vpcCidr?: string;
  /** The subnets that are made. @default ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"] */
  readonly subnetCidrs?: string[];
  /** One for each subnet. @default the region's in turn */
  readonly availabilityZones?: string[];
  /** Without public addresses `ssh.bastion` is the way to them. @default true */
  readonly publicAddresses?: boolean;
  /** Who may reach port 22; at least one range is needed. @example ["203.0.113.7/32"] */
  readonly sshCidrs?: string[];
  /** Confirms ranges wider than /8 (IPv6 /16) there, one or all together. @default false */
  readonly sshFromAnywhere?: boolean;
  /** Who may reach port 2379 besides the members and the client security group. */
  readonly clientCidrs?: string[];
  /** Confirms ranges wider than /8 (IPv6 /16) there, one or all together. @default false */
  readonly clientsFromAnywhere?: boolean;
}

/** A controller on EC2. */
export interface EtcdController {
  /** The member's name, for good: a host name's label. */
  readonly name: string;
  /** Its address, in one of the subnets. */
  readonly privateIp: string;
  /** Counted up to have its machine replaced. @default 0 */
  readonly replacements?: number;
  /** Counted up with it to give up its data, too. @default 0 */
  readonly dataReplacements?: number;
}

export interface EtcdSsh {
  /** Of every machine that has none of its own. @example "ubuntu" */
  readonly user?: string;
  /** A private key in PEM or OpenSSH form, without a passphrase. It and the password are secret, whatever is given. */
  readonly privateKey?: pulumi.Input<string>;
  /** For machines that take no key. */
  readonly password?: pulumi.Input<string>;
  /** Whether a machine has to show its `hostKey`. @default true */
  readonly verifyHostKeys?: boolean;
  /** The machine through which the others are reached. */
  readonly bastion?: Bastion;
  /** The key for the bastion. @default `privateKey` */
  readonly bastionPrivateKey?: pulumi.Input<string>;
}

export interface EtcdRelease {
  /**
   * "release" (a release page), "package" (the distribution's) or "file" (a tarball on the machine that runs Pulumi).
   * @default "release"
   */
  readonly install?: string;
  /** Where a release page is, or a mirror of one. @default "https://github.com/etcd-io/etcd/releases/download" */
  readonly url?: string;
  /** With install "file", the path of a release's tarball. */
  readonly file?: string;
  /** Confirms that it is a build of one's own, not one of etcd's. @default false */
  readonly ownReleases?: boolean;
  /** Where etcd, etcdctl and etcdutl are found on the machines. @default "/usr/local/bin" */
  readonly binDirectory?: string;
}

export interface EtcdOptions {
  /** The size at which etcd refuses writes, 1 to 8 GiB. @default 8 */
  readonly quotaGiB?: number;
  /** How much history is kept: a duration, a number of revisions, or "0" for all of it. @default "1h" */
  readonly compactionRetention?: string;
  /** Between a leader's heartbeats, in ms. @default 100 */
  readonly heartbeatIntervalMs?: number;
  /** Without a leader before an election, in ms. @default 1000 */
  readonly electionTimeoutMs?: number;
  /** Further flags, without dashes. @example { "max-request-bytes": "10485760" } */
  readonly extraFlags?: Record<string, string>;
}

export interface EtcdTls {
  /** Without it everybody who reaches a member reads and writes everything in it. @default true */
  readonly enabled?: boolean;
  /** Whether clients on the machine itself may go without TLS. @default false */
  readonly plainLoopback?: boolean;
  /** Further names and addresses that clients use for every member. */
  readonly serverNames?: string[];
  /** Fields of the certificates' subjects. */
  readonly certificateSubject?: Subject;
  /** How long a CA lives, in days: at least twice as long as a certificate. @default 3650 */
  readonly caLifetimeDays?: number;
  /** How long a certificate lives, in days. @default 365 */
  readonly certificateLifetimeDays?: number;
  /** How many days before its end a certificate is renewed. @default 120 */
  readonly certificateRenewalDays?: number;
  /** Another number issues every certificate again. @default 1 */
  readonly certificateIssue?: number;
  /** The generations of the CAs that are trusted; the first issues. @default [1] */
  readonly certificateAuthorities?: number[];
}

export interface EtcdSnapshots {
  /** How old the last one may get, in minutes; 0 takes none by the clock. @default 60 */
  readonly minutes?: number;
  /** How many a machine keeps at most. @default 10 */
  readonly keep?: number;
  /** How many days one is kept at most. @default 30 */
  readonly keepDays?: number;
  /** Where they lie on a machine. @default "/var/lib/etcd-snapshots" */
  readonly directory?: string;
  /** Whether they are uploaded, if there is a bucket. @default true */
  readonly upload?: boolean;
  /** A bucket of S3, or of a store like it. */
  readonly bucket?: string;
  /** The URL of such a store. @default that of AWS */
  readonly endpoint?: string;
  /** The bucket's region. @default the controllers' own; with an endpoint on other machines, "us-east-1" */
  readonly region?: string;
  /** The key for the bucket. @default the role of the machine */
  readonly accessKeyId?: string;
  /** Secret, whatever is given. */
  readonly secretAccessKey?: pulumi.Input<string>;
}

export interface EtcdRestore {
  /** A path on the machine that runs Pulumi, or `s3://BUCKET/KEY`. */
  readonly from?: string;
  /** Confirms that members that have data lose it. @default false */
  readonly overData?: boolean;
}
