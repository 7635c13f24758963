import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse } from "yaml";
import type { StackOutputs } from "../operator/stack";
import { AwsDouble } from "./aws/double";
import { commandExists, ensureDocker, type Log, stopDockerWeStarted } from "./docker";
import type { Engine } from "./engine";
import { ensureImage, removeImages } from "./image";
import { InProcessEngine } from "./inProcessEngine";
import * as machines from "./machines";
import { removeMetadataRedirect, serveMetadataTo } from "./metadata/redirect";
import { ensureReleases } from "./mirror/releases";
import { serveMirror } from "./mirror/serve";
import { labDir, makeLabDir, projectRoot } from "./paths";
import { type Show, withLines } from "./phases";
import { ensurePulumi, presentPulumi } from "./pulumiCommand";
import { PulumiEngine } from "./pulumiEngine";
import { S3Server } from "./s3/s3Server";
import {
  changeLabStackFile,
  devSettings,
  labSettings,
  removeStackFiles,
  writeLabStackFile,
} from "./stackFile";
import { statesIn, unknownOf } from "./unknown";

/** The mirror's port: always the same, so that a second run finds the same settings. */
const mirrorPort = 8379;
const s3Port = 8380;
const metadataPort = 8381;

/** An S3 while it is there. */
export interface S3Place {
  readonly s3: S3Server;
  close(): Promise<void>;
}

/** The lab as a whole: machines, mirror, AWS double and the engine that runs the program. */
export class Lab {
  readonly aws = new AwsDouble(path.join(labDir, "aws.json"), machines);

  constructor(
    private readonly log: Log,
    private readonly show: Show = withLines(log),
  ) {}

  /** The engine of the lab that is up, whole or in part; undefined where there is nothing. */
  async running(): Promise<Engine | undefined> {
    const command = await presentPulumi();
    const pulumi = new PulumiEngine(this.aws, command === undefined ? {} : { command });
    for (const engine of [pulumi, new InProcessEngine(this.aws)]) {
      if (await engine.exists()) {
        return engine;
      }
    }
    return undefined;
  }

  /**
   * The engine of the lab that is up, else the one asked for, else the best that is here or can be
   * installed.
   */
  async engine(wanted?: Engine["name"]): Promise<Engine> {
    const running = await this.running();
    if (running !== undefined && wanted !== undefined && wanted !== running.name) {
      throw new Error(`the lab is up by the other way (${running.name}): take it down first`);
    }
    return running ?? (wanted === "in-process" ? new InProcessEngine(this.aws) : this.best(wanted));
  }

  /** The Pulumi engine; where there is none, and unless it was asked for, the way without one. */
  private async best(wanted: "pulumi" | undefined): Promise<Engine> {
    try {
      return new PulumiEngine(this.aws, { command: await ensurePulumi(this.log) });
    } catch (error) {
      const reason = `pulumi is not on PATH and could not be installed: ${(error as Error).message}`;
      if (wanted === "pulumi") {
        throw new Error(`${reason}. Install it (https://www.pulumi.com/docs/install/)`);
      }
      this.log(reason);
      return new InProcessEngine(this.aws);
    }
  }

  /** The Pulumi engine, for what needs it. */
  async pulumi(): Promise<PulumiEngine> {
    const engine = await this.engine("pulumi");
    if (!(engine instanceof PulumiEngine)) {
      throw new Error("the lab is up without the Pulumi engine, and cannot be changed so");
    }
    return engine;
  }

  /**
   * Machines, mirror and the cluster, from nothing or from whatever is there.
   * @param settings changes to the dev stack's settings, such as another version
   */
  async up(engine: Engine, settings: Record<string, unknown> = {}): Promise<StackOutputs> {
    await this.withMirror(settings, () => engine.up(this.log));
    return engine.outputs();
  }

