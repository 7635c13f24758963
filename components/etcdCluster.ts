import * as pulumi from "@pulumi/pulumi";
import type { EtcdClusterArgs } from "./etcdClusterArgs";
import { desiredCluster } from "./etcd/desiredCluster";
import { type ClientCredentials, Clients } from "./etcd/clients";
import { clientFolder } from "./etcd/connections";
import type { ClusterHealth } from "./etcd/health";
import { clusterIdentity } from "./etcd/identity";
import { type Member, Members } from "./etcd/members";
import { Admission } from "./etcd/rollout/admission";
import { binariesOf } from "./etcd/versions";
import { type MemberOutput, memberOutputs, type SshOutput, sshOutputs } from "./outputs";
import { clusterIssuers } from "./pki/issuer";
import { renewalDays } from "./pki/lifetimes";
import { noNames } from "./pki/subjectNames";
import { releaseSource } from "./settings/cluster";
import { readArgs } from "./settings/readArgs";
import { usesBucket } from "./settings/snapshots";
import { restoreRequest, snapshotPlan } from "./snapshots";

/** The health after the last change. */
export interface EtcdClusterHealth extends ClusterHealth {
  /** When each certificate ends, as RFC 3339, by its name. */
  readonly certificates: Record<string, string>;
}

/**
 * An etcd cluster, TLS-secured and healthy, on machines that exist or that a maker of machines makes. A change of
 * it is one `pulumi up`: looked at as a whole before anything is touched, and done to one member at a time.
 *
 * Its children and hooks are named after it: a program may have several.
 */
export class EtcdCluster extends pulumi.ComponentResource {
  /** 32 hexadecimal characters, random, made once. */
  readonly clusterId: pulumi.Output<string>;
  readonly clusterName: pulumi.Output<string>;
  /** The stack's full name: `organization/project/stack`. */
  readonly stack: pulumi.Output<string>;
  readonly version: pulumi.Output<string>;
  /** The members' client URLs. */
  readonly endpoints: pulumi.Output<string[]>;
  readonly members: pulumi.Output<MemberOutput[]>;
  /** What clients verify the members by; "" without TLS. */
  readonly caCertPem: pulumi.Output<string>;
  /** A client's certificate, with all rights; "" without TLS. */
  readonly clientCertPem: pulumi.Output<string>;
  /** Secret. Its key. */
  readonly clientKeyPem: pulumi.Output<string>;
  /** Secret. What each of `clients` is given, by its name. */
  readonly clients: pulumi.Output<Record<string, ClientCredentials>>;
  /**
   * Secret, since there may be a password in it. The lines or the file that each of `clients` reads, by its name, with the
   * files that `npm run client` writes.
   */
  readonly connections: pulumi.Output<Record<string, string>>;
  readonly health: pulumi.Output<EtcdClusterHealth>;
  /** How each machine is reached, without the keys. */
  readonly ssh: pulumi.Output<SshOutput[]>;
  /** The security group that clients join, or "". */
  readonly clientSecurityGroupId: pulumi.Output<string>;

