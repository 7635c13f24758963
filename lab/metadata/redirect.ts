import type { HttpServer } from "../httpServer";
import { run } from "../run";
import { type InstanceRoles, serveMetadata } from "./service";

/** Where an EC2 instance finds its metadata. */
const metadataAddress = "169.254.169.254";
const limitSeconds = 20;
/** By which our rule is known among others for the same address. */
const mark = "etcd-lab";

/**
 * Serves the metadata service where machines of a network expect it, until it is closed.
 *
 * @param cidr the machines' network
 * @param gateway this host's address in it
 * @throws Error where there is no iptables, or no right to use it
 */
export async function serveMetadataTo(
  cidr: string,
  gateway: string,
  port: number,
  instances: InstanceRoles,
): Promise<HttpServer> {
  const server = await serveMetadata(gateway, port, instances);
  const close = async () => {
    await removeMetadataRedirect();
    await server.close();
  };
  try {
    await removeMetadataRedirect();
    await redirect(cidr, `${gateway}:${port}`);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: server.url, close };
}

/** Of the machines alone: this host may be an instance itself, with metadata of its own. */
async function redirect(cidr: string, destination: string): Promise<void> {
  const which = ["-s", cidr, "-d", `${metadataAddress}/32`, "-p", "tcp", "--dport", "80"];
  const marked = ["-m", "comment", "--comment", mark];
  const target = ["-j", "DNAT", "--to-destination", destination];
  const result = await natTable("-I", "PREROUTING", ...which, ...marked, ...target);
  if (result.failed) {
    throw new Error(
      "Machines find their metadata by a rule of iptables, which needs Linux and root: " +
        (result.code === "ENOENT" ? "there is no iptables" : result.stderr.trim()),
    );
  }
}

/** Takes back the rule, of this process or of one that was killed, and nobody else's. */
export async function removeMetadataRedirect(): Promise<void> {
  const rules = await natTable("-S", "PREROUTING");
  // Who may not list rules has not made one.
  const ours = rules.stdout
    .split("\n")
    .filter((rule) => new RegExp(` --comment "?${mark}"? `).test(rule));
  for (const rule of ours) {
    const [, ...words] = rule.split(" ");
    await natTable("-D", ...words);
  }
}

function natTable(...args: string[]) {
  return run("iptables", ["--wait", "10", "--table", "nat", ...args], {
    limitSeconds,
    detached: true,
  });
}
