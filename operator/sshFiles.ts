import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { RemoteMember } from "../components/etcd/remote/cluster";
import type { SshTarget } from "../components/etcd/remote/ssh";

/**
 * Writes what the system's `ssh` needs to reach members: their keys, with mode 0600, and a configuration in
 * which each has its name.
 * @param folder is there, and for its owner alone
 * @returns the configuration's path: `ssh -F PATH NAME`
 * @throws Error for a member that is reached with a password: that is for a person to type
 */
export async function writeSshFiles(
  folder: string,
  members: readonly Pick<RemoteMember, "name" | "target">[],
): Promise<string> {
  const write = async (name: string, text: string) => {
    const file = path.join(folder, name);
    await fs.writeFile(file, text.endsWith("\n") ? text : `${text}\n`, { mode: 0o600 });
    return file;
  };
  const host = async (name: string, target: SshTarget, jump?: string): Promise<string> => {
    if (target.privateKey === undefined) {
      throw new Error(withoutKey(name, target));
    }
    const key = await write(`${name}.key`, target.privateKey);
    const lines = target.hostKey?.split("\n").map((line) => `${name} ${line}`);
    const known = lines && (await write(`${name}.known`, lines.join("\n")));
    return hostBlock(name, target, { key, known, jump });
  };
  const blocks: string[] = [];
  for (const { name, target } of members) {
    const bastion = `${name}-bastion`;
    if (target.proxy !== undefined) {
      blocks.push(await host(bastion, target.proxy));
    }
    blocks.push(await host(name, target, target.proxy && bastion));
  }
  return write("config", blocks.join("\n"));
}

interface Files {
  readonly key: string;
  /** Undefined where nobody knows the host key: then `ssh` asks. */
  readonly known: string | undefined;
  readonly jump: string | undefined;
}

function hostBlock(name: string, { host, port, user }: SshTarget, files: Files): string {
  const known = files.known && [
    // By its name: an address in known_hosts has its port with it, or not.
    `HostKeyAlias ${name}`,
    `UserKnownHostsFile "${files.known}"`,
    "GlobalKnownHostsFile none",
    "StrictHostKeyChecking yes",
  ];
  const lines = [
    `HostName ${host}`,
    `Port ${port ?? 22}`,
    `User ${user}`,
    `IdentityFile "${files.key}"`,
    "IdentitiesOnly yes",
    "ConnectTimeout 10",
    ...(known || []),
    ...(files.jump ? [`ProxyJump ${files.jump}`] : []),
  ];
  return [`Host ${name}`, ...lines.map((line) => `  ${line}`), ""].join("\n");
}

function withoutKey(name: string, { host, port, user, password, proxy }: SshTarget): string {
  const jump = proxy ? ` -J ${proxy.user}@${proxy.host}:${proxy.port ?? 22}` : "";
  const command = `ssh -p ${port ?? 22}${jump} ${user}@${host}`;
  return password === undefined
    ? `there is no private key for ${name} in the stack's state: expected one in its connection. By hand: ${command}`
    : `${name} is reached with a password and not with a key, and ssh takes a password from a person alone: ${command}, with what pulumi config get sshPassword prints`;
}
