import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { docker } from "../../lab/docker";
import { projectRoot } from "../../lab/paths";
import { versionsInUse } from "../report/versions";

/** Of what a campaign is run with, but for etcd; asked while the lab is there, which may have started Docker. */
export async function toolVersions(): Promise<Record<string, string>> {
  const module = await readFile(
    path.join(projectRoot, "proof", "faults", "checker", "go.mod"),
    "utf8",
  );
  return {
    ...(await versionsInUse()),
    Docker: await docker("version", "--format", "{{.Server.Version}}").catch(() => "unknown"),
    porcupine: /porcupine v(\S+)/.exec(module)![1]!,
  };
}