  /** Prepares what the program needs, writes the stack's settings and runs `work` with the mirror up. */
  async withMirror<T>(settings: Record<string, unknown>, work: () => Promise<T>): Promise<T> {
    await this.prepare();
    const releases = await this.release(await this.setting("version", settings));
    return this.serving(releases, await this.writeSettings(settings), work);
  }

  /**
   * The same with the settings as they stand in the stack's file: what somebody has changed there stays.
   * Where there is no such file, one is written with the dev stack's settings.
   * @param folder of another program, whose stack has a file of its own
   */
  async asItStands<T>(work: () => Promise<T>, folder = projectRoot): Promise<T> {
    await this.prepare();
    const version = await this.setting("version", (await labSettings(folder)) ?? {});
    const releases = await this.release(version);
    if (folder === projectRoot) {
      await this.settle();
    }
    const { gateway } = await machines.createNetwork(await this.range());
    return this.serving(releases, gateway, work);
  }

  /** Writes the stack's settings where there are none yet; else only where this host is, as the machines see it. */
  async settle(): Promise<void> {
    const gateway = machines.gatewayIn(await this.range());
    const settings = await labSettings();
    if (settings === undefined) {
      // `down` takes everything, so nothing needs to be said of data that stays.
      await writeLabStackFile({ ...placeSettings(gateway), deleteData: true });
      return;
    }
    const isOurs = new RegExp(`^http://[\\d.]+:${mirrorPort}$`).test(
      String(settings["releaseUrl"]),
    );
    if (isOurs && settings["releaseUrl"] !== mirrorSettings(gateway).releaseUrl) {
      const { releaseUrl, sshCidrs } = placeSettings(gateway);
      await changeLabStackFile({ releaseUrl, ...("sshCidrs" in settings && { sshCidrs }) });
    }
  }

  /** Of the machines' network. */
  async range(): Promise<string> {
    return this.setting("vpcCidr", (await labSettings()) ?? {});
  }

  private async prepare(): Promise<void> {
    makeLabDir();
    await this.show(
      { title: "Docker", usually: "installed and started where it is not, in a minute" },
      ensureDocker,
    );
    await this.show(
      { title: "The machines' image", usually: "built once, in one or two minutes" },
      ensureImage,
    );
  }

  /** The folder of releases, with this one in it. */
  private release(version: string): Promise<string> {
    const usually =
      "downloaded once, in ten seconds; built with Go where GitHub does not answer, in three minutes";
    return this.show({ title: `etcd ${version}`, usually }, (log) =>
      ensureReleases([version], log),
    );
  }

  private async serving<T>(folder: string, gateway: string, work: () => Promise<T>): Promise<T> {
    const mirror = await serveMirror(folder, gateway, mirrorPort).catch((error: Error) => {
      const { code } = error as NodeJS.ErrnoException;
      throw code === "EADDRINUSE"
        ? new Error(
            `port ${mirrorPort} of ${gateway} is in use: another command of the lab is at work. Wait for it, and try again`,
          )
        : error;
    });
    try {
      return await work();
    } finally {
      await mirror.close();
    }
  }

  /** After an update that was killed: what it has left is made good, and told. */
  async recover(engine: PulumiEngine): Promise<void> {
    if (!(await engine.exists())) return;
    const isTorn = await engine.recoverState();
    if (!(await engine.waitForOthers(this.log)) && !isTorn) return;
    // The lock goes last: a recovery that is itself interrupted is done again.
    const deleted = await this.deleteUnknown();
    await engine.releaseLock();
    const what = deleted.length > 0 ? ` Deleted what no state knows: ${deleted.join(", ")}.` : "";
    this.log(`An earlier pulumi was interrupted, and its lock is released.${what}`);
  }

  /**
   * Deletes what AWS has and no stack of the lab knows: what it was making when the engine was killed. It would be in
   * the way of the next one's, by its address, its range or its name. Volumes and buckets are in nobody's way, and may
   * have been kept on purpose.
   * @returns what it was
   */
  async deleteUnknown(): Promise<string[]> {
    const unknown = unknownOf(await this.aws.list(), await statesIn(stacksDir));
    // All at once: each waits for those that depend on it.
    await Promise.all(unknown.map(({ type, id }) => this.aws.delete(type, id)));
    return unknown.map(({ type, id }) => `${type} ${id}`);
  }

