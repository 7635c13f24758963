import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import type { ClusterIdentity } from "../etcd/identity";
import type { MemberPlan, MemberRequest } from "../etcd/plan";
import type { Admission } from "../etcd/rollout/admission";
import type { Desired, DesiredMember } from "../etcd/rollout/desired";
import type { Credentials } from "../etcd/rollout/record";
import type { ReleaseSource } from "../etcd/stage";

/** How a machine is reached: a provider's SSH connection, host key included. */
export interface Connection extends types.input.remote.ConnectionArgs {
  /** Not an output as a whole: its keys are secret, the rest of it is not. */
  readonly proxy?: types.input.remote.ProxyConnectionArgs;
}

/** A volume for a member's data alone. */
export interface DataVolume {
  /** The block device, by a path that stays. */
  readonly device: pulumi.Output<string>;
  /** How large it is, in GiB; it can grow while it is in use. */
  readonly sizeGiB: pulumi.Output<number>;
}

/**
 * What a cluster needs to know of a member's machine, whoever made it: EC2, a person's own hardware, another
 * provider or a test. Names are plain strings, so that a preview shows every resource.
 */
export interface Machine {
  /** The host name, unique in the cluster; also the member's name. */
  readonly name: string;
  /** Where the other members and the clients reach it. */
  readonly address: pulumi.Output<string>;
  /** A public address, or "" where it has none. */
  readonly publicIp: pulumi.Output<string>;
  /** The id that its maker knows it by. */
  readonly id: pulumi.Output<string>;
  /**
   * Another text where the machine is another one, or has been stopped for a change: what was done on
   * it is done, or at least looked at, again.
   */
  readonly incarnation: pulumi.Output<string>;
  /** How often it, and the disk with its data, were asked for, as they tell it of themselves. */
  readonly generation: pulumi.Output<{ readonly machine: number; readonly data: number }>;
  readonly connection: Connection;
  /** What the data lies on; without it, that is the root disk. */
  readonly dataVolume?: DataVolume;
  /** What must exist before the machine can be used. */
  readonly readyAfter: pulumi.Resource[];
}

/** What a maker of machines gives: the machines, and how a person gets at them. */
export interface Machines {
  readonly machines: Machine[];
  /**
   * Where those machines are reached now that are there already, by name, as far as their maker can say without
   * making anything. Who is not in it is where the last update has left it.
   */
  readonly hosts: pulumi.Output<Readonly<Record<string, string>>>;
  /** The bucket that the machines have access to, by a role of theirs. */
  readonly snapshotBucket?:
    { readonly name: pulumi.Output<string>; readonly region: pulumi.Output<string> } | undefined;
  readonly credentials: Credentials;
  /** The security group that clients join, or "". */
  readonly clientSecurityGroupId: pulumi.Output<string>;
}

/** What is asked of machines as a whole: a change of it is looked at before anything of it happens. */
export type MachineSpec = Pick<
  Desired,
  "instanceType" | "architecture" | "dataVolumeGiB" | "fixed"
> & {
  /** By the members' names. */
  readonly members: Readonly<
    Record<string, Pick<DesiredMember, "machineGeneration" | "dataGeneration" | "place">>
  >;
};

/** A member that is to be, on a machine that may have to be made first. */
export type MachineRequest = Omit<MemberRequest, "address"> & {
  readonly address: pulumi.Input<string>;
};

/** The cluster that machines are made for. */
export interface MachineSite {
  /** The name of the component whose cluster it is: what is made for it has it in front. */
  readonly component: string;
  readonly clusterName: string;
  readonly identity: ClusterIdentity;
  /** What lets changes of a running cluster pass. */
  readonly admission: Admission;
  /** The plan of each member, in the order of the requests. */
  readonly plans: pulumi.Output<readonly MemberPlan[]>;
  readonly version: string;
  readonly source: ReleaseSource;
  readonly binDirectory: string;
  readonly quotaGiB: number;
  /** Whether what was made for data is deleted with the stack. */
  readonly deleteData: boolean;
  /** Whether snapshots go to a bucket, or come from one. */
  readonly usesBucket: boolean;
  readonly parent: pulumi.Resource;
}

/** Makes the machines of a cluster, or takes those that there are. */
export interface MachineMaker {
  readonly requests: readonly MachineRequest[];
  readonly spec: MachineSpec;
  make(site: MachineSite): Machines;
}
