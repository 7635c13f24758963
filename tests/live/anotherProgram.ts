import { rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { stringify } from "yaml";
import { expect } from "vitest";
import { AwsDouble } from "../../lab/aws/double";
import { type Blank, BlankMachines } from "../../lab/blankMachines";
import * as machines from "../../lab/machines";
import { labDir } from "../../lab/paths";
import { PulumiEngine, type PulumiRun } from "../../lab/pulumiEngine";

/** A program of somebody else's, in the lab, under the real engine: a stack of its own, on blank machines. */
export class AnotherProgram {
  readonly site = new BlankMachines();
  private readonly engine: PulumiEngine;

  /** @param folder its own */
  constructor(private readonly folder: string) {
    this.engine = new PulumiEngine(new AwsDouble(path.join(labDir, "aws.json"), machines), {
      folder,
    });
  }

  /**
   * Boots the machines and makes the stack.
   * @param config of the stack, asked for when there are machines; the key to them is put to it
   */
  async start(blanks: Blank[], versions: string[], config: () => object): Promise<void> {
    await this.site.prepare("10.64.0.0/14", versions);
    await Promise.all(blanks.map((blank) => this.site.bootBlank(blank)));
    await writeFile(this.file, stringify({ config: config() }));
    await this.succeed(["stack", "init", "--no-select"]);
    const { privateKey } = this.site["login"];
    await this.succeed(["config", "set", "--secret", "sshPrivateKey"], privateKey);
  }

  async stop(): Promise<void> {
    await this.pulumi(["stack", "rm", "--yes", "--force"]);
    await rm(this.file, { force: true });
    await this.site.close();
  }

  pulumi(args: string[], stdin = ""): Promise<PulumiRun> {
    return this.engine.run(args, () => undefined, { stdin });
  }

  async succeed(args: string[], stdin = ""): Promise<string> {
    const { exitCode, output } = await this.pulumi(args, stdin);
    expect(exitCode, output).toBe(0);
    return output;
  }

  /** Runs one of the operator's commands on its stack, such as `operator/health.ts`. */
  command(program: string, ...args: string[]): Promise<PulumiRun> {
    return this.engine.runCommand(program, args, () => undefined);
  }

  async set(changes: Record<string, string>): Promise<void> {
    for (const [key, value] of Object.entries(changes)) {
      await this.succeed(["config", "set", "--path", key], value);
    }
  }

  async output<Value>(name: string): Promise<Value> {
    return JSON.parse(await this.succeed(["stack", "output", name, "--json"])) as Value;
  }

  private get file(): string {
    return path.join(this.folder, "Pulumi.lab.yaml");
  }
}
