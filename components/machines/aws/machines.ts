import * as pulumi from "@pulumi/pulumi";
import type { MachineMaker, Machines, MachineSite } from "../machine";
import { Access, type AccessArgs } from "./access";
import { Controllers, type ControllersArgs } from "./controllers";
import { Firewall, type FirewallArgs } from "./firewall";
import { tellOfKeptData } from "./keptData";
import { Network, type NetworkArgs } from "./network";
import { SnapshotStore } from "./snapshotStore";
import { ec2Spec } from "./spec";

/** What controllers on EC2 are asked for by, beside the cluster that they are for. */
export interface Ec2ControllersArgs
  extends
    Omit<NetworkArgs, "clusterName">,
    Omit<FirewallArgs, "vpcId" | "clusterName">,
    Omit<AccessArgs, "clusterName">,
    Pick<
      ControllersArgs,
      "controllers" | "instanceType" | "dataVolumeGiB" | "replacements" | "dataReplacements"
    > {
  /** Whether the controllers upload snapshots to S3. */
  readonly snapshotUpload: boolean;
  /** A bucket that a person has, or "" to make one. */
  readonly snapshotBucket: string;
  readonly snapshotKeepDays: number;
}

/** Controllers on EC2, with the network that they are in, the way to them and their snapshots' store. */
export class Ec2Controllers extends pulumi.ComponentResource implements Machines {
  readonly machines: Machines["machines"];
  readonly hosts: Machines["hosts"];
  readonly snapshotBucket: Machines["snapshotBucket"];
  readonly credentials: Machines["credentials"];
  readonly clientSecurityGroupId: Machines["clientSecurityGroupId"];

  constructor(args: Ec2ControllersArgs, site: MachineSite) {
    const { component, clusterName, deleteData, identity, admission } = site;
    super("etcd:aws:Ec2Controllers", component, {}, { parent: site.parent });
    const parent = { parent: this };
    const network = new Network(component, { ...args, clusterName }, parent);
    const { vpcId } = network;
    const firewall = new Firewall(component, { ...args, clusterName, vpcId }, parent);
    const access = new Access(component, { ...args, clusterName }, parent);
    const store = args.snapshotUpload
      ? new SnapshotStore(
          `${component}-snapshots`,
          { clusterName, bucket: args.snapshotBucket, keepDays: args.snapshotKeepDays, deleteData },
          parent,
        )
      : undefined;
    const controllers = new Controllers(
      component,
      {
        ...args,
        clusterName,
        identity,
        admission,
        deleteData,
        network,
        firewall,
        access,
        instanceProfile: store?.instanceProfile,
      },
      parent,
    );
    this.machines = controllers.machines;
    this.hosts = controllers.hosts;
    this.snapshotBucket = store && { name: store.bucket, region: store.region };
    this.credentials = {
      privateKey: access.privateKey,
      password: pulumi.secret(""),
      bastionPrivateKey: access.bastionPrivateKey,
    };
    this.clientSecurityGroupId = firewall.clients.id;
    this.tellOfWhatStays(args, site, controllers);
    this.registerOutputs({ clientSecurityGroupId: this.clientSecurityGroupId });
  }

  private tellOfWhatStays(
    { snapshotBucket, snapshotKeepDays: keepDays }: Ec2ControllersArgs,
    { component, clusterName, deleteData }: MachineSite,
    { dataVolumes }: Controllers,
  ): void {
    const made = snapshotBucket === "" ? this.snapshotBucket : undefined;
    const volumes = dataVolumes.map(({ member, volume: { id, availabilityZone: zone } }) => ({
      member,
      id,
      zone,
    }));
    const kept = {
      clusterName,
      region: dataVolumes[0]!.volume.region,
      volumes: pulumi.output(volumes),
      bucket: made && pulumi.output({ name: made.name, keepDays }),
    };
    tellOfKeptData(component, deleteData, kept, { parent: this });
  }
}

/** Controllers on EC2, for a cluster. */
export function ec2Controllers(args: Ec2ControllersArgs): MachineMaker {
  return { ...ec2Spec(args), make: (site) => new Ec2Controllers(args, site) };
}
