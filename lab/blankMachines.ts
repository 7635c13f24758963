import { controllerUserData } from "../components/machines/aws/userData";
import { runOverSsh, type SshResult, type SshTarget } from "../components/etcd/remote/ssh";
import { ensureDocker, type Log } from "./docker";
import { ensureImage } from "./image";
import { type KeyPair, makeKeyPair } from "./keyPair";
import * as machines from "./machines";
import { ensureReleases } from "./mirror/releases";
import { type Mirror, serveMirror } from "./mirror/serve";
import type { PulumiEngine } from "./pulumiEngine";
import { writeStackFile } from "./stackFile";

/** A blank machine that a person has. */
export interface Blank {
  readonly name: string;
  readonly ip: string;
}

/** Machines that exist before the program runs, with nothing of ours on them, and a mirror of releases. */
export class BlankMachines {
  private readonly hostKeys = new Map<string, string>();
  private mirror: Mirror | undefined;
  protected login!: KeyPair;
  /** This host's address as the machines see it. */
  gateway = "";
  /** The folder of the releases that the mirror serves. */
  releases = "";

  /** Prepares their network. */
  async prepareNetwork(cidr: string, log: Log): Promise<void> {
    await ensureDocker(log);
    await ensureImage(log);
    this.login = makeKeyPair();
    this.gateway = (await machines.createNetwork(cidr)).gateway;
  }

  /** The same, and a mirror that they find releases in. */
  async prepare(cidr: string, versions: string[], log: Log = () => undefined): Promise<void> {
    await this.prepareNetwork(cidr, log);
    this.releases = await ensureReleases(versions, log);
    this.mirror = await serveMirror(this.releases, this.gateway);
  }

  /** Boots a blank machine and waits until it answers. */
  async bootBlank({ name, ip }: Blank, moreUserData = ""): Promise<void> {
    const host = makeKeyPair();
    this.hostKeys.set(ip, host.publicKey);
    const userData = controllerUserData({
      name,
      hostPrivateKeyOpenssh: host.privateKey,
      hostPublicKeyOpenssh: host.publicKey,
    });
    await machines.bootMachine({
      name,
      ip,
      userData: userData + moreUserData,
      publicKey: this.login.publicKey,
      instanceId: blankId(ip),
    });
    await this.on(ip, "cloud-init status --wait >/dev/null; true");
  }

  /** Where the machines find releases. */
  get releaseUrl(): string {
    return this.mirror!.url;
  }

  /** The machines' host keys, as lines of known_hosts. */
  get knownHosts(): string[] {
    return [...this.hostKeys].map(([ip, key]) => `${ip} ${key}`);
  }

  /** A machine's host key, as a line of authorized_keys. */
  hostKey(ip: string): string {
    return this.hostKeys.get(ip)!;
  }

  /** Runs a command on a machine as its `ubuntu` user. */
  run(ip: string, command: string, stdin = ""): Promise<SshResult> {
    const limits = { dialErrorLimit: 30, timeoutSeconds: 120 };
    return runOverSsh(this.target(ip), command, stdin, limits);
  }

  /** The way to a machine. */
  target(ip: string): SshTarget {
    const { privateKey } = this.login;
    return { host: ip, port: 22, user: "ubuntu", privateKey, hostKey: this.hostKey(ip) };
  }

  /** The same for one that is to succeed: what it printed. */
  async on(ip: string, command: string, stdin = ""): Promise<string> {
    const { code, stdout, output } = await this.run(ip, command, stdin);
    if (code !== 0) {
      throw new Error(`"${command}" on ${ip} ended with ${code}: ${output}`);
    }
    return stdout.trim();
  }

  /** Makes the lab's stack where it is not there yet, with these settings and the way to the machines. */
  async configure(engine: PulumiEngine, settings: Record<string, unknown>): Promise<void> {
    await writeStackFile(settings);
    await this.giveKey(engine);
  }

  /** Makes the stack, and gives it the way to the machines. */
  async giveKey(engine: PulumiEngine): Promise<void> {
    await engine.createStack();
    const stored = await engine.run(
      ["config", "set", "--secret", "sshPrivateKey"],
      () => undefined,
      { stdin: this.login.privateKey },
    );
    if (stored.exitCode !== 0) {
      throw new Error(stored.output);
    }
  }

  /** Takes one machine away. */
  async remove(ip: string): Promise<void> {
    await machines.removeMachine(blankId(ip));
    this.hostKeys.delete(ip);
  }

  /** Takes the machines away, and the mirror. */
  async close(): Promise<void> {
    await this.mirror?.close();
    await machines.removeEverything();
  }
}

/** Under which the lab knows the machine at this address. */
export const blankId = (ip: string) => `site-${ip}`;
