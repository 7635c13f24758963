import * as pulumi from "@pulumi/pulumi";
import { Access } from "./components/aws/access";
import { Controllers } from "./components/aws/controllers";
import { Firewall } from "./components/aws/firewall";
import { Network } from "./components/aws/network";
import { Cluster } from "./components/etcd/cluster";
import { etcdctlEnvironment, memberOutputs, sshOutputs } from "./components/outputs";
import { Authority } from "./components/pki/authority";
import { Certificate } from "./components/pki/certificate";
import { lifetimesFrom } from "./components/pki/lifetimes";
import { noNames } from "./components/pki/subjectNames";
import { readSettings, settingsWarnings } from "./components/settings/settings";
import { stackConfiguration } from "./components/settings/stack";

const settings = readSettings(stackConfiguration());
for (const warning of settingsWarnings(settings)) {
  void pulumi.log.warn(warning);
}
const { clusterName } = settings;
const lifetimes = lifetimesFrom(settings);

// The machines.
const network = new Network("network", settings);
const firewall = new Firewall("firewall", { ...settings, vpcId: network.vpcId });
const access = new Access("access", settings);
const { machines } = new Controllers("controllers", { ...settings, network, firewall, access });

// Whom they trust.
const authority = new Authority("ca", {
  commonName: `${clusterName} CA`,
  organization: clusterName,
  lifetimes,
});
const client = new Certificate("client", {
  authority,
  purpose: "client",
  commonName: "client",
  organization: clusterName,
  names: noNames,
  lifetimes,
});

// The cluster on them.
const cluster = new Cluster("etcd", { ...settings, machines, authority, lifetimes });

// What later stages read: the README has the contract.
export const endpoints = cluster.endpoints;
export const members = memberOutputs(cluster.members, machines);
export const caCertPem = authority.certPem;
export const clientCertPem = client.certPem;
export const clientKeyPem = client.keyPem;
export const health = cluster.health;
export const etcdctl = etcdctlEnvironment(cluster.endpoints);
export const ssh = sshOutputs(machines);
export const sshPrivateKey = access.privateKey;
export const bastionPrivateKey = access.bastionPrivateKey;
export const clientSecurityGroupId = firewall.clients.id;
export const version = settings.version;
