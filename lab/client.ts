import * as fs from "node:fs/promises";
import * as path from "node:path";
import { LiveMachine } from "../components/etcd/remote/machine";
import { quote } from "../components/etcd/scripts";
import { writeSshFiles } from "../operator/sshFiles";
import type { StackOutputs } from "../operator/stack";
import { ensureReleases } from "./mirror/releases";
import { labDir } from "./paths";
import { run } from "./run";

const clientDir = path.join(labDir, "client");

/** A folder for the credentials that ssh and etcdctl read from files. */
async function emptyClientDir(): Promise<void> {
  await fs.rm(clientDir, { recursive: true, force: true });
  await fs.mkdir(clientDir, { recursive: true, mode: 0o700 });
}

/** The `etcdctl` of the cluster's version, on this machine, with the client's credentials. */
export async function etcdctlCommand(outputs: StackOutputs): Promise<string[]> {
  await emptyClientDir();
  const write = (name: string, text: string) =>
    fs.writeFile(path.join(clientDir, name), text, { mode: 0o600 });
  await write("ca.pem", outputs.caCertPem);
  await write("client.pem", outputs.clientCertPem);
  await write("client-key.pem", outputs.clientKeyPem);
  const releases = await ensureReleases([outputs.version], () => undefined);
  const folder = path.join(releases, `v${outputs.version}`);
  const [tarball] = (await fs.readdir(folder)).filter((name) => name.endsWith(".tar.gz"));
  const unpacked = await run("tar", ["-xzf", path.join(folder, tarball!), "-C", clientDir], {
    limitSeconds: 60,
  });
  if (unpacked.failed) {
    throw new Error(`could not unpack ${tarball}: ${unpacked.stderr}`);
  }
  return [
    path.join(clientDir, tarball!.replace(".tar.gz", ""), "etcdctl"),
    `--endpoints=${outputs.endpoints.join(",")}`,
    `--cacert=${path.join(clientDir, "ca.pem")}`,
    `--cert=${path.join(clientDir, "client.pem")}`,
    `--key=${path.join(clientDir, "client-key.pem")}`,
  ];
}

/** The same as a line for a shell. */
export async function etcdctlLine(outputs: StackOutputs): Promise<string> {
  return (await etcdctlCommand(outputs)).map(quote).join(" ");
}

/**
 * The system's ssh to a controller, its host key verified.
 * @throws Error where there is no such controller
 */
export async function sshCommand(outputs: StackOutputs, name: string): Promise<string[]> {
  const { member } = new LiveMachine(name, outputs);
  await emptyClientDir();
  return ["ssh", "-F", await writeSshFiles(clientDir, [member]), name];
}