  /**
   * An S3 that machines and this host reach, empty but for the buckets that the stack has, and the
   * credentials of their roles for the machines. Its address is always the same, so it may be in
   * the settings. To be closed before the lab is taken down.
   * @param settings changes to the dev stack's settings that `up` will be given, too
   */
  async serveS3(settings: Record<string, unknown> = {}): Promise<S3Place> {
    await ensureDocker(this.log);
    const cidr = await this.setting("vpcCidr", settings);
    const { gateway } = await machines.createNetwork(cidr);
    const s3 = await S3Server.start(gateway, s3Port, this.log);
    try {
      await this.aws.useS3(s3);
      const metadata = await serveMetadataTo(cidr, gateway, metadataPort, {
        roleAt: (address) => this.aws.roleAt(address),
        assumeRole: (role) => s3.assumeRole(role),
      });
      const close = async () => {
        await metadata.close();
        this.aws.leaveS3();
        await s3.close();
      };
      return { s3, close };
    } catch (error) {
      this.aws.leaveS3();
      await s3.close();
      throw error;
    }
  }

  /** Writes the lab stack's settings and gives the address of this host that the machines see. */
  async writeSettings(changes: Record<string, unknown>): Promise<string> {
    const { gateway } = await machines.createNetwork(await this.setting("vpcCidr", changes));
    await writeLabStackFile({ ...placeSettings(gateway), ...changes });
    return gateway;
  }

  /** Takes everything away but the caches of what was downloaded and built. */
  async down(): Promise<void> {
    const engine = await this.running();
    await ensureDocker(this.log);
    await engine?.down(this.log);
    await this.clear();
  }

  /**
   * The same without asking the engine: all that it has made is on this machine.
   * @param all what was downloaded and built, too
   */
  async clear({ all = false } = {}): Promise<void> {
    // Without Docker there are no machines.
    if (await commandExists("docker")) {
      await ensureDocker(this.log);
      await machines.removeEverything();
      await removeMetadataRedirect();
      if (all) {
        await removeImages();
      }
      await stopDockerWeStarted(this.log);
    }
    await removeStackFiles();
    for (const entry of await fs.readdir(labDir).catch(() => [])) {
      if (all || entry !== "cache") {
        await fs.rm(path.join(labDir, entry), { recursive: true, force: true });
      }
    }
  }

  /** A setting of the lab's stack that is a text. */
  private async setting(name: string, changes: Record<string, unknown>): Promise<string> {
    const settings = { ...(await devSettings()), ...changes };
    return (settings[name] as string | undefined) ?? (await projectDefault(name));
  }
}

/** What only a place can know, on the lab's EC2. */
const placeSettings = (gateway: string) => ({
  sshCidrs: [`${gateway}/32`],
  ...mirrorSettings(gateway),
  // There is an S3 only while somebody serves one.
  snapshotUpload: false,
});

/** The states of the lab's stacks, of whatever program. */
const stacksDir = path.join(labDir, "state", ".pulumi", "stacks");

/** Where a program finds releases while the lab serves them. */
export const mirrorSettings = (gateway: string) => ({
  releaseUrl: `http://${gateway}:${mirrorPort}`,
  // Built here where GitHub does not answer (mirror/releases.ts).
  ownReleases: true,
});

/**
 * The default of a setting that is a text.
 * @param folder of another program
 */
export async function projectDefault(setting: string, folder = projectRoot): Promise<string> {
  const text = await fs.readFile(path.join(folder, "Pulumi.yaml"), "utf8");
  const project = parse(text) as { config: Record<string, { default: string }> };
  return project.config[setting]!.default;
}