  /**
   * @param name the component's; the cluster's, too, unless `clusterName` is given
   * @throws RunError with all that is wrong with `args`
   */
  constructor(name: string, args: EtcdClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { settings, maker, secretAccessKey, shown, warnings } = readArgs(name, args);
    if (opts?.aliases !== undefined && opts.aliases.length > 0) {
      throw new pulumi.RunError(
        `EtcdCluster ${name}: what was done to a cluster is found by its component's name, so it cannot have aliases. Give it the name that it had; nothing was changed`,
      );
    }
    // A secret is an input of what needs it, and of nothing else.
    super("etcd:index:EtcdCluster", name, shown, opts);
    for (const warning of warnings) {
      void pulumi.log.warn(warning, this);
    }
    const parent = { parent: this };
    const { clusterName, version, binDirectory, deleteData } = settings;
    const tls = settings.tls === "on";
    const source = releaseSource(settings);
    const binaries = binariesOf(version);
    const restore = restoreRequest(settings);

    // Whose it is, all that is asked for, and what lets a change of it pass.
    const identity = clusterIdentity(name, clusterName, parent);
    const asked = pulumi
      .output(maker.requests)
      .apply((requests) => desiredCluster({ ...settings, restore }, requests, maker.spec));
    const plans = asked.apply(({ members }) => members);
    const desired = asked.apply((cluster) => cluster.desired);
    const names = maker.requests.map((request) => request.name);
    const renewal = tls ? renewalDays(settings) : undefined;
    const admission = new Admission(
      name,
      { identity, desired, members: names, binaries, renewal, source },
      parent,
    );

    const made = maker.make({
      component: name,
      parent: this,
      clusterName,
      identity,
      admission,
      plans,
      version,
      source,
      binDirectory,
      quotaGiB: settings.quotaGiB,
      deleteData,
      usesBucket: usesBucket(settings),
    });
    const { machines } = made;
    admission.connect(made.credentials, machines, made.hosts);

    // Without issuers there is no TLS.
    const issuers = tls ? clusterIssuers(name, settings, admission.gate, parent) : undefined;
    const client = issuers?.clients.issue("client", "client", noNames, parent);
    const clients =
      issuers &&
      new Clients(
        name,
        settings.clients,
        {
          isOn: settings.accessControl,
          issuer: issuers.clients,
          former: admission.formerRevocation,
        },
        parent,
      );
    const asksForAccess = settings.accessControl || Object.keys(settings.clients).length > 0;

    const members: Member[] = machines.map((machine, index) => ({
      machine,
      plan: plans.apply((all) => all[index]!),
    }));
    const cluster = new Members(
      name,
      {
        clusterName,
        identity,
        version,
        source,
        binDirectory,
        tls,
        members,
        desired,
        admission,
        issuers,
        snapshots: snapshotPlan(settings, made.snapshotBucket, secretAccessKey),
        restore,
        serverNames: settings.serverNames,
        access: asksForAccess ? clients?.request : undefined,
        revoked: clients?.revoked,
      },
      parent,
    );

    this.clusterId = identity.id;
    this.clusterName = pulumi.output(clusterName);
    this.stack = pulumi.output(identity.stack);
    this.version = pulumi.output(version);
    this.endpoints = cluster.endpoints;
    this.members = memberOutputs(members, binaries);
    this.caCertPem = issuers?.clients.caCertPem ?? pulumi.output("");
    this.clientCertPem = client?.certPem ?? pulumi.output("");
    this.clientKeyPem = client?.keyPem ?? pulumi.secret("");
    const none = <Value>() =>
      pulumi.output<Record<string, Value>>({}) as pulumi.Output<Record<string, Value>>;
    // Nobody is given a certificate that is not recorded: it could never be revoked.
    const recorded = <Value>(given: pulumi.Output<Value>) =>
      pulumi.all([given, cluster.record.urn]).apply(([value]) => value as Value);
    this.clients = clients ? recorded(clients.credentials) : none();
    const folder = (one: string) => clientFolder(pulumi.getStack(), one);
    this.connections = clients ? recorded(clients.connections(this.endpoints, folder)) : none();
    this.health = pulumi
      .all([cluster.health, issuers?.clients.ends ?? {}, issuers?.peers.ends ?? {}])
      .apply(([said, ...ends]) => ({
        ...said,
        certificates: Object.assign({}, ...ends),
      }));
    this.ssh = sshOutputs(machines);
    this.clientSecurityGroupId = made.clientSecurityGroupId;
    this.registerOutputs({
      clusterId: this.clusterId,
      clusterName: this.clusterName,
      stack: this.stack,
      version: this.version,
      endpoints: this.endpoints,
      members: this.members,
      caCertPem: this.caCertPem,
      clientCertPem: this.clientCertPem,
      clientKeyPem: this.clientKeyPem,
      clients: this.clients,
      connections: this.connections,
      health: this.health,
      ssh: this.ssh,
      clientSecurityGroupId: this.clientSecurityGroupId,
    });
  }
}
