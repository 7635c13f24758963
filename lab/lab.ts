import * as fs from "node:fs/promises";
import * as path from "node:path";
import { parse } from "yaml";
import type { StackOutputs } from "../operator/stack";
import { AwsDouble } from "./aws/double";
import { ensureDocker, type Log, stopDockerWeStarted } from "./docker";
import type { Engine } from "./engine";
import { ensureImage } from "./image";
import { InProcessEngine } from "./inProcessEngine";
import * as machines from "./machines";
import { removeMetadataRedirect, serveMetadataTo } from "./metadata/redirect";
import { ensureReleases } from "./mirror/releases";
import { serveMirror } from "./mirror/serve";
import { labDir, projectRoot } from "./paths";
import { ensurePulumi, presentPulumi } from "./pulumiCommand";
import { PulumiEngine } from "./pulumiEngine";
import { S3Server } from "./s3/s3Server";
import { devSettings, labStackFile, writeLabStackFile } from "./stackFile";

/** The mirror's port: always the same, so that a second run finds the same settings. */
const mirrorPort = 8379;
const s3Port = 8380;
const metadataPort = 8381;

/** A phase of bringing the lab up and how long it took, in seconds. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

/** An S3 while it is there. */
export interface S3Place {
  readonly s3: S3Server;
  close(): Promise<void>;
}

/** The lab as a whole: machines, mirror, AWS double and the engine that runs the program. */
export class Lab {
  readonly phases: Phase[] = [];
  readonly aws = new AwsDouble(path.join(labDir, "aws.json"), machines);

  constructor(private readonly log: Log) {}

  /** The engine of the lab that is up, whole or in part; undefined where there is nothing. */
  async running(): Promise<Engine | undefined> {
    const pulumi = new PulumiEngine(this.aws, await presentPulumi());
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
      return new PulumiEngine(this.aws, await ensurePulumi(this.log));
    } catch (error) {
      const reason = `pulumi is not on PATH and could not be installed: ${(error as Error).message}`;
      if (wanted === "pulumi") {
        throw new Error(`${reason}. Install it (https://www.pulumi.com/docs/install/)`);
      }
      this.log(reason);
      return new InProcessEngine(this.aws);
    }
  }

  /**
   * Machines, mirror and the cluster, from nothing or from whatever is there.
   * @param settings changes to the dev stack's settings, such as another version
   */
  async up(engine: Engine, settings: Record<string, unknown> = {}): Promise<StackOutputs> {
    await this.withMirror(settings, async () => {
      await this.phase(`cluster (${engine.name})`, () => engine.up(this.log));
    });
    return engine.outputs();
  }

  /** Prepares what the program needs, writes the stack's settings and runs `work` with the mirror up. */
  async withMirror<T>(settings: Record<string, unknown>, work: () => Promise<T>): Promise<T> {
    await this.phase("Docker", () => ensureDocker(this.log));
    await this.phase("machine image", () => ensureImage(this.log));
    const version = await this.setting("version", settings);
    const folder = await this.phase(`etcd ${version}`, () => ensureReleases([version], this.log));
    const gateway = await this.writeSettings(settings);
    const mirror = await serveMirror(folder, gateway, mirrorPort);
    try {
      return await work();
    } finally {
      await mirror.close();
    }
  }

  /**
   * An S3 that machines and this host reach, empty but for the buckets that the stack has, and the
   * credentials of their roles for the machines. Its address is always the same, so it may be in
   * the settings. To be closed before the lab is taken down.
   * @param settings changes to the dev stack's settings that `up` will be given, too
   */
  async serveS3(settings: Record<string, unknown> = {}): Promise<S3Place> {
    await this.phase("Docker", () => ensureDocker(this.log));
    const cidr = await this.setting("vpcCidr", settings);
    const { gateway } = await machines.createNetwork(cidr);
    const s3 = await this.phase("S3", () => S3Server.start(gateway, s3Port, this.log));
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
    await writeLabStackFile({
      sshCidrs: [`${gateway}/32`],
      releaseUrl: `http://${gateway}:${mirrorPort}`,
      // Built here where GitHub does not answer (mirror/releases.ts).
      ownReleases: true,
      // There is an S3 only while somebody serves one.
      snapshotUpload: false,
      ...changes,
    });
    return gateway;
  }

  /** Takes everything away but the caches of what was downloaded and built. */
  async down(): Promise<void> {
    const engine = await this.running();
    await ensureDocker(this.log);
    await engine?.down(this.log);
    await machines.removeEverything();
    await removeMetadataRedirect();
    await stopDockerWeStarted(this.log);
    await fs.rm(labStackFile, { force: true });
    for (const entry of await fs.readdir(labDir).catch(() => [])) {
      if (entry !== "cache") {
        await fs.rm(path.join(labDir, entry), { recursive: true, force: true });
      }
    }
  }

  /** A setting of the lab's stack that is a text. */
  private async setting(name: string, changes: Record<string, unknown>): Promise<string> {
    const settings = { ...(await devSettings()), ...changes };
    return (settings[name] as string | undefined) ?? (await projectDefault(name));
  }

  private async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work();
    this.phases.push({ name, seconds: (performance.now() - start) / 1000 });
    return result;
  }
}

async function projectDefault(setting: string): Promise<string> {
  const text = await fs.readFile(path.join(projectRoot, "Pulumi.yaml"), "utf8");
  const project = parse(text) as { config: Record<string, { default: string }> };
  return project.config[setting]!.default;
}
