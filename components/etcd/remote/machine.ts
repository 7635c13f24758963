import type { Writable } from "node:stream";
import { scriptCommand, scriptInput, type ScriptName } from "../scripts";
import { runOverSsh, type SshResult, type SshTarget } from "./ssh";
import type { StackOutputs } from "../../../ops/stackOutputs";

/** A member's machine, by the way that the stack's outputs show. */
export class LiveMachine {
  constructor(
    readonly name: string,
    private readonly outputs: StackOutputs,
  ) {}

  /** What the outputs say of its member. */
  get member() {
    return this.outputs.members.find((member) => member.name === this.name)!;
  }

  /** Arguments that the scripts that ask etcd have in common. */
  get etcdctl() {
    const { binaries, configDirectory, clientUrl, peerUrl } = this.member;
    return {
      binaries,
      config: configDirectory,
      tls: clientUrl.startsWith("https:"),
      client_url: clientUrl,
      peer_url: peerUrl,
    };
  }

  get target(): SshTarget {
    const controller = this.outputs.ssh.find((one) => one.name === this.name);
    if (controller === undefined) {
      throw new Error(`the stack's outputs do not say how to reach ${this.name}`);
    }
    const { host, port, user, hostKey, bastion } = controller;
    return {
      ...{ host, port, user, hostKey },
      privateKey: this.outputs.sshPrivateKey || undefined,
      password: this.outputs.sshPassword || undefined,
      proxy: bastion && { ...bastion, privateKey: this.outputs.bastionPrivateKey },
    };
  }

  /**
   * Runs one of the project's scripts as root. A status other than zero is a result.
   * @throws Error where the machine cannot be reached, or the script takes too long
   */
  run(
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

/** Every machine of the stack. */
export function liveMachines(outputs: StackOutputs): LiveMachine[] {
  return outputs.members.map(({ name }) => new LiveMachine(name, outputs));
}
