import "./components/stackTraces";
import * as pulumi from "@pulumi/pulumi";
import { EtcdCluster } from "./components/etcdCluster";
import { etcdctlEnvironment } from "./components/outputs";
import { ownCluster } from "./components/settings/names";
import { argsOf } from "./components/settings/argsOf";
import { readSettings } from "./components/settings/settings";
import { stackConfiguration } from "./components/settings/stack";

const settings = readSettings(stackConfiguration());
const cluster = new EtcdCluster(ownCluster, argsOf(settings));

// What later stages read: docs/reference.md has the contract.
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
  clients,
  connections,
  health,
  ssh,
  clientSecurityGroupId,
} = cluster;
export const etcdctl = etcdctlEnvironment(cluster.endpoints, {
  tls: settings.tls === "on",
  stack: pulumi.getStack(),
});
