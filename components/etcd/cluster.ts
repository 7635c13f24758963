import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../machines/machine";
import type { Certificate } from "../pki/certificate";
import type { ClusterIssuers } from "../pki/issuer";
import { noNames, subjectNames } from "../pki/subjectNames";
import { type ClusterHealth, readHealth } from "./health";
import { type ClusterIdentity, identityArguments } from "./identity";
import type { MemberPlan } from "./plan";
import type { Admission } from "./rollout/admission";
import type { Desired } from "./rollout/desired";
import { type Bundle, scriptCommand, scriptInput } from "./scripts";
import { snapshotFiles } from "./snapshots/files";
import type { RestoreRequest, SnapshotPlan } from "./snapshots/plan";
import { isUploaded, prepareRestore, uploadFolder } from "./snapshots/restore";
import { binariesOf, type ReleaseSource, stage } from "./stage";
import { placedUnit } from "./unit";

export interface ClusterArgs {
  readonly clusterName: string;
  readonly identity: ClusterIdentity;
  readonly version: string;
  readonly source: ReleaseSource;
  /** Where etcd, etcdctl and etcdutl are linked on a machine, or "". */
  readonly binDirectory: string;
  readonly members: MemberPlan[];
  /** The text of each member's unit, by its name. */
  readonly units: ReadonlyMap<string, string>;
  /** The machine of each member. */
  readonly machines: Machine[];
  /** All that is asked for. */
  readonly desired: Desired;
  /** What lets changes of a running cluster pass. */
  readonly admission: Admission;
  /** The issuers of the certificates; without them the cluster runs without TLS. */
  readonly issuers: ClusterIssuers | undefined;
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
  /** All certificates of CAs that members trust; "" without TLS. */
  readonly trustedPem: pulumi.Output<string>;
  readonly hooks: pulumi.ResourceHookBinding;
  /** What is done on all machines before a member is touched. */
  readonly before: pulumi.Resource[];
}

/** A member's command, and the words that it is asked for by. */
interface MadeMember {
  readonly name: string;
  readonly resource: remote.Command;
  readonly asked: pulumi.Output<string>;
  /** Of its unit. */
  readonly digest: pulumi.Output<string>;
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
    const { machines, issuers, version, admission } = args;
    this.members = args.members;
    this.endpoints = this.members.map((member) => member.clientUrl);
    this.binaries = binariesOf(version);

