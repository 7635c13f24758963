// npm run ssh: a shell on a member's machine, or one command.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { readOptions, runWords, UsageError } from "./commandLine";

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
  readonly stack?: string | undefined;
  readonly cluster?: string | undefined;
  readonly name: string;
  readonly command: readonly string[];
}

/** Ours come first: what follows the member's name is somebody else's command line. */
function readArguments(words: string[]): Arguments {
  const options = { stack: { type: "string", short: "s" }, cluster: { type: "string" } } as const;
  const { tokens } = parseArgs({
    args: words,
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const at = tokens.find(({ kind }) => kind === "positional")?.index ?? words.length;
  const { stack, cluster } = readOptions(words.slice(0, at), options);
  const [name, ...command] = words.slice(at);
  if (name === undefined) {
    throw new UsageError("expected a member's name, got nothing");
  }
  return { stack, cluster, name, command };
}
