import "./components/stackTraces";
import * as pulumi from "@pulumi/pulumi";
import { awsMachines } from "./components/machines/aws/machines";
import { desiredCluster } from "./components/desired";
import { Cluster } from "./components/etcd/cluster";
import { Admission } from "./components/etcd/rollout/admission";
import { clusterIdentity } from "./components/etcd/identity";
import { binariesOf } from "./components/etcd/stage";
import { existingMachines } from "./components/machines/existing/machines";
import { etcdctlEnvironment, memberOutputs, sshOutputs } from "./components/outputs";
import { clusterIssuers } from "./components/pki/issuer";
import { renewalDays } from "./components/pki/lifetimes";
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

const settings = readSettings(stackConfiguration());
for (const warning of settingsWarnings(settings)) {
  void pulumi.log.warn(warning);
}
const source = releaseSource(settings);

// Whose it is, all that is asked for, and what lets a change of it pass.
const identity = clusterIdentity(settings.clusterName);
const { members: plans, units, desired } = desiredCluster(settings);
const binaries = binariesOf(settings.version);
const renewal = settings.tls === "on" ? renewalDays(settings) : undefined;
const admission = new Admission("admission", { identity, desired, binaries, renewal, source });

// The machines: EC2 instances, or what a person has.
const {
  machines,
  hosts,
  credentials,
  clientSecurityGroupId: securityGroup,
  snapshotBucket,
} = usesExistingMachines(settings)
  ? existingMachines({
      ...settings,
      ...{ source, identity, members: plans, admission, usesBucket: existingUseBucket(settings) },
    })
  : awsMachines({ ...settings, identity, admission });
admission.connect(credentials, machines, hosts);

// Their certificates. Without issuers there is no TLS.
const issuers = settings.tls === "on" ? clusterIssuers(settings, admission.gate) : undefined;
const client = issuers?.clients.issue("client", "client", noNames);

// The cluster on them.
const cluster = new Cluster("etcd", {
  ...settings,
  ...{ source, identity, members: plans, units, desired, machines, issuers, admission },
  snapshots: snapshotPlan(settings, snapshotBucket),
  restore: desired.restore,
});

// What later stages read: the README has the contract.
export const clusterId = identity.id;
export const clusterName = settings.clusterName;
export const stack = identity.stack;
export const endpoints = cluster.endpoints;
export const members = memberOutputs(cluster, machines);
export const caCertPem = issuers?.clients.caCertPem ?? "";
export const clientCertPem = client?.certPem ?? "";
export const clientKeyPem = client?.keyPem ?? pulumi.secret("");
export const health = pulumi
  .all([cluster.health, issuers?.clients.ends ?? {}, issuers?.peers.ends ?? {}])
  .apply(([said, ...ends]) => ({ ...said, certificates: Object.assign({}, ...ends) }));
export const etcdctl = etcdctlEnvironment(cluster.endpoints, {
  tls: issuers !== undefined,
  stack: pulumi.getStack(),
});
export const ssh = sshOutputs(machines);
export const clientSecurityGroupId = securityGroup;
export const version = settings.version;
