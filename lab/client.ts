import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { LiveMachine } from "../components/etcd/remote/machine";
import { quote } from "../components/etcd/scripts";
import { writeSshFiles } from "../operator/sshFiles";
import type { StackOutputs } from "../operator/stack";
import { ensureReleases } from "./mirror/releases";
import { releaseName } from "./mirror/tarball";
import { labDir } from "./paths";
import { run } from "./run";

/** For the credentials that ssh and etcdctl read from files. */
const clientDir = path.join(labDir, "client");

/** The `etcdctl` of the cluster's version, on this machine, with the client's credentials. */
export async function etcdctlCommand(outputs: StackOutputs): Promise<string[]> {
  await fs.mkdir(clientDir, { recursive: true, mode: 0o700 });
  const write = async (name: string, text: string) => {
    const file = path.join(clientDir, name);
    await fs.writeFile(file, text, { mode: 0o600 });
    return file;
  };
  return [
    await unpackedEtcdctl(outputs.version),
    `--endpoints=${outputs.endpoints.join(",")}`,
    `--cacert=${await write("ca.pem", outputs.caCertPem)}`,
    `--cert=${await write("client.pem", outputs.clientCertPem)}`,
    `--key=${await write("client-key.pem", outputs.clientKeyPem)}`,
  ];
}

async function unpackedEtcdctl(version: string): Promise<string> {
  const releases = await ensureReleases([version], () => undefined);
  const folder = path.join(releases, `v${version}`);
  const release = releaseName(version);
  const etcdctl = path.join(clientDir, release, "etcdctl");
  if (existsSync(etcdctl)) {
    return etcdctl;
  }
  // Moved into its place whole.
  const unpacked = await fs.mkdtemp(path.join(clientDir, ".partial-"));
  try {
    const words = ["-xzf", path.join(folder, `${release}.tar.gz`), "-C", unpacked];
    const { failed, stderr } = await run("tar", words, { limitSeconds: 60 });
    if (failed) {
      throw new Error(`could not unpack ${release}.tar.gz: ${stderr}`);
    }
    await fs.rm(path.join(clientDir, release), { recursive: true, force: true });
    await fs.rename(path.join(unpacked, release), path.join(clientDir, release));
  } finally {
    await fs.rm(unpacked, { recursive: true, force: true });
  }
  return etcdctl;
}

/** The same as a line for a shell. */
export async function etcdctlLine(outputs: StackOutputs): Promise<string> {
  return (await etcdctlCommand(outputs)).map(quote).join(" ");
}

/** Makes the folder of the keys and the configuration for the system's ssh, or one below it, and gives it. */
export async function makeSshDir(below = ""): Promise<string> {
  const folder = path.join(clientDir, "ssh", below);
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/**
 * The system's ssh to a controller, its host key verified.
 * @throws Error where there is no such controller
 */
export async function sshCommand(outputs: StackOutputs, name: string): Promise<string[]> {
  const { member } = new LiveMachine(name, outputs);
  return ["ssh", "-F", await writeSshFiles(await makeSshDir(), [member]), name];
}
