import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../machine";
import type { Certificate, CertificateIssuer } from "../pki/certificate";
import { noNames, subjectNames } from "../pki/subjectNames";
import { type ClusterHealth, readHealth } from "./health";
import { initialCluster, type MemberPlan } from "./plan";
import type { Rollout } from "./rollout/rollout";
import { type Bundle, scriptCommand, scriptInput } from "./scripts";
import { snapshotFiles } from "./snapshots/files";
import type { RestoreRequest, SnapshotPlan } from "./snapshots/plan";
import { isUploaded, prepareRestore, uploadFolder } from "./snapshots/restore";
import { binariesOf, type ReleaseSource, stage } from "./stage";
import { withDigest } from "./unit";

export interface ClusterArgs {
  readonly clusterName: string;
  readonly version: string;
  readonly source: ReleaseSource;
  readonly allowDowngrade: boolean;
  /** Where etcd, etcdctl and etcdutl are linked on a machine, or "". */
  readonly binDirectory: string;
  readonly members: MemberPlan[];
  /** The text of each member's unit, by its name. */
  readonly units: ReadonlyMap<string, string>;
  /** The machine of each member. */
  readonly machines: Machine[];
  /** What lets changes of a running cluster pass. */
  readonly rollout: Rollout;
  /** Whoever issues the certificates; without one the cluster runs without TLS. */
  readonly issuer: CertificateIssuer | undefined;
  readonly snapshots: SnapshotPlan;
  /** The snapshot to begin from. */
  readonly restore: RestoreRequest;
  /** Further names and addresses that clients use for every member. */
  readonly serverNames: string[];
}

/** How long the cluster may take to be healthy once every member is, in seconds. */
const healthSeconds = 30;

/** What the members have in common when they are made. */
interface Shared {
  readonly founders: pulumi.Output<string>;
  readonly caCertPem: pulumi.Output<string>;
  readonly hooks: pulumi.ResourceHookBinding;
  readonly dependsOn: pulumi.Resource[];
}

/** An etcd cluster on machines that exist: its members run, and it is healthy. */
export class Cluster extends pulumi.ComponentResource {
  readonly endpoints: string[];
  readonly members: MemberPlan[];
  readonly health: pulumi.Output<ClusterHealth>;
  /** The folder of etcd and etcdctl. */
  readonly binaries: string;

  constructor(
    name: string,
    private readonly args: ClusterArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:index:Cluster", name, {}, opts);
    const { machines, issuer, version, source, rollout } = args;
    this.members = args.members;
    this.endpoints = this.members.map((member) => member.clientUrl);
    this.binaries = binariesOf(source, version);

    const operator = issuer?.issue("operator", "client", noNames, { parent: this });
    const stages = machines.map((machine, index) =>
      this.stageMember(machine, this.members[index]!, operator),
    );
    const restored = this.prepareRestore(stages);
    const founders = this.recordFounders(stages);
    const shared: Shared = {
      founders,
      caCertPem: issuer?.caCertPem ?? pulumi.output(""),
      hooks: rollout.memberHooks((name) => this.isFounder(name, founders)),
      // All of them: a snapshot that one machine cannot restore stops nothing on another.
      dependsOn: [...stages, ...restored],
    };
    const members = machines.map((machine, index) =>
      this.runMember(machine, this.members[index]!, shared),
    );
    this.health = this.check([...stages, ...members]);
    this.registerOutputs({ endpoints: this.endpoints, health: this.health });
  }

  /**
   * The cluster's birth certificate: who may start it from nothing. A stash keeps what it was given
   * first, whatever it is given later, so a member that is added is not in it and can only join.
   */
  private recordFounders(stages: pulumi.Resource[]): pulumi.Output<string> {
    const record = new pulumi.Stash(
      "founders",
      { input: initialCluster(this.members) },
      { parent: this, dependsOn: stages },
    );
    return record.output.apply(String);
  }

