import * as pulumi from "@pulumi/pulumi";
import type { Machines } from "../machine";
import { Access, type AccessArgs } from "./access";
import { Controllers, type ControllersArgs } from "./controllers";
import { Firewall, type FirewallArgs } from "./firewall";
import { Network, type NetworkArgs } from "./network";

type Settings = NetworkArgs &
  Omit<FirewallArgs, "vpcId"> &
  AccessArgs &
  Omit<ControllersArgs, "network" | "firewall" | "access">;

/** Controllers on EC2, with the network that they are in and the way to them. */
export function awsMachines(settings: Settings): Machines {
  const network = new Network("network", settings);
  const firewall = new Firewall("firewall", { ...settings, vpcId: network.vpcId });
  const access = new Access("access", settings);
  const controllers = new Controllers("controllers", { ...settings, network, firewall, access });
  return {
    machines: controllers.machines,
    access: {
      privateKey: access.privateKey,
      password: pulumi.secret(""),
      bastionPrivateKey: access.bastionPrivateKey,
      clientSecurityGroupId: firewall.clients.id,
    },
  };
}
