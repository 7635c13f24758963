import * as path from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { MemberPlan } from "../../etcd/plan";
import { identityArguments } from "../../etcd/identity";
import type { Credentials } from "../../etcd/rollout/record";
import { binariesOf } from "../../etcd/versions";
import type { Bastion } from "../../ssh";
import type { Connection, Machine, MachineMaker, MachineSite } from "../machine";
import { isSameMachine } from "./machineSetting";
import { type ExistingMachine, existingSpec } from "./spec";
import type { MachineTask, PreflightTask, RemovalTask } from "./tasks";

/**
 * Where this package is, as seen from the program that uses it: its own programs run there. Not an absolute path:
 * another checkout would be a change.
 */
const packageFolder =
  path.relative(process.cwd(), path.join(__dirname, "..", "..", "..")) || undefined;

const program = (file: string) => path.posix.join("components/machines/existing", file);

/** How machines are logged in to. What is "" is none. */
export interface Login {
  readonly privateKey: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  readonly bastion: Bastion | undefined;
  /** "" uses the machines' own key. */
  readonly bastionPrivateKey: pulumi.Input<string>;
}

export interface ExistingMachinesArgs {
  readonly machines: readonly ExistingMachine[];
  readonly login: Login;
}

/**
 * Machines that exist. All of them are looked at before any of them is changed; what the
 * cluster brings to them is taken away again when the stack is destroyed.
 */
export class ExistingMachines extends pulumi.ComponentResource {
  readonly machines: Machine[];
  readonly credentials: Credentials;

  constructor(
    private readonly args: ExistingMachinesArgs,
    private readonly site: MachineSite,
  ) {
    super("etcd:existing:Machines", site.component, {}, { parent: site.parent });
    this.credentials = credentialsOf(args.login);
    const preflight = this.preflight();
    this.machines = args.machines.map((machine, index) => {
      const { name, address, host, port, generation } = machine;
      const id = pulumi.output(machine.id ?? pulumi.interpolate`${host}:${port}`);
      return {
        name,
        address: pulumi.output(address),
        publicIp: pulumi.output(""),
        id,
        incarnation: pulumi.interpolate`${id}/${generation.machine}`,
        generation: pulumi.output(generation),
        connection: this.connection(machine),
        readyAfter: [preflight, this.removal(machine, index, preflight)],
      };
    });
    this.registerOutputs({});
  }

  /**
   * One command for all machines, on the machine that runs Pulumi: so that everything that is wrong
   * with any of them is one message, before the first change of any.
   */
  private preflight(): local.Command {
    const { args, site } = this;
    const tasks = pulumi.all([this.targets(), site.plans]).apply(([targets, plans]) =>
      args.machines.map((machine, index) => {
        const { service, configDirectory, dataDirectory, address, ports } = plans[index]!;
        return {
          name: machine.name,
          target: targets[index]!,
          service,
          configDirectory,
          dataDirectory,
          address,
          ports,
          others: this.portsBeside(machine, plans),
          quotaGiB: site.quotaGiB,
          fromPackage: site.source.kind === "package",
          usesBucket: site.usesBucket,
          replaced: machine.generation.machine,
        };
      }),
    );
    return new local.Command(
      `${site.component}-preflight`,
      {
        // Without run.mjs, which takes its time: where the program runs, its packages are there.
        create: `node --require tsx/cjs ${program("preflight.ts")}`,
        stdin: this.withIdentity(tasks, (all, identity): PreflightTask[] =>
          all.map((task) => ({ ...task, identity })),
        ),
        dir: packageFolder,
        addPreviousOutputInEnv: false,
        logging: local.Logging.Stderr,
      },
      { parent: this, dependsOn: site.admission.gate },
    );
  }

  private portsBeside(
    machine: ExistingMachine,
    plans: readonly MemberPlan[],
  ): PreflightTask["others"] {
    return this.args.machines.flatMap((other, index) => {
      const { name, address, ports } = plans[index]!;
      return isSameMachine(other, machine)
        ? []
        : [ports.client, ports.peer].map((port) => ({ name, address, port }));
    });
  }