    const staging = admission.stagingHooks();
    const operator = issuers?.clients.issue("operator", "client", noNames, { parent: this });
    const stages = machines.map((machine, index) =>
      this.stageMember(machine, this.members[index]!, operator, staging),
    );
    const restored = this.prepareRestore(stages);
    const shared: Shared = {
      trustedPem: issuers
        ? pulumi.concat(issuers.clients.caCertPem, issuers.peers.caCertPem)
        : pulumi.output(""),
      hooks: admission.memberHooks(),
      // All of them: a snapshot that one machine cannot restore stops nothing on another.
      before: [...stages, ...restored],
    };
    const members = machines.map((machine, index) =>
      this.runMember(machine, this.members[index]!, stages[index]!, shared),
    );
    this.health = this.check([...stages, ...members.map(({ resource }) => resource)]);
    const digests = Object.fromEntries(members.map(({ name, digest }) => [name, digest]));
    admission.record(machines, digests, this.isDone(members));
    this.registerOutputs({ endpoints: this.endpoints, health: this.health });
  }

  /**
   * Whether everything is as it was asked for and the cluster is healthy. An update of a part of the stack
   * leaves members and machines as they were, and they tell it.
   */
  private isDone(members: readonly MadeMember[]): pulumi.Output<boolean> {
    const { machines, desired } = this.args;
    const commands = members.map(({ resource, asked }) =>
      pulumi.all([resource.update, asked]).apply(([made, wanted]) => made === wanted),
    );
    const generations = machines.map(({ name, generation }) =>
      generation.apply(
        ({ machine, data }) =>
          machine === desired.members[name]!.machineGeneration &&
          data === desired.members[name]!.dataGeneration,
      ),
    );
    return pulumi
      .all([this.health, pulumi.all(commands), pulumi.all(generations)])
      .apply(([{ healthy }, made, told]) => healthy && [...made, ...told].every(Boolean));
  }

  /** etcd and the member's certificates on its machine; what runs there goes on as it is. */
  private stageMember(
    machine: Machine,
    plan: MemberPlan,
    operator: Certificate | undefined,
    hooks: pulumi.ResourceHookBinding,
  ): remote.Command {
    const { version, source } = this.args;
    return stage(
      machine,
      {
        version,
        source,
        identity: this.args.identity,
        member: plan,
        uploads: isUploaded(this.args.restore) ? uploadFolder : "",
        certificates: this.certificatesOf(machine, operator),
      },
      { parent: this, hooks },
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
            { ...args, binaries: this.binaries, restored: args.admission.restored },
            { parent: this, dependsOn: stages[index]! },
          ),
        );
  }

  /** A member as a whole: its unit, and the one script that does what its permit says. */
  private runMember(
    machine: Machine,
    plan: MemberPlan,
    own: remote.Command,
    shared: Shared,
  ): MadeMember {
    const { identity, snapshots, admission, restore } = this.args;
    const unit = pulumi
      .all([identity.id, shared.trustedPem])
      .apply(([clusterId, trustedPem]) =>
        placedUnit(this.args.units.get(plan.name)!, { clusterId, trustedPem }),
      );
    const asked = pulumi
      .all([
        identity.id,
        unit,
        machine.incarnation,
        machine.generation,
        admission.repairOf(plan.name),
        admission.restored,
      ])
      .apply(([id, { digest }, incarnation, generation, repair, restored]) =>
        scriptCommand("member", {
          name: plan.name,
          version: this.args.version,
          binaries: this.binaries,
          service: plan.service,
          config: plan.configDirectory,
          data: plan.dataDirectory,
          first_start: plan.firstStartFile,
          client_url: plan.clientUrl,
          peer_url: plan.peerUrl,
          links: this.args.binDirectory,
          tls: plan.tls,
          scheduled: snapshots.minutes > 0,
          ...identityArguments(identity, id),
          digest,
          machine: `${incarnation}/${generation.machine}.${generation.data}`,
          ...(repair && { repair }),
          ...(restored.includes(plan.name) && { restore: restore.id }),
        }),
      );
    const files = pulumi
      .all([
        unit,
        snapshotFiles(plan, snapshots, {
          ...this.args,
          clusterId: identity.id,
          binaries: this.binaries,
        }),
      ])
      .apply(([{ text }, others]): Bundle => ({ unit: text, ...others }));
    const resource = new remote.Command(
      machine.name,
      {
        connection: machine.connection,
        create: asked,
        update: asked,
        // Secret to keep a preview short: what changes of a unit is told when it is admitted.
        stdin: pulumi.secret(files.apply((bundle) => scriptInput("member", bundle))),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      {
        parent: this,
        dependsOn: admission.guard.memberWaitsFor(plan.name, own, shared.before),
        hooks: shared.hooks,
      },
    );
    admission.guard.memberIsMade(plan.name, resource);
    return { name: plan.name, resource, asked, digest: unit.apply(({ digest }) => digest) };
  }

  /** The certificates and keys of a member's machine; none without TLS. */
  private certificatesOf(
    machine: Machine,
    operator: Certificate | undefined,
  ): pulumi.Output<Bundle> {
    const { issuers, serverNames } = this.args;
    if (issuers === undefined || operator === undefined) {
      return pulumi.output<Bundle>({});
    }
    const own = [machine.name, machine.address];
    const serverSubject = machine.publicIp.apply((publicIp) =>
      subjectNames(...own, publicIp, ...serverNames),
    );
    const server = issuers.clients.issue(`${machine.name}-server`, "server", serverSubject, {
      parent: this,
    });
    const peer = issuers.peers.issue(`${machine.name}-peer`, "peer", subjectNames(...own), {
      parent: this,
    });
    return pulumi
      .all([
        issuers.clients.caCertPem,
        issuers.peers.caCertPem,
        pulumi.all(pems({ server, peer, operator })),
      ])
      .apply(([ca, peerCa, files]): Bundle => ({ "ca.crt": ca, "peer-ca.crt": peerCa, ...files }));
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
