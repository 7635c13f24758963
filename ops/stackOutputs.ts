import type { MemberOutput, SshOutput } from "../components/outputs";
import { askPulumi } from "./askPulumi";

/** What the operator's commands need of the stack's outputs: the README has the contract. */
export interface StackOutputs {
  readonly version: string;
  readonly endpoints: string[];
  readonly members: MemberOutput[];
  readonly ssh: SshOutput[];
  /** "" where a password is used. */
  readonly sshPrivateKey: string;
  /** "" where a key is used. */
  readonly sshPassword: string;
  /** "" without a bastion. */
  readonly bastionPrivateKey: string;
  readonly caCertPem: string;
  readonly clientCertPem: string;
  readonly clientKeyPem: string;
}

/**
 * The outputs of a stack of this project, secrets in plain text.
 * @param stack its name; the selected one by default
 * @throws Error where there is no `pulumi`, no such stack, or no cluster in it yet
 */
export async function readStackOutputs(stack?: string): Promise<StackOutputs> {
  const args = ["stack", "output", "--json", "--show-secrets"];
  const stdout = await askPulumi(args, stack, "could not read the stack's outputs");
  const outputs = JSON.parse(stdout) as Partial<StackOutputs>;
  if (outputs.ssh === undefined || outputs.sshPrivateKey === undefined) {
    throw new Error("the stack has no cluster yet: run pulumi up first");
  }
  return outputs as StackOutputs;
}
