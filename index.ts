import "./components/stackTraces";
import * as pulumi from "@pulumi/pulumi";
import { awsMachines } from "./components/aws/machines";
import { Cluster } from "./components/etcd/cluster";
import { Rollout } from "./components/etcd/rollout/rollout";
import { existingMachines } from "./components/existing/machines";
import { etcdctlEnvironment, memberOutputs, sshOutputs } from "./components/outputs";
import { clusterIssuer } from "./components/pki/issuer";
import { noNames } from "./components/pki/subjectNames";
import {
  readSettings,
  releaseSource,
  settingsWarnings,
  usesExistingMachines,
} from "./components/settings/settings";
import { existingUseBucket } from "./components/settings/snapshots";
import { stackConfiguration } from "./components/settings/stack";
import { snapshotPlan } from "./components/snapshots";
import { wantedCluster } from "./components/wanted";

const settings = readSettings(stackConfiguration());
for (const warning of settingsWarnings(settings)) {
  void pulumi.log.warn(warning);
}
const source = releaseSource(settings);

// What is asked for as a whole, and what lets a change of it pass.
const { members: plans, units, wanted } = wantedCluster(settings);
const rollout = new Rollout("rollout", wanted);

// The machines: EC2 instances, or what a person has.
const { machines, access, snapshotBucket } = usesExistingMachines(settings)
  ? existingMachines({
      ...settings,
      ...{ source, members: plans, rollout, usesBucket: existingUseBucket(settings) },
    })
  : awsMachines({ ...settings, rollout });

// Whom they trust. Without an issuer there is no TLS.
const issuer = settings.tls === "on" ? clusterIssuer(settings, rollout.gate) : undefined;
const client = issuer?.issue("client", "client", noNames);

// The cluster on them.
const cluster = new Cluster("etcd", {
  ...settings,
  ...{ source, members: plans, units, machines, issuer, rollout },
  snapshots: snapshotPlan(settings, snapshotBucket),
  restore: wanted.restore,
});

// What later stages read: the README has the contract.
export const endpoints = cluster.endpoints;
export const members = memberOutputs(cluster, machines);
export const caCertPem = issuer?.caCertPem ?? "";
export const clientCertPem = client?.certPem ?? "";
export const clientKeyPem = client?.keyPem ?? pulumi.secret("");
export const health = cluster.health;
export const etcdctl = etcdctlEnvironment(cluster.endpoints, { tls: issuer !== undefined });
export const ssh = sshOutputs(machines);
export const sshPrivateKey = access.privateKey;
export const sshPassword = access.password;
export const bastionPrivateKey = access.bastionPrivateKey;
export const clientSecurityGroupId = access.clientSecurityGroupId;
export const version = settings.version;
