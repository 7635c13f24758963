import * as fs from "node:fs";
import * as path from "node:path";
import { ownCluster } from "../components/settings/names";
import { type StackOutputs, withConnections } from "../operator/stack";
import type { AwsDouble } from "./aws/double";
import type { Log } from "./docker";
import type { Engine } from "./engine";
import type { EngineEvent, ResourceRecord } from "./inprocess/engine";
import { loadConfig } from "./inprocess/projectConfig";
import { labDir, makeLabDir, projectRoot } from "./paths";
import { labStack, labStackFile } from "./stackFile";

const resourcesFile = path.join(labDir, "resources.json");
/** Holds the lab's keys, as a stack's state does: mode 0600, gone with the lab. */
const outputsFile = path.join(labDir, "outputs.json");

/** The program in this process, without the engine: it can create and tear down, and not change. */
export class InProcessEngine implements Engine {
  readonly name = "in-process";

  constructor(private readonly aws: AwsDouble) {}

  exists(): Promise<boolean> {
    return Promise.resolve(fs.existsSync(resourcesFile));
  }

  async up(log: Log): Promise<void> {
    if (fs.existsSync(outputsFile)) {
      log(
        "The lab is up already. Without the Pulumi engine it cannot be changed, only taken down.",
      );
      return;
    }
    if (await this.exists()) {
      log("An earlier run was not finished: starting over");
      await this.down(log);
    }
    // Pulumi's SDK takes seconds to load, also for a command that only asks.
    const { runInProcess } = await import("./inprocess/engine.js");
    const { outputs, connections } = await runInProcess({
      projectRoot,
      stack: labStack,
      config: loadConfig(projectRoot, labStackFile),
      providers: { aws: this.aws },
      onEvent: (event) => log(describe(event)),
      onResources: (resources) => writeJson(resourcesFile, resources),
    });
    writeJson(outputsFile, withConnections(outputs, ownCluster, connections));
  }

  outputs(): Promise<StackOutputs> {
    const outputs = readJson(outputsFile) as StackOutputs | undefined;
    return outputs === undefined
      ? Promise.reject(new Error("the lab did not come up: npm run lab"))
      : Promise.resolve(outputs);
  }

  async down(log: Log): Promise<void> {
    const resources = (readJson(resourcesFile) ?? []) as ResourceRecord[];
    const { destroyInProcess } = await import("./inprocess/engine.js");
    await destroyInProcess(
      resources,
      { aws: this.aws },
      {
        onEvent: (event) => log(describe(event)),
        onResources: (left) => writeJson(resourcesFile, left),
      },
    );
    fs.rmSync(outputsFile, { force: true });
    fs.rmSync(resourcesFile, { force: true });
  }
}

function describe(event: EngineEvent): string {
  switch (event.kind) {
    case "created":
    case "deleted":
      return `${event.kind} ${event.name} (${event.type}) in ${event.seconds.toFixed(1)} s`;
    case "failed":
      return `failed ${event.name} (${event.type}): ${event.message}`;
    case "output":
      return event.line;
    case "log":
      return `${event.severity}: ${event.message}`;
  }
}

function readJson(file: string): unknown {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : undefined;
}

/**
 * Whole or not at all: a process that is killed while it writes leaves the old file. Synchronous,
 * because resources end at the same time and their writes must not cross.
 */
function writeJson(file: string, value: unknown): void {
  makeLabDir();
  fs.writeFileSync(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}
