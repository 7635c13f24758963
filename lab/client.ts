import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { quote } from "../components/etcd/scripts";
import type { StackOutputs } from "../ops/stackOutputs";
import { ensureReleases } from "./mirror/releases";
import { labDir } from "./paths";
import { run } from "./run";

const clientDir = path.join(labDir, "client");

/** Writes the credentials that ssh and etcdctl read from files, the keys with mode 0600. */
async function writeCredentials(outputs: StackOutputs): Promise<void> {
  await fs.rm(clientDir, { recursive: true, force: true });
  await fs.mkdir(clientDir, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string) =>
    fs.writeFile(path.join(clientDir, name), text, { mode: 0o600 });
  await write("ca.pem", outputs.caCertPem);
  await write("client.pem", outputs.clientCertPem);
  await write("client-key.pem", outputs.clientKeyPem);
  await write("ssh-key", outputs.sshPrivateKey);
  await write(
    "known_hosts",
    outputs.ssh.map(({ host, hostKey }) => `${host} ${hostKey}\n`).join(""),
  );
}

/** The `etcdctl` of the cluster's version, on this machine, with the client's credentials. */
export async function etcdctlCommand(outputs: StackOutputs): Promise<string[]> {
  await writeCredentials(outputs);
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

/** The system's ssh to a controller, its host key verified. */
export async function sshCommand(outputs: StackOutputs, name: string): Promise<string[]> {
  const controller = outputs.ssh.find((one) => one.name === name);
  if (controller === undefined) {
    const names = outputs.ssh.map((one) => one.name).join(", ");
    throw new Error(`there is no "${name}" in the lab, expected one of ${names}`);
  }
  await writeCredentials(outputs);
  return [
    ...["ssh", "-i", path.join(clientDir, "ssh-key"), "-o", "IdentitiesOnly=yes"],
    ...["-o", `UserKnownHostsFile=${path.join(clientDir, "known_hosts")}`],
    ...["-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10"],
    `${controller.user}@${controller.host}`,
  ];
}

/** Runs a command with this terminal as its own and gives its exit code. */
export async function runInTerminal([command, ...args]: string[]): Promise<number> {
  const child = spawn(command!, args, { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
