import { spawnSync } from "node:child_process";
import { type ScriptName, scriptText } from "../../../components/etcd/scripts";

/** Runs lines of bash with a script's functions, any of which they may replace. */
export function runScript(script: ScriptName, lines: string) {
  const input = `${scriptText(script)}\n${lines}\n`;
  const { status, stdout, stderr } = spawnSync("bash", ["-s"], { input, encoding: "utf8" });
  return { status, stdout, stderr };
}
