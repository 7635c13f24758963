import * as pulumi from "@pulumi/pulumi";
import type { Machines } from "../machine";
import { Access, type AccessArgs } from "./access";
import { Controllers, type ControllersArgs } from "./controllers";
import { Firewall, type FirewallArgs } from "./firewall";
import { tellOfKeptData } from "./keptData";
import { Network, type NetworkArgs } from "./network";
import { SnapshotStore } from "./snapshotStore";

/** What of the settings concerns the store of snapshots. */
export interface SnapshotStoreSettings {
  readonly clusterName: string;
  /** Whether the controllers upload snapshots to S3. */
  readonly snapshotUpload: boolean;
  /** A bucket that a person has, or "" to make one. */
  readonly snapshotBucket: string;
  readonly snapshotKeepDays: number;
  /** Whether what the stack has made for data is deleted with it. */
  readonly deleteData: boolean;
}

type Settings = NetworkArgs &
  Omit<FirewallArgs, "vpcId"> &
  AccessArgs &
  SnapshotStoreSettings &
  Omit<ControllersArgs, "network" | "firewall" | "access" | "instanceProfile">;

/** Controllers on EC2, with the network that they are in, the way to them and their snapshots' store. */
export function awsMachines(settings: Settings): Machines {
  const network = new Network("network", settings);
  const firewall = new Firewall("firewall", { ...settings, vpcId: network.vpcId });
  const access = new Access("access", settings);
  const store = settings.snapshotUpload ? snapshotStore(settings) : undefined;
  const controllers = new Controllers("controllers", {
    ...settings,
    ...{ network, firewall, access, instanceProfile: store?.instanceProfile },
  });
  tellOfWhatStays(settings, controllers, store);
  return {
    machines: controllers.machines,
    hosts: controllers.hosts,
    ...(store && { snapshotBucket: { name: store.bucket, region: store.region } }),
    credentials: {
      privateKey: access.privateKey,
      password: pulumi.secret(""),
      bastionPrivateKey: access.bastionPrivateKey,
    },
    clientSecurityGroupId: firewall.clients.id,
  };
}

function snapshotStore(settings: SnapshotStoreSettings): SnapshotStore {
  return new SnapshotStore("snapshots", {
    clusterName: settings.clusterName,
    bucket: settings.snapshotBucket,
    keepDays: settings.snapshotKeepDays,
    deleteData: settings.deleteData,
  });
}

function tellOfWhatStays(
  { clusterName, deleteData, snapshotBucket, snapshotKeepDays: keepDays }: Settings,
  { dataVolumes }: Controllers,
  store: SnapshotStore | undefined,
): void {
  const isOurs = store !== undefined && snapshotBucket === "";
  const volumes = dataVolumes.map(({ member, volume: { id, availabilityZone: zone } }) => ({
    ...{ member, id, zone },
  }));
  tellOfKeptData(deleteData, {
    clusterName,
    region: dataVolumes[0]!.volume.region,
    volumes: pulumi.output(volumes),
    bucket: isOurs ? pulumi.output({ name: store.bucket, keepDays }) : undefined,
  });
}
