// Two etcd clusters in one program, on machines that it makes itself.
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { EtcdCluster } from "../../components/etcdCluster";

interface Server {
  name: string;
  address: string;
  hostKey: string;
  /** Counted up for another machine of that name. */
  replacements?: number;
}

const config = new pulumi.Config();

// Servers of any provider: what they are called is known now, where they are when they have been made.
const machines = config.requireObject<Server[]>("servers").map((server) => {
  const made = new local.Command(server.name, { create: `echo ${server.address}` });
  return {
    name: server.name,
    address: made.stdout,
    hostKey: pulumi.output(server.hostKey),
    replacements: server.replacements ?? 0,
  };
});

const ssh = { user: "ubuntu", privateKey: config.requireSecret("sshPrivateKey") };
const release = { url: config.get("releaseUrl"), ownReleases: config.getBoolean("ownReleases") };

const orders = new EtcdCluster("orders", {
  machines: machines.slice(0, 3),
  version: config.get("version"),
  ssh,
  release,
});
const billing = new EtcdCluster("billing", {
  machines: machines.slice(3),
  ssh,
  release,
  options: { quotaGiB: 2 },
});

export const endpoints = { orders: orders.endpoints, billing: billing.endpoints };
export const health = { orders: orders.health, billing: billing.health };
