import { type ClusterHealth, readHealth } from "../components/etcd/health";
import { scriptInput } from "../components/etcd/scripts";
import type { SshOutput } from "../components/outputs";
import { runOverSsh, type SshTarget } from "./ssh";
import type { StackOutputs } from "./stackOutputs";

const limitSeconds = 60;

/** How to reach a controller, from the stack's outputs. */
export function sshTarget(controller: SshOutput, outputs: StackOutputs): SshTarget {
  const { host, port, user, hostKey, bastion } = controller;
  return {
    ...{ host, port, user, hostKey },
    privateKey: outputs.sshPrivateKey || undefined,
    password: outputs.sshPassword || undefined,
    proxy: bastion && { ...bastion, privateKey: outputs.bastionPrivateKey },
  };
}

/**
 * The health of the running cluster, asked now: by the script that `pulumi up` uses, on the first
 * controller that can be reached.
 * @throws Error with what was seen on each controller, where none could answer
 */
export async function askHealth(outputs: StackOutputs): Promise<ClusterHealth> {
  const failures: string[] = [];
  for (const controller of outputs.ssh) {
    try {
      const target = sshTarget(controller, outputs);
      const answer = await runOverSsh(target, controller.healthCommand, scriptInput("health"), {
        timeoutSeconds: limitSeconds,
      });
      if (answer.stdout.trim() !== "") {
        return readHealth(answer.stdout, outputs.members);
      }
      failures.push(`${controller.name}: ${answer.stderr.trim()}`);
    } catch (error) {
      failures.push(`${controller.name}: ${(error as Error).message}`);
    }
  }
  throw new Error(`no controller could be asked:\n  ${failures.join("\n  ")}`);
}
