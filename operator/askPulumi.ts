import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The arguments that name a stack; without a name it is the selected one. */
export const stackArguments = (stack: string | undefined) =>
  stack === undefined ? [] : ["--stack", stack];

/**
 * What `pulumi` prints for a question.
 * @param complaint how the error begins
 * @throws Error where there is no `pulumi`, or it has no answer
 */
export async function askPulumi(
  args: string[],
  stack: string | undefined,
  complaint: string,
): Promise<string> {
  const { stdout } = await promisify(execFile)("pulumi", [...args, ...stackArguments(stack)], {
    maxBuffer: 256 * 1024 ** 2,
    timeout: 120_000,
  }).catch((error: Error & { stderr?: string }) => {
    throw new Error(`${complaint}: ${error.stderr?.trim() || error.message}`);
  });
  return stdout;
}
