import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Machine } from "../machine";
import { Authority } from "../pki/authority";
import { Certificate } from "../pki/certificate";
import { Lifetimes } from "../pki/lifetimes";
import { noNames, subjectNames } from "../pki/subjectNames";
import { memberFlags } from "./flags";
import { ClusterHealth, readHealth } from "./health";
import { initialCluster, MemberPlan, planMembers } from "./plan";
import { stageRelease } from "./release";
import { Bundle, scriptCommand, scriptInput } from "./scripts";
import { Turns } from "./turns";
import { unitText } from "./unit";

export interface ClusterArgs {
  readonly clusterName: string;
  readonly version: string;
  readonly releaseUrl: string;
  readonly quotaGiB: number;
  readonly machines: Machine[];
  readonly authority: Authority;
  readonly lifetimes: Lifetimes;
  /** Further names and addresses that clients use for every member. */
  readonly serverNames: string[];
}

/** How long the cluster may take to be healthy once every member is, in seconds. */
const healthSeconds = 30;

/** An etcd cluster on machines that exist: its members run, and it is healthy. */
export class Cluster extends pulumi.ComponentResource {
  readonly endpoints: string[];
  readonly members: MemberPlan[];
  readonly health: pulumi.Output<ClusterHealth>;

  constructor(
    name: string,
    private readonly args: ClusterArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:index:Cluster", name, {}, opts);
    this.members = planMembers(args.machines);
    this.endpoints = this.members.map((member) => member.clientUrl);

    const releases = args.machines.map((machine) =>
      stageRelease(machine, { version: args.version, url: args.releaseUrl }, { parent: this }),
    );
    const founders = this.recordFounders(releases);
    const operator = this.certificate("operator", "client", noNames);
    const hooks = new Turns().hooks(name);
    const members = args.machines.map((machine, index) =>
      this.runMember(machine, this.members[index]!, { operator, founders, hooks, after: releases }),
    );
    this.health = this.check(members);
    this.registerOutputs({ endpoints: this.endpoints, health: this.health });
  }

  /**
   * The cluster's birth certificate: who may start it from nothing. A stash keeps what it was given
   * first, whatever it is given later, so a member that is added is not in it and can only join.
   */
  private recordFounders(releases: pulumi.Resource[]): pulumi.Output<string> {
    const record = new pulumi.Stash(
      "founders",
      { input: initialCluster(this.members) },
      { parent: this, dependsOn: releases },
    );
    return record.output.apply(String);
  }

  private certificate(
    name: string,
    purpose: "peer" | "server" | "client",
    names: pulumi.Input<ReturnType<typeof subjectNames>>,
  ): Certificate {
    return new Certificate(
      name,
      {
        authority: this.args.authority,
        purpose,
        commonName: name,
        organization: this.args.clusterName,
        names,
        lifetimes: this.args.lifetimes,
      },
      { parent: this },
    );
  }

  /** A member of it all: its certificates, its unit, and the one script that makes it so. */
  private runMember(
    machine: Machine,
    plan: MemberPlan,
    shared: {
      operator: Certificate;
      founders: pulumi.Output<string>;
      hooks: pulumi.ResourceHookBinding;
      after: pulumi.Resource[];
    },
  ): remote.Command {
    const { args } = this;
    const names = machine.publicIp.apply((publicIp) =>
      subjectNames(machine.name, machine.privateIp, publicIp, ...args.serverNames),
    );
    const server = this.certificate(`${machine.name}-server`, "server", names);
    const peer = this.certificate(
      `${machine.name}-peer`,
      "peer",
      subjectNames(machine.name, machine.privateIp),
    );
    const flags = memberFlags(plan, args);
    const bundle = pulumi
      .all([
        args.authority.certPem,
        ...[server, peer, shared.operator].flatMap((one) => [one.certPem, one.keyPem]),
      ])
      .apply(
        ([ca, serverCert, serverKey, peerCert, peerKey, operatorCert, operatorKey]): Bundle => ({
          "ca.crt": ca!,
          "server.crt": serverCert!,
          "server.key": serverKey!,
          "peer.crt": peerCert!,
          "peer.key": peerKey!,
          "operator.crt": operatorCert!,
          "operator.key": operatorKey!,
          "etcd.service": unitText(plan, {
            version: args.version,
            clusterName: args.clusterName,
            flags,
            caCertPem: ca!,
          }),
        }),
      );
    const command = (action: "create" | "update") =>
      pulumi
        .all([machine.dataDevice ?? "-", shared.founders, machine.id])
        .apply(([device, founders, machineId]) =>
          scriptCommand(
            "member",
            action,
            plan.name,
            args.version,
            plan.dataDirectory,
            device,
            plan.clientUrl,
            plan.peerUrl,
            founders,
            args.clusterName,
            this.members.map((member) => `${member.name}=${member.clientUrl}`).join(","),
            machineId,
          ),
        );
    return new remote.Command(
      machine.name,
      {
        connection: machine.connection,
        create: command("create"),
        update: command("update"),
        stdin: pulumi.secret(bundle.apply((files) => scriptInput("member", files))),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      { parent: this, dependsOn: shared.after, hooks: shared.hooks },
    );
  }

  /** One look at the whole cluster after every change of a member; an unhealthy one fails the update. */
  private check(members: remote.Command[]): pulumi.Output<ClusterHealth> {
    const [machine] = this.args.machines;
    const seen = pulumi.all(members.map((member) => member.stdout));
    const command = (when: pulumi.Input<string>) =>
      pulumi
        .output(when)
        .apply((text) =>
          scriptCommand(
            "health",
            this.args.version,
            this.endpoints.join(","),
            String(healthSeconds),
            text,
          ),
        );
    const report = new remote.Command(
      "health",
      {
        connection: machine!.connection,
        create: command(""),
        // What the members last did: so that the cluster is looked at again when one has changed.
        update: command(seen.apply((texts) => texts.join(""))),
        stdin: scriptInput("health"),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      { parent: this, dependsOn: members },
    );
    return report.stdout.apply((text) => {
      const health = readHealth(text, this.members);
      if (!health.healthy) {
        throw new pulumi.ResourceError(`the cluster is not healthy: ${health.verdict}`, this);
      }
      return health;
    });
  }
}
