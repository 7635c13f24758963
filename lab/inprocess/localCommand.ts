import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { projectRoot } from "../paths";
import type { OnLine } from "./ssh";

const limitSeconds = 1800;

/**
 * Runs a `command.local.Command`'s command in the project's folder, as the provider does.
 * @throws Error in the provider's words when it fails or takes longer than 30 minutes
 */
export async function runLocalCommand(
  command: string,
  stdin: string,
  onLine?: OnLine,
): Promise<{ stdout: string; stderr: string }> {
  const child = spawn("/bin/sh", ["-c", command], {
    cwd: projectRoot,
    timeout: limitSeconds * 1000,
  });
  let stdout = "";
  const stderr: string[] = [];
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  createInterface(child.stderr).on("line", (line) => {
    stderr.push(line);
    onLine?.(line);
  });
  // A command that does not read its input to the end is not an error of it.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) {
    const ending = code === null ? "signal: killed" : `exit status ${code}`;
    throw new Error(`${ending}: running ${JSON.stringify(command)}:\n${stderr.join("\n")}`);
  }
  return { stdout: stdout.replace(/\n$/, ""), stderr: stderr.join("\n") };
}
