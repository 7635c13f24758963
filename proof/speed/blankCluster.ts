import * as path from "node:path";
import { AwsDouble } from "../../lab/aws/double";
import { type Blank, BlankMachines } from "../../lab/blankMachines";
import type { Log } from "../../lab/docker";
import * as machines from "../../lab/machines";
import { labDir } from "../../lab/paths";
import { PulumiEngine, up } from "../../lab/pulumiEngine";
import { askHealth } from "../../components/etcd/remote/health";
import type { StackOutputs } from "../../operator/stack";
import { pulumi } from "./pulumi";
import { olderVersion, version } from "./versions";

const cidr = "10.64.0.0/24";

export type Settings = Readonly<Record<string, unknown>>;

/** Blank machines and the program's stack on them, again and again from nothing. */
export class BlankCluster {
  readonly engine = new PulumiEngine(new AwsDouble(path.join(labDir, "aws.json"), machines));
  readonly site = new BlankMachines();
  blanks: Blank[] = [];

  constructor(private readonly log: Log) {}

  /** Runs `work` with a network and a mirror, and leaves nothing of it. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    await this.site.prepare(cidr, [olderVersion, version], this.log);
    try {
      return await work();
    } finally {
      await this.clear();
      await this.site.close();
    }
  }

  /** Boots so many blank machines and waits until they are at rest. */
  async boot(count: number): Promise<void> {
    this.blanks = Array.from({ length: count }, (_, index) => ({
      name: `controller-${index}`,
      ip: `10.64.0.${10 + index}`,
    }));
    await Promise.all(this.blanks.map((blank) => this.site.bootBlank(blank)));
    // Ends with 1 where a unit of the system has failed, which is no concern here.
    const wait = "timeout 30 systemctl is-system-running --wait >/dev/null || true";
    await Promise.all(this.blanks.map(({ ip }) => this.site.on(ip, wait)));
  }

  /** Seconds of a whole `pulumi up` with these settings. */
  async up(settings: Settings = {}): Promise<number> {
    await this.site.configure(this.engine, { ...this.settings(), ...settings });
    return (await pulumi(this.engine, up, this.log)).seconds;
  }

  /** The outputs of a cluster that is healthy now. */
  async healthyOutputs(): Promise<StackOutputs> {
    const outputs = await this.engine.outputs();
    const { healthy, verdict } = await askHealth(outputs);
    if (!healthy) {
      throw new Error(`the cluster is not healthy: ${verdict}`);
    }
    return outputs;
  }

  /** Takes the machines away and forgets the stack. */
  async clear(): Promise<void> {
    await Promise.all(this.blanks.map(({ ip }) => this.site.remove(ip)));
    this.blanks = [];
    await this.engine.forget();
  }

  private settings(): Settings {
    return {
      machines: this.blanks.map(({ name, ip }) => ({ name, address: ip })),
      sshUser: "ubuntu",
      version,
      knownHosts: this.site.knownHosts,
      releaseUrl: this.site.releaseUrl,
      ownReleases: true,
    };
  }
}
