import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { controllerUserData } from "../../../components/aws/userData";
import { AwsDouble } from "../../../lab/aws/double";
import { ensureDocker } from "../../../lab/docker";
import { ensureImage } from "../../../lab/image";
import { destroyInProcess, type RunResult, runInProcess } from "../../../lab/inprocess/engine";
import { loadConfig } from "../../../lab/inprocess/projectConfig";
import * as machines from "../../../lab/machines";
import { ensureReleases } from "../../../lab/mirror/releases";
import { type Mirror, serveMirror } from "../../../lab/mirror/serve";
import type { PulumiEngine, PulumiRun } from "../../../lab/pulumiEngine";
import { labDir, projectRoot } from "../../../lab/paths";
import { labStack, labStackFile, writeStackFile } from "../../../lab/stackFile";
import { runOverSsh, type SshResult } from "../../../live/ssh";
import type { StackOutputs } from "../../../live/stackOutputs";
import { type KeyPair, makeKeyPair } from "../keyPair";

/** A blank machine that a person has. */
export interface Blank {
  readonly name: string;
  readonly ip: string;
}

type Settings = Record<string, unknown>;

/** Machines that exist before the program runs, and the program on them, in process. */
export class Site {
  readonly aws = new AwsDouble(path.join(labDir, "aws.json"), machines);
  private readonly hostKeys = new Map<string, string>();
  private mirror: Mirror | undefined;
  /** This host's address as the machines see it. */
  gateway = "";
  /** The folder of the releases that the mirror serves. */
  releases = "";
  private login!: KeyPair;
  private result: RunResult | undefined;
  readonly printed: string[] = [];

  /** Boots blank machines in a network and waits until each answers. */
  async boot(cidr: string, blanks: Blank[], moreUserData = ""): Promise<void> {
    await ensureDocker(() => undefined);
    await ensureImage(() => undefined);
    this.login = await makeKeyPair();
    this.gateway = (await machines.createNetwork(cidr)).gateway;
    this.releases = await ensureReleases(["3.7.3"], () => undefined);
    this.mirror = await serveMirror(this.releases, this.gateway);
    await Promise.all(blanks.map((blank) => this.bootBlank(blank, moreUserData)));
  }

  /** Boots a blank machine and waits until it answers. */
  async bootBlank({ name, ip }: Blank, moreUserData = ""): Promise<void> {
    const host = await makeKeyPair();
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
      instanceId: `site-${ip}`,
    });
    await this.on(ip, "cloud-init status --wait >/dev/null; true");
  }

  /** A machine's host key, as a line of authorized_keys. */
  hostKey(ip: string): string {
    return this.hostKeys.get(ip)!;
  }

  /** Runs a command on a machine as its `ubuntu` user. */
  run(ip: string, command: string, stdin = ""): Promise<SshResult> {
    const { privateKey } = this.login;
    const target = { host: ip, user: "ubuntu", privateKey, hostKey: this.hostKey(ip) };
    return runOverSsh(target, command, stdin, { dialErrorLimit: 30, timeoutSeconds: 120 });
  }

  /** The same for one that is to succeed: what it printed. */
  async on(ip: string, command: string): Promise<string> {
    const { code, stdout, output } = await this.run(ip, command);
    if (code !== 0) {
      throw new Error(`"${command}" on ${ip} ended with ${code}: ${output}`);
    }
    return stdout.trim();
  }

  /** An example's settings with this site's host keys and mirror. */
  settings(example: string, changes: Settings = {}): Settings {
    const file = path.join(projectRoot, "examples", `${example}.yaml`);
    const { config } = parse(readFileSync(file, "utf8")) as { config: Settings };
    return {
      ...config,
      "etcd:knownHosts": [...this.hostKeys].map(([ip, key]) => `${ip} ${key}`),
      "etcd:releaseUrl": this.mirror!.url,
      ...changes,
    };
  }

  /** Runs the program with an example's settings and gives its outputs. */
  async up(example: string, changes: Settings = {}, secrets?: Settings): Promise<StackOutputs> {
    await writeStackFile(this.settings(example, changes));
    const config = loadConfig(projectRoot, labStackFile);
    const encrypted = secrets ?? { "etcd:sshPrivateKey": this.login.privateKey };
    Object.assign(config.config, encrypted);
    config.secretKeys.push(...Object.keys(encrypted));
    this.result = await runInProcess({
      projectRoot,
      stack: labStack,
      config,
      providers: { aws: this.aws },
      onEvent: (event) => this.printed.push(JSON.stringify(event)),
      onResources: (resources) => void (this.result = { ...emptyResult, resources }),
    });
    return this.result.outputs as unknown as StackOutputs;
  }

  /** Runs the program with an example's settings under the real engine. */
  async upWithEngine(
    engine: PulumiEngine,
    example: string,
    changes: Settings = {},
  ): Promise<PulumiRun> {
    const log = (line: string) => void this.printed.push(line);
    await this.configureEngine(engine, example, changes);
    return engine.run(["up", "--yes", "--skip-preview", "--suppress-outputs"], log);
  }

  /** Writes an example's settings for the real engine. */
  async configureEngine(engine: PulumiEngine, example: string, changes: Settings): Promise<void> {
    const log = (line: string) => void this.printed.push(line);
    await writeStackFile(this.settings(example, changes));
    await engine.createStack();
    const key = { stdin: this.login.privateKey };
    const stored = await engine.run(["config", "set", "--secret", "etcd:sshPrivateKey"], log, key);
    if (stored.exitCode !== 0) {
      throw new Error(stored.output);
    }
  }

  /** Destroys what the last `up` made. */
  async destroy(): Promise<void> {
    await destroyInProcess(
      this.result?.resources ?? [],
      { aws: this.aws },
      { onEvent: (event) => this.printed.push(JSON.stringify(event)) },
    );
    this.result = undefined;
  }

  /** Takes the machines away, and everything else of the site. */
  async close(): Promise<void> {
    await this.mirror?.close();
    await machines.removeEverything();
  }
}

const emptyResult = { outputs: {}, secretOutputs: [], resources: [] };
