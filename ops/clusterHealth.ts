import { type ClusterHealth, readHealth } from "../components/etcd/health";
import { planMembers } from "../components/etcd/plan";
import { scriptCommand, scriptInput } from "../components/etcd/scripts";
import type { SshOutput } from "../components/outputs";
import { runOverSsh, type SshTarget } from "./ssh";
import type { StackOutputs } from "./stackOutputs";

const limitSeconds = 60;

/** How to reach a controller, from the stack's outputs. */
export function sshTarget(controller: SshOutput, outputs: StackOutputs): SshTarget {
  const { host, port, user, hostKey, bastion } = controller;
  const { sshPrivateKey: privateKey } = outputs;
  const proxy = bastion && { ...bastion, privateKey: outputs.bastionPrivateKey };
  return { host, port, user, hostKey, privateKey, ...(proxy && { proxy }) };
}

/**
 * The health of the running cluster, asked now: by the script that `pulumi up` uses, on the first
 * controller that can be reached.
 * @throws Error with what was seen on each controller, where none could answer
 */
export async function askHealth(outputs: StackOutputs): Promise<ClusterHealth> {
  const command = scriptCommand("health", outputs.version, outputs.endpoints.join(","), "0");
  const failures: string[] = [];
  for (const controller of outputs.ssh) {
    try {
      const target = sshTarget(controller, outputs);
      const answer = await runOverSsh(target, command, scriptInput("health"), {
        timeoutSeconds: limitSeconds,
      });
      if (answer.stdout.trim() !== "") {
        return readHealth(answer.stdout, planMembers(outputs.members));
      }
      failures.push(`${controller.name}: ${answer.stderr.trim()}`);
    } catch (error) {
      failures.push(`${controller.name}: ${(error as Error).message}`);
    }
  }
  throw new Error(`no controller could be asked:\n  ${failures.join("\n  ")}`);
}
