import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Log } from "../../lab/docker";
import { labDir } from "../../lab/paths";
import { type PulumiEngine, up } from "../../lab/pulumiEngine";
import { pulumi } from "./pulumi";

const folder = path.join(labDir, "empty");

/** Plain JavaScript, as a compiler leaves it, so that nothing is compiled when it runs. */
const program = `"use strict";
require("@pulumi/pulumi");
require("@pulumi/aws");
require("@pulumi/command");
require("@pulumi/tls");
`;

const project = `name: empty
runtime:
  name: nodejs
  options:
    typescript: false
main: index.js
`;

/**
 * The reference for what the engine and the packages take by themselves: a program that imports what
 * ours does and makes nothing, in the same environment.
 */
export class EmptyProgram {
  private readonly engine: PulumiEngine;

  constructor(
    engine: PulumiEngine,
    private readonly log: Log,
  ) {
    this.engine = engine.elsewhere(folder);
  }

  /** Runs `work` with a stack of its own, not yet made by an `up`. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    await fs.mkdir(folder, { recursive: true });
    await fs.writeFile(path.join(folder, "Pulumi.yaml"), project);
    await fs.writeFile(path.join(folder, "index.js"), program);
    await fs.writeFile(path.join(folder, "package.json"), '{ "name": "empty", "private": true }\n');
    await this.pulumi(["stack", "init", "--no-select"]);
    try {
      return await work();
    } finally {
      await this.pulumi(["stack", "rm", "--yes", "--force"]);
      await fs.rm(folder, { recursive: true });
    }
  }

  /** Seconds of its `pulumi up`. */
  up(): Promise<number> {
    return this.pulumi(up);
  }

  /** Seconds of its `pulumi preview`. */
  preview(env: Record<string, string> = {}): Promise<number> {
    return this.pulumi(["preview"], env);
  }

  private async pulumi(args: string[], env: Record<string, string> = {}): Promise<number> {
    return (await pulumi(this.engine, args, this.log, { env })).seconds;
  }
}