  /**
   * Takes everything of a member off its machine when the stack no longer has it. A local command,
   * because a remote one that cannot dial a machine that is gone would block `pulumi destroy`.
   */
  private removal({ name }: ExistingMachine, index: number, after: pulumi.Resource) {
    const { site } = this;
    const task = pulumi.all([this.targets(), site.plans]).apply(([targets, plans]) => ({
      name,
      target: targets[index]!,
      service: plans[index]!.service,
      configDirectory: plans[index]!.configDirectory,
      dataDirectory: plans[index]!.dataDirectory,
      binaries: binariesOf(site.version),
      binDirectory: site.binDirectory,
      deleteData: site.deleteData,
    }));
    return new local.Command(
      `${site.component}-${name}-removal`,
      {
        delete: `node run.mjs ${program("remove.ts")}`,
        stdin: this.withIdentity(task, (one, identity): RemovalTask => ({ ...one, identity })),
        dir: packageFolder,
        addPreviousOutputInEnv: false,
        logging: local.Logging.Stderr,
      },
      { parent: this, dependsOn: after },
    );
  }

  /** What a local command is told, with whose the machines are. */
  private withIdentity<Told>(
    told: pulumi.Output<Told>,
    whole: (
      told: pulumi.Unwrap<Told>,
      identity: MachineTask["identity"],
    ) => RemovalTask | PreflightTask[],
  ): pulumi.Output<string> {
    const { identity } = this.site;
    return pulumi.secret(
      pulumi
        .all([told, identity.id])
        .apply(([one, id]) => JSON.stringify(whole(one, identityArguments(identity, id)))),
    );
  }

  /** How each machine is reached, with the keys. */
  private targets(): pulumi.Output<MachineTask["target"][]> {
    const { machines, login } = this.args;
    const { bastion } = login;
    const { privateKey, password, bastionPrivateKey } = this.credentials;
    return pulumi
      .all([
        pulumi.all([privateKey, password, bastionPrivateKey]),
        pulumi.all(machines.map(({ host, hostKey }) => pulumi.all([host, hostKey]))),
      ])
      .apply(([[key, word, bastionKey], hosts]) =>
        machines.map(({ user, port }, index) => {
          const [host, hostKey] = hosts[index]!;
          const proxy = bastion && { ...bastion, privateKey: bastionKey || undefined };
          return {
            host,
            port,
            user,
            hostKey,
            privateKey: key || undefined,
            password: word || undefined,
            proxy,
          };
        }),
      );
  }

  private connection({ host, port, user, hostKey }: ExistingMachine): Connection {
    const { privateKey, password, bastion, bastionPrivateKey } = this.args.login;
    // None at all is no key, and not one that nobody can read.
    const hasKey = bastionPrivateKey !== "" || privateKey !== "";
    return {
      host,
      port,
      user,
      hostKey,
      dialErrorLimit: 10,
      perDialTimeout: 5,
      privateKey: secretOrNone(privateKey),
      password: secretOrNone(password),
      proxy: bastion && {
        ...bastion,
        ...(hasKey && { privateKey: this.credentials.bastionPrivateKey }),
      },
    };
  }
}

/** A setting that is not there is no input, so that a preview shows none. */
function secretOrNone(text: pulumi.Input<string>): pulumi.Output<string> | undefined {
  return text === "" ? undefined : pulumi.secret(text);
}

function credentialsOf({ privateKey, password, bastion, bastionPrivateKey }: Login): Credentials {
  return {
    privateKey: pulumi.secret(privateKey),
    password: pulumi.secret(password),
    bastionPrivateKey: pulumi.secret(
      bastion === undefined
        ? ""
        : pulumi.all([bastionPrivateKey, privateKey]).apply(([own, key]) => own || key),
    ),
  };
}

/** Machines that exist, for a cluster. */
export function existingMachines(args: ExistingMachinesArgs): MachineMaker {
  return {
    ...existingSpec(args.machines),
    make(site) {
      const made = new ExistingMachines(args, site);
      return {
        machines: made.machines,
        hosts: pulumi.output<Record<string, string>>({}),
        credentials: made.credentials,
        clientSecurityGroupId: pulumi.output(""),
      };
    },
  };
}
