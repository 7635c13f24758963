import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { AwsDouble } from "../../../lab/aws/double";
import { type Blank, BlankMachines } from "../../../lab/blankMachines";
import { destroyInProcess, type RunResult, runInProcess } from "../../../lab/inprocess/engine";
import { loadConfig } from "../../../lab/inprocess/projectConfig";
import * as machines from "../../../lab/machines";
import { type PulumiEngine, type PulumiRun, up } from "../../../lab/pulumiEngine";
import { labDir, projectRoot } from "../../../lab/paths";
import { labStack, labStackFile, writeStackFile } from "../../../lab/stackFile";
import { ownCluster } from "../../../components/settings/names";
import { type StackOutputs, withConnections } from "../../../operator/stack";

type Settings = Record<string, unknown>;

/** Machines that exist before the program runs, and the program on them, in process. */
export class Site extends BlankMachines {
  readonly aws = new AwsDouble(path.join(labDir, "aws.json"), machines);
  private result: RunResult | undefined;
  readonly printed: string[] = [];

  /** Boots blank machines in a network and waits until each answers. */
  async boot(cidr: string, blanks: Blank[], moreUserData = ""): Promise<void> {
    await this.prepare(cidr, ["3.7.3"]);
    await Promise.all(blanks.map((blank) => this.bootBlank(blank, moreUserData)));
  }

  /** An example's settings with this site's host keys and mirror. */
  settings(example: string, changes: Settings = {}): Settings {
    const file = path.join(projectRoot, "examples", `${example}.yaml`);
    const { config } = parse(readFileSync(file, "utf8")) as { config: Settings };
    return {
      ...config,
      knownHosts: this.knownHosts,
      releaseUrl: this.releaseUrl,
      ownReleases: true,
      ...changes,
    };
  }

  /** Runs the program with an example's settings and gives its outputs. */
  async up(
    example: string,
    changes: Settings = {},
    secrets: Record<string, string> = { sshPrivateKey: this.login.privateKey },
  ): Promise<StackOutputs> {
    await writeStackFile(this.settings(example, changes));
    const config = loadConfig(projectRoot, labStackFile);
    for (const [name, value] of Object.entries(secrets)) {
      config.config[`${config.project}:${name}`] = value;
      config.secretKeys.push(`${config.project}:${name}`);
    }
    this.result = await runInProcess({
      projectRoot,
      stack: labStack,
      config,
      providers: { aws: this.aws },
      onEvent: (event) => this.printed.push(JSON.stringify(event)),
      onResources: (resources) => void (this.result = { ...emptyResult, resources }),
    });
    return withConnections(this.result.outputs, ownCluster, this.result.connections);
  }

  /** Runs the program with an example's settings under the real engine. */
  async upWithEngine(
    engine: PulumiEngine,
    example: string,
    changes: Settings = {},
  ): Promise<PulumiRun> {
    const log = (line: string) => void this.printed.push(line);
    await this.configureEngine(engine, example, changes);
    return engine.run(up, log);
  }

  /** Writes an example's settings for the real engine. */
  configureEngine(engine: PulumiEngine, example: string, changes: Settings): Promise<void> {
    return this.configure(engine, this.settings(example, changes));
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
}

const emptyResult = { outputs: {}, secretOutputs: [], resources: [], connections: {} };
