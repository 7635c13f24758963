// npm run ssh [-- [--stack NAME] MEMBER [COMMAND…]]: a shell on a member's machine, or one command. The
// machine has to show the host key that the stack knows; the private key comes from the stack's state.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { LiveMachine } from "../components/etcd/remote/machine";
import { writeSshFiles } from "./sshFiles";
import { readStack } from "./stack";
import { runInTerminal } from "./terminal";

const usage = "npm run ssh -- [--stack NAME] MEMBER [COMMAND…]";

async function main(): Promise<number> {
  const { stack, name, command } = readArguments(process.argv.slice(2));
  const { member } = new LiveMachine(name, await readStack(stack));
  const folder = await mkdtemp(path.join(tmpdir(), "etcd-ssh-"));
  try {
    const configuration = await writeSshFiles(folder, [member]);
    return await runInTerminal("ssh", ["-F", configuration, name, ...command]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Ours come first: what follows the member's name is somebody else's command line. */
function readArguments(words: string[]): { stack?: string; name: string; command: string[] } {
  const [first, second, ...rest] = words;
  if ((first === "--stack" || first === "-s") && second !== undefined && rest.length > 0) {
    return { ...readArguments(rest), stack: second };
  }
  if (first === undefined || first.startsWith("-")) {
    throw new Error(`expected a member's name: ${usage}`);
  }
  return { name: first, command: words.slice(1) };
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(`ssh: ${error.message}`);
    process.exitCode = 255;
  },
);
