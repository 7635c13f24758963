import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../machine";
import type { Certificate, CertificateIssuer } from "../pki/certificate";
import { noNames, subjectNames } from "../pki/subjectNames";
import { type FlagSettings, memberFlags } from "./flags";
import { type ClusterHealth, readHealth } from "./health";
import { initialCluster, type MemberPlan, planMembers } from "./plan";
import { binariesOf, type ReleaseSource, stageRelease } from "./release";
import { type Bundle, scriptCommand, scriptInput } from "./scripts";
import { Turns } from "./turns";
import { unitText } from "./unit";

export interface ClusterArgs extends FlagSettings {
  readonly clusterName: string;
  readonly source: ReleaseSource;
  /** Where etcd, etcdctl and etcdutl are linked on a machine, or "". */
  readonly binDirectory: string;
  readonly machines: Machine[];
  /** Whoever issues the certificates; without one the cluster runs without TLS. */
  readonly issuer: CertificateIssuer | undefined;
  /** Further names and addresses that clients use for every member. */
  readonly serverNames: string[];
}

/** How long the cluster may take to be healthy once every member is, in seconds. */
const healthSeconds = 30;

/** What the members have in common when they are made. */
interface Shared {
  readonly founders: pulumi.Output<string>;
  readonly operator: Certificate | undefined;
  readonly hooks: pulumi.ResourceHookBinding;
  readonly dependsOn: pulumi.Resource[];
}

/** An etcd cluster on machines that exist: its members run, and it is healthy. */
export class Cluster extends pulumi.ComponentResource {
  readonly endpoints: string[];
  readonly members: MemberPlan[];
  readonly health: pulumi.Output<ClusterHealth>;
  private readonly binaries: string;

  constructor(
    name: string,
    private readonly args: ClusterArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:index:Cluster", name, {}, opts);
    const { machines, issuer, version, source } = args;
    this.members = planMembers(machines, { tls: issuer !== undefined });
    this.endpoints = this.members.map((member) => member.clientUrl);
    this.binaries = binariesOf(source, version);

    const releases = machines.map((machine) =>
      stageRelease(machine, version, source, { parent: this }),
    );
    const shared: Shared = {
      founders: this.recordFounders(releases),
      operator: issuer?.issue("operator", "client", noNames, { parent: this }),
      hooks: new Turns().hooks(name),
      dependsOn: releases,
    };
    const members = machines.map((machine, index) =>
      this.runMember(machine, this.members[index]!, shared),
    );
    this.showUnits();
    this.health = this.check(members);
    this.registerOutputs({ endpoints: this.endpoints, health: this.health });
  }

  /** The command that asks every member from this one's machine; its standard input is `scriptInput`. */
  healthCommand(member: MemberPlan, args: { patience: number; after?: string }): string {
    return scriptCommand("health", {
      binaries: this.binaries,
      config: member.configDirectory,
      tls: member.tls,
      endpoints: this.endpoints.join(","),
      ...args,
    });
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

  /** A member as a whole: its certificates, its unit, and the one script that makes it so. */
  private runMember(machine: Machine, plan: MemberPlan, shared: Shared): remote.Command {
    const command = (action: "create" | "update") =>
      pulumi
        .all([machine.dataDevice ?? "", shared.founders, machine.id])
        .apply(([device, founders, machineId]) =>
          scriptCommand("member", {
            action,
            name: plan.name,
            version: this.args.version,
            binaries: this.binaries,
            service: plan.service,
            config: plan.configDirectory,
            data: plan.dataDirectory,
            first_start: plan.firstStartFile,
            device,
            client_url: plan.clientUrl,
            peer_url: plan.peerUrl,
            founders,
            token: this.args.clusterName,
            members: this.members.map((one) => `${one.name}=${one.clientUrl}`).join(","),
            links: this.args.binDirectory,
            tls: plan.tls,
            machine: machineId,
          }),
        );
    const files = this.filesOf(machine, plan, shared.operator);
    return new remote.Command(
      machine.name,
      {
        connection: machine.connection,
        create: command("create"),
        update: command("update"),
        stdin: pulumi.secret(files.apply((bundle) => scriptInput("member", bundle))),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      { parent: this, dependsOn: shared.dependsOn, hooks: shared.hooks },
    );
  }

  /** What goes to a member's machine: its unit and, with TLS, its certificates and keys. */
  private filesOf(
    machine: Machine,
    plan: MemberPlan,
    operator: Certificate | undefined,
  ): pulumi.Output<Bundle> {
    const { issuer, serverNames } = this.args;
    const unit = this.unitOf(plan);
    if (issuer === undefined || operator === undefined) {
      return unit.apply((text): Bundle => ({ unit: text }));
    }
    const own = [machine.name, machine.address];
    const serverSubject = machine.publicIp.apply((publicIp) =>
      subjectNames(...own, publicIp, ...serverNames),
    );
    const server = issuer.issue(`${machine.name}-server`, "server", serverSubject, {
      parent: this,
    });
    const peer = issuer.issue(`${machine.name}-peer`, "peer", subjectNames(...own), {
      parent: this,
    });
    return pulumi
      .all([issuer.caCertPem, pulumi.all(pems({ server, peer, operator })), unit])
      .apply(([ca, files, text]): Bundle => ({ "ca.crt": ca, ...files, unit: text }));
  }

  private unitOf(plan: MemberPlan): pulumi.Output<string> {
    const { args, binaries } = this;
    const flags = memberFlags(plan, args);
    const caCertPem = args.issuer?.caCertPem ?? pulumi.output("");
    return caCertPem.apply((ca) => unitText(plan, { ...args, binaries, flags, caCertPem: ca }));
  }

  /**
   * The units, for the reader of a preview: nothing reads this. Members get theirs by secret standard
   * input, of which a preview shows only that it changes.
   */
  private showUnits(): void {
    const units = this.members.map((plan) => [plan.name, this.unitOf(plan)] as const);
    new pulumi.Stash("units", { input: Object.fromEntries(units) }, { parent: this });
  }

  /** One look at the whole cluster after every change of a member; an unhealthy one fails the update. */
  private check(members: remote.Command[]): pulumi.Output<ClusterHealth> {
    const [machine] = this.args.machines;
    const command = (after: string) =>
      this.healthCommand(this.members[0]!, { patience: healthSeconds, after });
    const report = new remote.Command(
      "health",
      {
        connection: machine!.connection,
        create: command(""),
        // What the members did last: so that the cluster is looked at again when one has changed.
        update: pulumi.all(members.map((one) => one.stdout)).apply((all) => command(all.join(""))),
        stdin: scriptInput("health"),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      { parent: this, dependsOn: members },
    );
    return report.stdout.apply((text) => {
      const health = readHealth(text, this.members);
      if (!health.healthy) {
        throw new pulumi.RunError(`the cluster is not healthy: ${health.verdict}`);
      }
      return health;
    });
  }
}

/** The files of certificates and their keys, by name. */
function pems(certificates: Record<string, Certificate>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(
    Object.entries(certificates).flatMap(([name, { certPem, keyPem }]) => [
      [`${name}.crt`, certPem],
      [`${name}.key`, keyPem],
    ]),
  );
}
