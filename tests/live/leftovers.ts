import * as path from "node:path";
import { labDir } from "../../lab/paths";
import { run } from "../../lab/run";

/** What of the lab is still on this machine: its containers and the loop devices of its volumes. */
export async function leftovers(): Promise<string[]> {
  const limit = { limitSeconds: 20 };
  const filter = ["--filter", "label=etcd-lab=machine", "--format", "{{.Names}}"];
  // Where the lab stopped the Docker engine that it had started, nothing runs in it.
  const machines = await run("docker", ["ps", "--all", ...filter], limit);
  const devices = await run("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"], limit);
  const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "");
  return [
    ...(machines.failed ? [] : lines(machines.stdout)),
    // Another checkout's are its own.
    ...lines(devices.stdout).filter((file) => file.startsWith(path.join(labDir, "volumes"))),
  ];
}
