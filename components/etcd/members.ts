import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../machines/machine";
import type { Certificate } from "../pki/certificate";
import type { ClusterIssuers } from "../pki/issuer";
import { noNames, subjectNames } from "../pki/subjectNames";
import { accessFiles } from "./access";
import type { AccessRequest, Revoked } from "./clients";
import { etcdctlForRoot } from "./etcdctlForRoot";
import { uploadFolder } from "./files";
import { type ClusterHealth, readHealth } from "./health";
import { type ClusterIdentity, identityArguments } from "./identity";
import type { PlannedMember } from "./desiredCluster";
import { accessControl, type Admission } from "./rollout/admission";
import type { Desired } from "./rollout/desired";
import { type Bundle, scriptCommand, scriptInput } from "./scripts";
import { snapshotFiles } from "./snapshots/files";
import type { RestoreRequest, SnapshotPlan } from "./snapshots/plan";
import { isUploaded, prepareRestore } from "./snapshots/restore";
import { type ReleaseSource, stage } from "./stage";
import { binariesOf } from "./versions";
import { placedUnit } from "./unit";

/** A member: its machine, and how it runs there. */
export interface Member {
  readonly machine: Machine;
  readonly plan: pulumi.Output<PlannedMember>;
}

export interface MembersArgs {
  readonly clusterName: string;
  readonly identity: ClusterIdentity;
  readonly version: string;
  readonly source: ReleaseSource;
  /** Where etcd, etcdctl and etcdutl are found on a machine, or "". */
  readonly binDirectory: string;
  readonly tls: boolean;
  readonly members: readonly Member[];
  /** All that is asked for. */
  readonly desired: pulumi.Output<Desired>;
  /** What lets changes of a running cluster pass. */
  readonly admission: Admission;
  /** The issuers of the certificates; without them the cluster runs without TLS. */
  readonly issuers: ClusterIssuers | undefined;
  readonly snapshots: SnapshotPlan;
  /** The snapshot to begin from. */
  readonly restore: RestoreRequest;
  /** Further names and addresses that clients use for every member. */
  readonly serverNames: readonly string[];
  /** Who may do what; without it nobody has been asked for. */
  readonly access: AccessRequest | undefined;
  /** The certificates that count no more; without TLS there are none. */
  readonly revoked: Revoked | undefined;
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

/** The members of a cluster, on machines that exist: they run, and it is healthy. */
export class Members extends pulumi.ComponentResource {
  readonly plans: pulumi.Output<PlannedMember[]>;
  readonly endpoints: pulumi.Output<string[]>;
  readonly health: pulumi.Output<ClusterHealth>;
  /** What the next update is told of this one, made when all else is done. */
  readonly record: pulumi.Resource;
  /** The folder of etcd and etcdctl. */
  readonly binaries: string;

  /** @param name the component's whose cluster it is */
  constructor(
    private readonly name: string,
    private readonly args: MembersArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:index:Members", name, {}, opts);
    const { members, issuers, version, admission } = args;
    this.plans = pulumi.all(members.map(({ plan }) => plan));
    this.endpoints = this.plans.apply((plans) => plans.map(({ clientUrl }) => clientUrl));
    this.binaries = binariesOf(version);

    const staging = admission.stagingHooks();
    const operator = issuers?.clients.issue("operator", "client", noNames, { parent: this });
    const stages = members.map((member) => this.stage(member, operator, staging));
    const restored = this.prepareRestore(stages);
    const shared: Shared = {
      trustedPem: issuers
        ? pulumi.concat(issuers.clients.caCertPem, issuers.peers.caCertPem)
        : pulumi.output(""),
      hooks: admission.memberHooks(),
      // All of them: a snapshot that one machine cannot restore stops nothing on another.
      before: [...stages, ...restored],
    };
    const made = members.map((member, index) => this.run(member, stages[index]!, shared));
    const done = made.map(({ resource }) => resource);
    const access = this.control(done);
    this.health = this.check([...stages, ...done, ...access]);
    const machines = members.map(({ machine }) => machine);
    const digests = Object.fromEntries(made.map(({ name, digest }) => [name, digest]));
    this.record = admission.record(machines, digests, args.revoked?.record, this.isDone(made));
    this.registerOutputs({ endpoints: this.endpoints, health: this.health });
  }

