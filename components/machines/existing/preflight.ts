// Run by Pulumi (components/machines/existing): looks at every machine before the first change of any. What
// to look at comes as JSON on standard input; ends with 1 and one message of all that was found.
import { text } from "node:stream/consumers";
import { scriptCommand, scriptInput } from "../../etcd/scripts";
import type { PreflightTask } from "./tasks";
import { plainLines } from "../../etcd/strangers";
import { type SshTarget, withSsh } from "../../etcd/remote/ssh";

/** A machine that swallows packets is told in less than 20 s: two attempts, the second for one that is booting. */
const options = { timeoutSeconds: 60, dialTimeoutSeconds: 6, dialErrorLimit: 1 };

/** How the script is called; its time is that of this moment. */
function commandFor(task: PreflightTask): string {
  return scriptCommand("preflight", {
    ...task.identity,
    service: task.service,
    config: task.configDirectory,
    data: task.dataDirectory,
    address: task.address,
    ports: Object.values(task.ports).join(","),
    quota: task.quotaGiB,
    package: task.fromPackage,
    bucket: task.usesBucket,
    others: task.others.map(({ name, address, port }) => `${name}=${address}:${port}`).join(","),
    now: Math.floor(Date.now() / 1000),
  });
}

async function findings(task: PreflightTask): Promise<string[]> {
  try {
    const target: SshTarget = task.target;
    const answer = await withSsh(target, options, (run) =>
      run(commandFor(task), scriptInput("preflight")),
    );
    const found = plainLines(answer.stdout)
      .split("\n")
      .filter((line) => line !== "");
    return answer.code === 0 ? found : [...found, whyItEnded(answer.stderr.trim(), task)];
  } catch (error) {
    return [(error as Error).message];
  }
}

function whyItEnded(stderr: string, { target }: PreflightTask): string {
  return /sudo/.test(stderr)
    ? `${target.user} cannot become root without a password (${stderr}): give it NOPASSWD in sudoers, or use root`
    : `could not be looked at: ${stderr}`;
}

async function main(): Promise<void> {
  const tasks = JSON.parse(await text(process.stdin)) as PreflightTask[];
  const found = await Promise.all(tasks.map(findings));
  const lines = tasks.flatMap(({ name }, index) => found[index]!.map((one) => `  ${name}: ${one}`));
  if (lines.length > 0) {
    console.error(`These machines are not ready; nothing was changed on any:\n${lines.join("\n")}`);
    process.exitCode = 1;
  }
}

void main();
