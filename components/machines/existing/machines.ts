import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { MemberPlan } from "../../etcd/plan";
import { type ClusterIdentity, identityArguments } from "../../etcd/identity";
import type { Admission } from "../../etcd/rollout/admission";
import { binariesOf, type ReleaseSource } from "../../etcd/stage";
import type { Connection, Machine, Machines } from "../machine";
import type { SshSettings } from "../../ssh";
import { isSameMachine, knownHostKey, type MachineSetting } from "./machineSetting";
import type { MachineTask, PreflightTask, RemovalTask } from "./tasks";

export interface ExistingMachinesArgs extends SshSettings {
  readonly machines: MachineSetting[];
  /** The member of each machine. */
  readonly members: MemberPlan[];
  /** How often each machine was made anew, by name. */
  readonly replacements: Readonly<Record<string, number>>;
  /** How often its data was, by name. */
  readonly dataReplacements: Readonly<Record<string, number>>;
  /** What lets changes of a running cluster pass. */
  readonly admission: Admission;
  readonly identity: ClusterIdentity;
  readonly version: string;
  readonly source: ReleaseSource;
  readonly binDirectory: string;
  readonly quotaGiB: number;
  /** Whether snapshots go to a bucket, or come from one. */
  readonly usesBucket: boolean;
  /** Whether destroying the stack deletes the members' data. */
  readonly deleteData: boolean;
}

/**
 * Machines that a person has. All of them are looked at before any of them is changed; what the
 * stack brings to them is taken away again when the stack is destroyed.
 */
export class ExistingMachines extends pulumi.ComponentResource {
  readonly machines: Machine[];

  constructor(
    name: string,
    private readonly args: ExistingMachinesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:existing:Machines", name, {}, opts);
    const preflight = this.preflight();
    this.machines = args.machines.map((machine, index) => ({
      name: machine.name,
      address: machine.address,
      publicIp: pulumi.output(""),
      id: pulumi.output(`${machine.host}:${machine.port}`),
      incarnation: pulumi.output(
        `${machine.host}:${machine.port}/${args.replacements[machine.name] ?? 0}`,
      ),
      generation: pulumi.output({
        machine: args.replacements[machine.name] ?? 0,
        data: args.dataReplacements[machine.name] ?? 0,
      }),
      connection: this.connection(machine),
      readyAfter: [preflight, this.removal(machine, args.members[index]!, preflight)],
    }));
    this.registerOutputs({});
  }

  /**
   * One command for all machines, on the machine that runs Pulumi: so that everything that is wrong
   * with any of them is one message, before the first change of any.
   */
  private preflight(): local.Command {
    const { args } = this;
    const tasks = args.machines.map((machine, index) => {
      const { service, configDirectory, dataDirectory, address, ports } = args.members[index]!;
      return {
        ...this.task(machine),
        ...{ service, configDirectory, dataDirectory, address, ports },
        others: this.portsBeside(machine),
        quotaGiB: args.quotaGiB,
        fromPackage: args.source.kind === "package",
        usesBucket: args.usesBucket,
        replaced: args.replacements[machine.name] ?? 0,
      };
    });
    return new local.Command(
      "preflight",
      {
        // Without run.mjs, which takes its time: where the program runs, its packages are there.
        create: "node --require tsx/cjs components/machines/existing/preflight.ts",
        stdin: this.withIdentity((identity) => tasks.map((task) => ({ ...task, identity }))),
        addPreviousOutputInEnv: false,
        logging: local.Logging.Stderr,
      },
      { parent: this, dependsOn: args.admission.gate },
    );
  }

  private portsBeside(machine: MachineSetting): PreflightTask["others"] {
    const { machines, members } = this.args;
    return machines.flatMap((other, index) => {
      const { name, address, ports } = members[index]!;
      return isSameMachine(other, machine)
        ? []
        : [ports.client, ports.peer].map((port) => ({ name, address, port }));
    });
  }

  /**
   * Takes everything of a member off its machine when the stack no longer has it. A local command,
   * because a remote one that cannot dial a machine that is gone would block `pulumi destroy`.
   */
  private removal(machine: MachineSetting, plan: MemberPlan, after: pulumi.Resource) {
    const { version, binDirectory, deleteData } = this.args;
    const task = {
      ...this.task(machine),
      service: plan.service,
      configDirectory: plan.configDirectory,
      dataDirectory: plan.dataDirectory,
      binaries: binariesOf(version),
      binDirectory,
      deleteData,
    };
    return new local.Command(
      `${machine.name}-removal`,
      {
        delete: "node run.mjs components/machines/existing/remove.ts",
        stdin: this.withIdentity((identity) => ({ ...task, identity })),
        addPreviousOutputInEnv: false,
        logging: local.Logging.Stderr,
      },
      { parent: this, dependsOn: after },
    );
  }

  /** What a local command is told, with whose the machines are. */
  private withIdentity(
    tasks: (identity: MachineTask["identity"]) => RemovalTask | PreflightTask[],
  ): pulumi.Output<string> {
    const { identity } = this.args;
    return pulumi.secret(
      identity.id.apply((id) => JSON.stringify(tasks(identityArguments(identity, id)))),
    );
  }

  private task(machine: MachineSetting): Omit<MachineTask, "identity"> {
    const { name, host, port, user } = machine;
    const { bastion, bastionPrivateKey, sshPassword, sshPrivateKey } = this.args;
    const login = { privateKey: sshPrivateKey || undefined, password: sshPassword || undefined };
    return {
      name,
      target: {
        ...{ host, port, user, hostKey: this.hostKey(machine), ...login },
        proxy: bastion && { ...bastion, privateKey: bastionPrivateKey || login.privateKey },
      },
    };
  }

  private hostKey(machine: MachineSetting): string | undefined {
    const { verifyHostKeys, knownHosts } = this.args;
    return verifyHostKeys ? knownHostKey(machine, knownHosts) : undefined;
  }

  private connection(machine: MachineSetting): Connection {
    const { target } = this.task(machine);
    const { host, port, user, hostKey } = target;
    const secret = (text: string | undefined) =>
      text === undefined ? undefined : pulumi.secret(text);
    return {
      ...{ host, port, user, hostKey, dialErrorLimit: 10, perDialTimeout: 5 },
      privateKey: secret(target.privateKey),
      password: secret(target.password),
      proxy: target.proxy && { ...target.proxy, privateKey: secret(target.proxy.privateKey) },
    };
  }
}

/** Machines that a person has, and the way to them that the settings name. */
export function existingMachines(settings: ExistingMachinesArgs): Machines {
  const { bastion, bastionPrivateKey, sshPassword, sshPrivateKey } = settings;
  return {
    machines: new ExistingMachines("machines", settings).machines,
    hosts: pulumi.output<Record<string, string>>({}),
    credentials: {
      privateKey: pulumi.secret(sshPrivateKey),
      password: pulumi.secret(sshPassword),
      bastionPrivateKey: pulumi.secret(bastion ? bastionPrivateKey || sshPrivateKey : ""),
    },
    clientSecurityGroupId: pulumi.output(""),
  };
}
