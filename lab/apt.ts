import { createInterface } from "node:readline/promises";
import { withTerminal } from "./phases";
import { lastLines, run } from "./run";

const limitSeconds = 600;

/**
 * Installs Debian or Ubuntu packages, at most 10 minutes. A person at a terminal is asked first; where nobody is, as
 * in CI, one command has to do all that a new machine needs.
 *
 * @param what they are for: "the lab's machines"
 * @throws Error with apt's last lines, that there is no apt here, or that it was declined
 */
export async function aptInstall(
  packages: string[],
  what: string,
  { recommends = false }: { recommends?: boolean } = {},
): Promise<void> {
  const install = ["install", "--yes", ...packages];
  if (!recommends) install.splice(1, 0, "--no-install-recommends");
  if (!(await agreed(`Install ${packages.join(" and ")} with apt, for ${what}? [y/N] `))) {
    throw new Error(`not installed: ${packages.join(", ")}, for ${what}. Install it yourself`);
  }
  for (const args of [["update"], install]) {
    const result = await run("apt-get", args, {
      limitSeconds,
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
    if (!result.failed) continue;
    if (result.code === "ENOENT") {
      throw new Error(`There is no apt-get here: install ${packages.join(" and ")} yourself.`);
    }
    const seen = lastLines(result.all, 5);
    throw new Error(`apt-get ${args.join(" ")} failed. Its last lines:\n${seen}`);
  }
}

async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return true;
  return withTerminal(async () => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return /^y(es)?$/i.test((await terminal.question(question)).trim());
    } finally {
      terminal.close();
    }
  });
}
