// npm run ssh: a shell on a member's machine, or one command.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { runWords, UsageError } from "./commandLine";

const usage = `npm run ssh -- [--stack NAME] MEMBER             a shell on a member's machine
npm run ssh -- [--stack NAME] MEMBER COMMAND…    one command there; it gives the exit status
npm run ssh -- --cluster NAME MEMBER             of a stack that has several: the name of its component

The machine has to show the host key that the stack knows; the private key comes from the stack's state.`;

/** ssh's own for what is not the command's. */
const failure = 255;

runWords(
  { name: "ssh", usage },
  async (words) => {
    const { stack, cluster, name, command } = readArguments(words);
    const { LiveMachine } = await import("../components/etcd/remote/machine.js");
    const { writeSshFiles } = await import("./sshFiles.js");
    const { readStack } = await import("./stack.js");
    const { runInTerminal } = await import("./terminal.js");

    const { member } = new LiveMachine(name, await readStack(stack, cluster));
    const folder = await mkdtemp(path.join(tmpdir(), "etcd-ssh-"));
    try {
      const configuration = await writeSshFiles(folder, [member]);
      return await runInTerminal("ssh", ["-F", configuration, name, ...command]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  failure,
);

interface Arguments {
  readonly stack?: string;
  readonly cluster?: string;
  readonly name: string;
  readonly command: readonly string[];
}

/** Ours come first: what follows the member's name is somebody else's command line. */
function readArguments(words: readonly string[]): Arguments {
  const [first, second, ...rest] = words;
  const option = { "--stack": "stack", "-s": "stack", "--cluster": "cluster" }[first ?? ""];
  if (option !== undefined && second !== undefined && rest.length > 0) {
    return { ...readArguments(rest), [option]: second };
  }
  if (first === undefined || first.startsWith("-")) {
    throw new UsageError(`expected a member's name, got ${first ?? "nothing"}`);
  }
  return { name: first, command: words.slice(1) };
}
