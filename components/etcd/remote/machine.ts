import type { Writable } from "node:stream";
import { scriptCommand, scriptInput, type ScriptName } from "../scripts";
import type { RemoteCluster, RemoteMember } from "./cluster";
import { runOverSsh, type SshResult, type SshTarget } from "./ssh";

/** A member's machine. */
export class LiveMachine {
  readonly member: RemoteMember;

  /** @throws Error where the cluster has no such member */
  constructor(
    readonly name: string,
    private readonly cluster: RemoteCluster,
  ) {
    const member = cluster.members.find((one) => one.name === name);
    if (member === undefined) {
      const names = cluster.members.map((one) => one.name).join(", ");
      throw new Error(`${name} is no member of ${cluster.clusterName}: expected one of ${names}`);
    }
    this.member = member;
  }

  /** What every script is told of a member's place on its machine, and of which cluster it has to be. */
  get identity() {
    const { service, configDirectory, dataDirectory } = this.member;
    const { clusterId, clusterName, stack } = this.cluster;
    return {
      cluster: clusterId,
      cluster_name: clusterName,
      stack,
      service,
      config: configDirectory,
      data: dataDirectory,
    };
  }

  /** Arguments that the scripts that ask etcd have in common. */
  get etcdctl() {
    const { binaries, clientUrl, peerUrl } = this.member;
    return {
      ...this.identity,
      binaries,
      tls: clientUrl.startsWith("https:"),
      client_url: clientUrl,
      peer_url: peerUrl,
    };
  }

  get target(): SshTarget {
    return this.member.target;
  }

  /**
   * Runs one of the project's scripts as root. A status other than zero is a result. What it says is for a person's
   * terminal, and the machine may have been taken over: no line of it is more than text.
   * @throws Error where the machine cannot be reached, or the script takes too long
   */
  async run(
    script: ScriptName,
    args: Readonly<Record<string, string | number | boolean>>,
    options: { timeoutSeconds?: number; onStderrLine?: (line: string) => void } = {},
  ): Promise<SshResult> {
    return runOverSsh(this.target, scriptCommand(script, args), scriptInput(script), {
      timeoutSeconds: 60,
      dialTimeoutSeconds: 8,
      ...options,
    });
  }

  /**
   * The same, for a script that is to succeed.
   * @throws Error with what it said
   */
  async succeed(...[script, args, options]: Parameters<LiveMachine["run"]>): Promise<string> {
    const { code, stdout, stderr } = await this.run(script, args, options);
    if (code !== 0) {
      throw new Error(stderr.trim() || `${script} on ${this.name} ended with ${code}`);
    }
    return stdout;
  }

  /**
   * Lets a command's output flow somewhere.
   * @throws Error with what it said, where it fails
   */
  async read(command: string, stdoutTo: Writable, timeoutSeconds: number): Promise<void> {
    const options = { stdoutTo, timeoutSeconds, dialTimeoutSeconds: 8 };
    const { code, stderr } = await runOverSsh(this.target, command, "", options);
    if (code !== 0) {
      throw new Error(`${this.name}: ${stderr.trim() || `"${command}" ended with ${code}`}`);
    }
  }
}

/** The machines of all members. */
export function liveMachines(cluster: RemoteCluster): LiveMachine[] {
  return cluster.members.map(({ name }) => new LiveMachine(name, cluster));
}