  private isFounder(name: string, founders: pulumi.Output<string>): Promise<boolean> {
    return new Promise((resolve) =>
      founders.apply((all) => resolve(all.split(",").some((one) => one.startsWith(`${name}=`)))),
    );
  }

  /** etcd and the member's certificates on its machine; what runs there goes on as it is. */
  private stageMember(
    machine: Machine,
    plan: MemberPlan,
    operator: Certificate | undefined,
  ): remote.Command {
    const { version, source } = this.args;
    return stage(
      machine,
      {
        version,
        source,
        configDirectory: plan.tls ? plan.configDirectory : "",
        uploads: isUploaded(this.args.restore) ? uploadFolder : "",
        certificates: this.certificatesOf(machine, operator),
      },
      { parent: this },
    );
  }

  /** The snapshot to begin from, on every machine; nothing where there is none. */
  private prepareRestore(stages: remote.Command[]): remote.Command[] {
    const { args } = this;
    return args.restore.id === ""
      ? []
      : args.machines.map((machine, index) =>
          prepareRestore(
            machine,
            this.members[index]!,
            { ...args, binaries: this.binaries },
            { parent: this, dependsOn: stages[index]! },
          ),
        );
  }

  /** A member as a whole: its unit, and the one script that makes it run. */
  private runMember(machine: Machine, plan: MemberPlan, shared: Shared): remote.Command {
    const command = (action: "create" | "update") =>
      pulumi
        .all([machine.dataDevice ?? "", shared.founders, machine.incarnation])
        .apply(([device, founders, incarnation]) =>
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
            downgrade: this.args.allowDowngrade,
            scheduled: this.args.snapshots.minutes > 0,
            restore: this.args.restore.id,
            machine: incarnation,
          }),
        );
    const unit = this.args.units.get(plan.name)!;
    const snapshots = snapshotFiles(plan, this.args.snapshots, {
      ...this.args,
      binaries: this.binaries,
    });
    const files = pulumi
      .all([shared.caCertPem, snapshots])
      .apply(([ca, others]): Bundle => ({ unit: withDigest(unit, ca), ...others }));
    return new remote.Command(
      machine.name,
      {
        connection: machine.connection,
        create: command("create"),
        update: command("update"),
        // Secret to keep a preview short: what changes of a unit is shown at the rollout's gate.
        stdin: pulumi.secret(files.apply((bundle) => scriptInput("member", bundle))),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      { parent: this, dependsOn: shared.dependsOn, hooks: shared.hooks },
    );
  }

  /** The certificates and keys of a member's machine; none without TLS. */
  private certificatesOf(
    machine: Machine,
    operator: Certificate | undefined,
  ): pulumi.Output<Bundle> {
    const { issuer, serverNames } = this.args;
    if (issuer === undefined || operator === undefined) {
      return pulumi.output<Bundle>({});
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
      .all([issuer.caCertPem, pulumi.all(pems({ server, peer, operator }))])
      .apply(([ca, files]): Bundle => ({ "ca.crt": ca, ...files }));
  }

  /** One look at the whole cluster after every change of a member; an unhealthy one fails the update. */
  private check(done: remote.Command[]): pulumi.Output<ClusterHealth> {
    const [machine] = this.args.machines;
    const [member] = this.members;
    const command = (after: string) =>
      scriptCommand("health", {
        binaries: this.binaries,
        config: member!.configDirectory,
        tls: member!.tls,
        endpoints: this.endpoints.join(","),
        patience: healthSeconds,
        after,
      });
    const report = new remote.Command(
      "health",
      {
        connection: machine!.connection,
        create: command(""),
        // What was done last: so that the cluster is looked at again when something has changed.
        update: pulumi.all(done.map((one) => one.stdout)).apply((all) => command(all.join(""))),
        stdin: scriptInput("health"),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      { parent: this, dependsOn: done },
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
