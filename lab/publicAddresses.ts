import * as fs from "node:fs";
import * as path from "node:path";
import { docker } from "./docker";
import { run } from "./run";

/** The three first numbers of a range for documentation (RFC 5737), which is nobody's. */
const publicRange = "198.51.100";
const lastHost = 254;
const addressFile = "public-address";
const lastAllottedFile = "last-public-address";

/** The public address that a machine has, or had before it was stopped; undefined without one. */
export function publicAddressIn(machinesDir: string, instanceId: string): string | undefined {
  return readIfThere(path.join(machinesDir, instanceId, addressFile));
}

/**
 * Allots the next public address: none that another machine has, and none that was in use a moment
 * ago. Runs in one piece, as machines boot in parallel.
 */
export function allotPublicAddress(machinesDir: string, instanceId: string): string {
  const last = Number(readIfThere(path.join(machinesDir, lastAllottedFile)) ?? 0);
  const ids = fs.readdirSync(machinesDir);
  const taken = new Set(ids.map((id) => publicAddressIn(machinesDir, id)));
  for (let step = 0; step < lastHost; step++) {
    const host = ((last + step) % lastHost) + 1;
    const address = `${publicRange}.${host}`;
    if (!taken.has(address)) {
      fs.writeFileSync(path.join(machinesDir, lastAllottedFile), `${host}`);
      fs.writeFileSync(path.join(machinesDir, instanceId, addressFile), address);
      return address;
    }
  }
  throw new Error(`All public addresses of the lab (${publicRange}.0/24) are in use.`);
}

/** Makes a running machine answer at a public address, and this host find it there. */
export async function usePublicAddress(
  container: string,
  network: string,
  address: string,
): Promise<void> {
  await docker("exec", container, "ip", "address", "replace", `${address}/32`, "dev", "eth0");
  // Gone with the network, whose bridge Docker names after its id.
  const id = await docker("network", "inspect", "--format", "{{.Id}}", network);
  const route = ["route", "replace", `${publicRange}.0/24`, "dev", `br-${id.slice(0, 12)}`];
  const result = await run("ip", route, { limitSeconds: 10 });
  if (result.failed) {
    throw new Error(
      "Public addresses of machines need a route on this host, that is Linux, root and iproute2: " +
        (result.code === "ENOENT" ? "there is no ip command" : result.stderr.trim()),
    );
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
