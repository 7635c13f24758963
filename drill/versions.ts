import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { docker } from "../lab/docker";
import { projectRoot } from "../lab/paths";
import { versionsInUse } from "../publishing/versions";
import type { Result } from "./drill";

/** Of what a campaign was run with. */
export async function versions(results: readonly Result[]): Promise<Record<string, string>> {
  const module = await readFile(path.join(projectRoot, "drill", "checker", "go.mod"), "utf8");
  return {
    etcd: [...new Set(results.map(({ version }) => version))].sort().join(" and "),
    ...(await versionsInUse()),
    Docker: await docker("version", "--format", "{{.Server.Version}}").catch(() => "unknown"),
    porcupine: /porcupine v(\S+)/.exec(module)![1]!,
  };
}
