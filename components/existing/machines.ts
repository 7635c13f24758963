import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type MemberPlan, planMembers } from "../etcd/plan";
import { binariesOf, type ReleaseSource } from "../etcd/release";
import type { Connection, Machine, Machines } from "../machine";
import type { SshSettings } from "../ssh";
import { isSameMachine, knownHostKey, type MachineSetting } from "./machineSetting";
import type { MachineTask, PreflightTask, RemovalTask } from "./tasks";

export interface ExistingMachinesArgs extends SshSettings {
  readonly machines: MachineSetting[];
  readonly tls: "on" | "off";
  readonly version: string;
  readonly source: ReleaseSource;
  readonly binDirectory: string;
  readonly quotaGiB: number;
  /** Whether destroying the stack deletes the members' data. */
  readonly deleteData: boolean;
}

/**
 * Machines that a person has. All of them are looked at before any of them is changed; what the
 * stack brings to them is taken away again when the stack is destroyed.
 */
export class ExistingMachines extends pulumi.ComponentResource {
  readonly machines: Machine[];
  private readonly members: MemberPlan[];

  constructor(
    name: string,
    private readonly args: ExistingMachinesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:existing:Machines", name, {}, opts);
    this.members = planMembers(requests(args.machines), { tls: args.tls === "on" });
    const preflight = this.preflight();
    this.machines = args.machines.map((machine, index) => ({
      name: machine.name,
      address: machine.address,
      publicIp: pulumi.output(""),
      id: pulumi.output(`${machine.host}:${machine.port}`),
      connection: this.connection(machine),
      readyAfter: [preflight, this.removal(machine, this.members[index]!, preflight)],
      ports: machine.ports,
      sharesMachine: sharesMachine(machine, args.machines),
    }));
    this.registerOutputs({});
  }

  /**
   * One command for all machines, on the machine that runs Pulumi: so that everything that is wrong
   * with any of them is one message, before the first change of any.
   */
  private preflight(): local.Command {
    const { args } = this;
    const tasks = args.machines.map((machine, index): PreflightTask => {
      const { service, configDirectory, dataDirectory, address, ports } = this.members[index]!;
      return {
        ...this.task(machine),
        ...{ service, configDirectory, dataDirectory, address, ports },
        quotaGiB: args.quotaGiB,
        fromPackage: args.source.kind === "package",
      };
    });
    return new local.Command(
      "preflight",
      {
        create: "node run.mjs ops/preflight.ts",
        stdin: pulumi.secret(JSON.stringify(tasks)),
        addPreviousOutputInEnv: false,
        logging: local.Logging.Stderr,
      },
      { parent: this },
    );
  }

  /**
   * Takes everything of a member off its machine when the stack no longer has it. A local command,
   * because a remote one that cannot dial a machine that is gone would block `pulumi destroy`.
   */
  private removal(machine: MachineSetting, plan: MemberPlan, after: pulumi.Resource) {
    const { version, source, binDirectory, deleteData } = this.args;
    const task: RemovalTask = {
      ...this.task(machine),
      service: plan.service,
      configDirectory: plan.configDirectory,
      dataDirectory: plan.dataDirectory,
      binaries: binariesOf(source, version),
      binDirectory,
      deleteData,
    };
    return new local.Command(
      `${machine.name}-removal`,
      {
        delete: "node run.mjs ops/remove.ts",
        stdin: pulumi.secret(JSON.stringify(task)),
        addPreviousOutputInEnv: false,
        logging: local.Logging.Stderr,
      },
      { parent: this, dependsOn: after },
    );
  }

  private task(machine: MachineSetting): MachineTask {
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
    access: {
      privateKey: pulumi.secret(sshPrivateKey),
      password: pulumi.secret(sshPassword),
      bastionPrivateKey: pulumi.secret(bastion ? bastionPrivateKey || sshPrivateKey : ""),
      clientSecurityGroupId: pulumi.output(""),
    },
  };
}

function requests(machines: MachineSetting[]) {
  return machines.map((machine) => ({
    ...machine,
    sharesMachine: sharesMachine(machine, machines),
  }));
}

/** Whether another member is on the same machine. */
function sharesMachine(machine: MachineSetting, machines: MachineSetting[]): boolean {
  return machines.some((other) => other !== machine && isSameMachine(other, machine));
}