  /**
   * Whether everything is as it was asked for and the cluster is healthy. An update of a part of the stack
   * leaves members and machines as they were, and they tell it.
   */
  private isDone(made: readonly MadeMember[]): pulumi.Output<boolean> {
    const { members, desired } = this.args;
    const commands = made.map(({ resource, asked }) =>
      pulumi.all([resource.update, asked]).apply(([was, wanted]) => was === wanted),
    );
    const generations = members.map(({ machine: { name, generation } }) =>
      pulumi
        .all([generation, desired])
        .apply(
          ([{ machine, data }, { members: wanted }]) =>
            machine === wanted[name]!.machineGeneration && data === wanted[name]!.dataGeneration,
        ),
    );
    return pulumi
      .all([this.health, pulumi.all(commands), pulumi.all(generations)])
      .apply(([{ healthy }, were, told]) => healthy && [...were, ...told].every(Boolean));
  }

  /** etcd and the member's certificates on its machine; what runs there goes on as it is. */
  private stage(
    { machine, plan }: Member,
    operator: Certificate | undefined,
    hooks: pulumi.ResourceHookBinding,
  ): remote.Command {
    const { version, source, identity, restore } = this.args;
    return stage(
      this.nameOf(machine),
      machine,
      {
        version,
        source,
        identity,
        plan,
        uploads: isUploaded(restore) ? uploadFolder : "",
        certificates: this.certificatesOf(machine, operator),
      },
      { parent: this, hooks },
    );
  }

  /** What is made for a member is called after the component and the member: two clusters may have the same names. */
  private nameOf(machine: Machine): string {
    return `${this.name}-${machine.name}`;
  }

  /** The snapshot to begin from, on every machine; nothing where there is none. */
  private prepareRestore(stages: remote.Command[]): remote.Command[] {
    const { args } = this;
    return args.restore.id === ""
      ? []
      : args.members.map(({ machine, plan }, index) =>
          prepareRestore(
            this.nameOf(machine),
            machine,
            {
              ...args,
              plan,
              plans: this.plans,
              binaries: this.binaries,
              restored: args.admission.restored,
            },
            { parent: this, dependsOn: stages[index]! },
          ),
        );
  }

  /** A member as a whole: its unit, and the one script that does what its permit says. */
  private run({ machine, plan }: Member, own: remote.Command, shared: Shared): MadeMember {
    const { identity, snapshots, admission, restore } = this.args;
    const { name } = machine;
    const unit = pulumi
      .all([identity.id, shared.trustedPem, plan])
      .apply(([clusterId, trustedPem, { unit: text }]) =>
        placedUnit(text, { clusterId, trustedPem }),
      );
    const asked = pulumi
      .all([
        identity.id,
        unit,
        plan,
        pulumi.all([machine.incarnation, machine.generation]),
        pulumi.all([admission.repairOf(name), admission.restored]),
      ])
      .apply(([id, { digest }, member, [incarnation, generation], [repair, restored]]) =>
        scriptCommand("member", {
          name,
          version: this.args.version,
          binaries: this.binaries,
          service: member.service,
          config: member.configDirectory,
          data: member.dataDirectory,
          first_start: member.firstStartFile,
          client_url: member.clientUrl,
          peer_url: member.peerUrl,
          links: this.args.binDirectory,
          tls: member.tls,
          scheduled: snapshots.minutes > 0,
          ...identityArguments(identity, id),
          digest,
          machine: `${incarnation}/${generation.machine}.${generation.data}`,
          ...(repair && { repair }),
          ...(restored.includes(name) && { restore: restore.id }),
        }),
      );
    const files = pulumi
      .all([
        identity.id,
        unit,
        snapshotFiles(plan, snapshots, {
          ...this.args,
          clusterId: identity.id,
          binaries: this.binaries,
        }),
        plan,
      ])
      .apply(([clusterId, { text }, others, member]): Bundle => ({
        unit: text,
        etcdctl: etcdctlForRoot({ ...member, binaries: this.binaries }, clusterId),
        ...others,
      }));
    const resource = new remote.Command(
      this.nameOf(machine),
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
        dependsOn: admission.guard.memberWaitsFor(name, own, shared.before),
        hooks: shared.hooks,
      },
    );
    admission.guard.memberIsMade(name, resource);
    return { name, resource, asked, digest: unit.apply(({ digest }) => digest) };
  }

