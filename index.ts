import "./components/stackTraces";
import * as pulumi from "@pulumi/pulumi";
import { EtcdCluster } from "./components/etcdCluster";
import { argsOf } from "./components/etcdClusterArgs";
import { ec2Controllers } from "./components/machines/aws/machines";
import { etcdctlEnvironment, ownCluster } from "./components/outputs";
import { clusterMachines } from "./components/settings/machines";
import {
  readSettings,
  settingsWarnings,
  usesExistingMachines,
} from "./components/settings/settings";
import { stackConfiguration } from "./components/settings/stack";

const settings = readSettings(stackConfiguration());
for (const warning of settingsWarnings(settings)) {
  void pulumi.log.warn(warning);
}

// On EC2 instances that it makes, or on what a person has.
const cluster = new EtcdCluster(ownCluster, {
  ...argsOf(settings),
  ...(usesExistingMachines(settings)
    ? clusterMachines(settings)
    : { machines: ec2Controllers(settings) }),
});

// What later stages read: the README has the contract.
export const {
  clusterId,
  clusterName,
  stack,
  version,
  endpoints,
  members,
  caCertPem,
  clientCertPem,
  clientKeyPem,
  health,
  ssh,
  clientSecurityGroupId,
} = cluster;
export const etcdctl = etcdctlEnvironment(cluster.endpoints, {
  tls: settings.tls === "on",
  stack: pulumi.getStack(),
});
