// Run by Pulumi when a machine leaves the stack: takes away what the stack brought to it. A machine
// that cannot be reached is said so, and does not stop `pulumi destroy`.
import { text } from "node:stream/consumers";
import { scriptCommand, scriptInput } from "../../etcd/scripts";
import { uploadFolder } from "../../etcd/files";
import type { RemovalTask } from "./tasks";
import { runOverSsh, type SshResult } from "../../etcd/remote/ssh";

async function remove(task: RemovalTask): Promise<SshResult | undefined> {
  const command = scriptCommand("remove", {
    ...task.identity,
    name: task.name,
    service: task.service,
    config: task.configDirectory,
    data: task.dataDirectory,
    binaries: task.binaries,
    links: task.binDirectory,
    uploads: uploadFolder,
    purge: task.deleteData,
  });
  const options = { timeoutSeconds: 900, dialErrorLimit: 2, dialTimeoutSeconds: 5 };
  try {
    return await runOverSsh(task.target, command, scriptInput("remove"), options);
  } catch (error) {
    console.error(
      `${task.name} cannot be reached (${(error as Error).message}): whatever is on it stays there`,
    );
    return undefined;
  }
}

async function main(): Promise<void> {
  const task = JSON.parse(await text(process.stdin)) as RemovalTask;
  const result = await remove(task);
  if (result !== undefined) {
    console.error(result.stderr.trim());
    process.exitCode = result.code ?? 1;
  }
}

void main();
