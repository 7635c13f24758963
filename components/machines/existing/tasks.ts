import type { MemberPorts } from "../../etcd/plan";

/** How a machine is reached, as `remote/ssh.ts` takes it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly password?: string | undefined;
  readonly proxy?: Target | undefined;
}

/** What a local command is told of a machine, by its secret standard input. */
export interface MachineTask {
  readonly name: string;
  readonly target: Target;
  /** Whose machine it is, as the scripts compare it. */
  readonly identity: {
    readonly cluster: string;
    readonly cluster_name: string;
    readonly stack: string;
  };
}

/** What `preflight.ts` looks at on a machine. */
export interface PreflightTask extends MachineTask {
  readonly service: string;
  readonly configDirectory: string;
  readonly dataDirectory: string;
  readonly address: string;
  readonly ports: MemberPorts;
  /** The ports of members on other machines, which this one has to reach. */
  readonly others: readonly {
    readonly name: string;
    readonly address: string;
    readonly port: number;
  }[];
  readonly quotaGiB: number;
  readonly fromPackage: boolean;
  readonly usesBucket: boolean;
  /** How often the machine was made anew: all are looked at again then. */
  readonly replaced: number;
}

/** What `remove.ts` takes away from a machine. */
export interface RemovalTask extends MachineTask {
  readonly service: string;
  readonly configDirectory: string;
  readonly dataDirectory: string;
  readonly binaries: string;
  readonly binDirectory: string;
  readonly deleteData: boolean;
}
