import * as ipaddr from "ipaddr.js";
import * as path from "node:path";
import { quote } from "../components/etcd/scripts";
import { UsageError } from "../operator/commandLine";
import { readProject } from "../operator/project";
import { type Blank, blankId, BlankMachines } from "./blankMachines";
import { makeSshDir } from "./client";
import { bringUp, openLab } from "./commands";
import type { Log } from "./docker";
import { type Lab, mirrorSettings, projectDefault } from "./lab";
import { machineExists } from "./machines";
import { coredns, kubeApiserver, patroni } from "./mirror/consumers";
import { ensureRelease, type Release } from "./mirror/releases";
import { writeSsh } from "./ownMachines";
import { projectRoot } from "./paths";
import { type PulumiEngine, up } from "./pulumiEngine";
import { changeLabStackFile, labSettings, labStack, writeStackFileElsewhere } from "./stackFile";

/** A later stage of which there is a program in examples/later-stages. */
interface Stage {
  /** What the cluster's setting `clients` is to have for it. */
  readonly clients: Readonly<Record<string, object>>;
  /** Where its machines are, counted from the end of the lab's range. */
  readonly places: readonly number[];
  readonly release: (version: string) => Release;
  /** Its setting of where that comes from, and the value of it below the mirror. */
  readonly from: readonly [setting: string, below: string];
  /** The check on its first machine that tells its health, for root. */
  readonly health: string;
}

export const stages = {
  kubernetes: {
    clients: { "kube-apiserver": { preset: "kubernetes" } },
    places: [2],
    release: kubeApiserver,
    from: ["downloadUrl", "kubernetes"],
    health: "/opt/kube-apiserver/health",
  },
  patroni: {
    clients: { patroni: { preset: "patroni" } },
    places: [3, 4],
    release: patroni,
    from: ["wheelsUrl", "patroni"],
    health: "/opt/patroni/health",
  },
  coredns: {
    clients: {
      coredns: { preset: "coredns" },
      "dns-records": { role: "readwrite", prefixes: ["/skydns/"], password: true },
    },
    places: [5],
    release: coredns,
    from: ["downloadUrl", "coredns"],
    health: "/opt/coredns/health",
  },
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof stages;

/** Runs a later stage's program beside the lab's cluster, of which the stage is a client. */
export async function stage([name, ...others]: readonly string[]): Promise<number> {
  if (name === undefined || !Object.hasOwn(stages, name) || others.length > 0) {
    throw new UsageError(`expected one of ${Object.keys(stages).join(", ")}`);
  }
  const lab = await openLab();
  const cluster = await lab.pulumi();
  const own = new LabStage(name as StageName, lab, cluster);
  await own.askForClients(console.error);
  const status = await lab.asItStands(async () => {
    const clusterStatus = await bringUp(lab, cluster);
    if (clusterStatus !== 0) return clusterStatus;
    await own.prepare(console.error);
    await lab.recover(own.engine);
    return own.engine.runInTerminal(up);
  });
  if (status !== 0) {
    console.error(
      `${name} is not up. npm run lab -- stage ${name} goes on from here; npm run lab -- down takes all of it away.`,
    );
    return status;
  }
  await own.engine.runInTerminal(["stack", "output", "health", "--json"]);
  const config = path.join(await makeSshDir(name), "config");
  const { health } = stages[name as StageName];
  console.error(`\nHow it is now: ssh -F ${quote(config)} ${name}-0 sudo ${health}`);
  return 0;
}

/** A later stage in the lab: its machines, and its stack beside that of the cluster. */
export class LabStage {
  readonly engine: PulumiEngine;
  readonly site = new BlankMachines();
  private readonly stage: Stage;
  private readonly folder: string;

  /** @param cluster the engine of the lab's own stack */
  constructor(
    private readonly name: StageName,
    private readonly lab: Lab,
    cluster: PulumiEngine,
  ) {
    this.stage = stages[name];
    this.folder = path.join(projectRoot, "examples", "later-stages", name);
    this.engine = cluster.elsewhere(this.folder);
  }

  /** Adds the clients that the stage is to the settings of the lab's stack, where they are missing. */
  async askForClients(log: Log): Promise<void> {
    await this.lab.settle();
    const there = ((await labSettings())?.["clients"] ?? {}) as Record<string, unknown>;
    const missing = Object.keys(this.stage.clients).filter((client) => !(client in there));
    if (missing.length === 0) return;
    await changeLabStackFile({ clients: { ...this.stage.clients, ...there } });
    log(`The cluster gets ${missing.join(" and ")} among its clients.`);
  }

  /** Its machines, in the lab's network. */
  async blanks(): Promise<Blank[]> {
    const last = ipaddr.IPv4.broadcastAddressFromCIDR(await this.lab.range()).toByteArray();
    return this.stage.places.map((place, index) => ({
      name: `${this.name}-${index}`,
      ip: [...last.slice(0, 3), last[3]! - place].join("."),
    }));
  }

  /** Has its release in the mirror and, where it has none yet, machines that its stack knows of. */
  async prepare(log: Log): Promise<void> {
    const { sshPrivateKey, ...settings } = (await labSettings(this.folder)) ?? {};
    const release =
      (settings["release"] as string | undefined) ?? (await projectDefault("release", this.folder));
    await ensureRelease(this.stage.release(release), log);
    const blanks = await this.blanks();
    const there = await Promise.all(blanks.map(({ ip }) => machineExists(blankId(ip))));
    if (there.every(Boolean) && sshPrivateKey !== undefined) return;
    // Without the key, so that one who is killed from here on begins here again.
    await writeStackFileElsewhere(this.folder, settings);
    log(`Booting ${blanks.map(({ name, ip }) => `${name} (${ip})`).join(", ")}`);
    await this.site.prepareNetwork(await this.lab.range(), log);
    await Promise.all(
      blanks.map(async (blank) => {
        await this.site.remove(blank.ip);
        await this.site.bootBlank(blank);
      }),
    );
    const { name: project } = readProject(projectRoot);
    const [setting, below] = this.stage.from;
    await writeStackFileElsewhere(this.folder, {
      ...settings,
      cluster: `organization/${project}/${labStack}`,
      servers: blanks.map(({ name, ip }) => ({
        name,
        address: ip,
        hostKey: this.site.hostKey(ip),
      })),
      [setting]: `${mirrorSettings(this.site.gateway).releaseUrl}/${below}`,
    });
    await this.site.giveKey(this.engine);
    await writeSsh(this.site, blanks, this.name);
  }
}