  /** Users, roles and whether rights are asked for, once all members serve; nothing where nobody has asked for any. */
  private control(done: remote.Command[]): remote.Command[] {
    const { access, admission, identity, members, restore } = this.args;
    if (access === undefined) {
      return [];
    }
    const command = (isOn: boolean) =>
      pulumi
        .all([this.plans, identity.id, access.users, admission.repairOf(accessControl)])
        .apply(([plans, id, users, repair]) => {
          const { service, configDirectory, dataDirectory, clientUrl, tls } = plans[0]!;
          return scriptCommand("access", {
            state: isOn ? "on" : "off",
            service,
            config: configDirectory,
            data: dataDirectory,
            client_url: clientUrl,
            tls,
            binaries: this.binaries,
            ...identityArguments(identity, id),
            // So that a preview shows who gets other rights.
            roles: users.map(({ role }) => role).join(","),
            ...(restore.id !== "" && { restore: restore.id }),
            ...(repair && { repair }),
          });
        });
    const asked = command(access.isOn);
    const files = pulumi
      .all([access.users, access.passwords])
      .apply(([users, passwords]) => accessFiles(users, passwords));
    return [
      new remote.Command(
        `${this.name}-access`,
        {
          connection: members[0]!.machine.connection,
          create: asked,
          update: asked,
          delete: command(false),
          stdin: pulumi.secret(files.apply((bundle) => scriptInput("access", bundle))),
          addPreviousOutputInEnv: false,
          logging: remote.Logging.Stderr,
        },
        // Without its cluster there are no rights to take back.
        { parent: this, dependsOn: done, deletedWith: this },
      ),
    ];
  }

  /** The certificates and keys of a member's machine; none without TLS. */
  private certificatesOf(
    machine: Machine,
    operator: Certificate | undefined,
  ): pulumi.Output<Bundle> {
    const { issuers, serverNames, revoked } = this.args;
    if (issuers === undefined || operator === undefined || revoked === undefined) {
      return pulumi.output<Bundle>({});
    }
    const { name, address, publicIp } = machine;
    const forClients = pulumi
      .all([address, publicIp])
      .apply(([own, publicOne]) => subjectNames(name, own, publicOne, ...serverNames));
    const forPeers = address.apply((own) => subjectNames(name, own));
    const parent = { parent: this };
    const server = issuers.clients.issue(`${name}-server`, "server", forClients, parent);
    const peer = issuers.peers.issue(`${name}-peer`, "peer", forPeers, parent);
    return pulumi
      .all([
        issuers.clients.caCertPem,
        issuers.peers.caCertPem,
        revoked.list,
        pulumi.all(pems({ server, peer, operator })),
      ])
      .apply(([ca, peerCa, list, files]): Bundle => ({
        "ca.crt": ca,
        "peer-ca.crt": peerCa,
        "revoked.crl.base64": list,
        ...files,
      }));
  }

  /** One look at the whole cluster after every change of a member; an unhealthy one fails the update. */
  private check(done: remote.Command[]): pulumi.Output<ClusterHealth> {
    const command = (after: pulumi.Input<string>) =>
      pulumi.all([this.plans, after]).apply(([plans, text]) =>
        scriptCommand("health", {
          binaries: this.binaries,
          config: plans[0]!.configDirectory,
          tls: this.args.tls,
          endpoints: plans.map(({ clientUrl }) => clientUrl).join(","),
          patience: healthSeconds,
          after: text,
        }),
      );
    const report = new remote.Command(
      `${this.name}-health`,
      {
        connection: this.args.members[0]!.machine.connection,
        create: command(""),
        // What was done last: so that the cluster is looked at again when something has changed.
        update: command(pulumi.all(done.map((one) => one.stdout)).apply((all) => all.join(""))),
        stdin: scriptInput("health"),
        addPreviousOutputInEnv: false,
        logging: remote.Logging.Stderr,
      },
      { parent: this, dependsOn: done },
    );
    return pulumi.all([report.stdout, this.plans]).apply(([text, plans]) => {
      const health = readHealth(text, plans);
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
