import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Desired } from "../components/etcd/rollout/desired";
import { type Project, stackFile } from "./project";
import { runPulumi } from "./pulumi";

/** The settings that count how often something of a member was made anew. */
export type CounterName = "replacements" | "dataReplacements";

/** What a member's counters are to be. */
export interface Counts {
  readonly member: string;
  readonly counts: Readonly<Partial<Record<CounterName, number>>>;
}

/** Under which names the change that was admitted last has them. */
const generations = {
  replacements: "machineGeneration",
  dataReplacements: "dataGeneration",
} as const satisfies Record<CounterName, string>;

/** Whether a change with these counts was admitted, so that going back would be another change. */
export function wasAdmitted({ member, counts }: Counts, attempted: Desired | undefined): boolean {
  const admitted = attempted?.members[member];
  return entriesOf(counts).every(
    ([name, count]) => admitted !== undefined && admitted[generations[name]] >= count,
  );
}

/** A member's counters in a stack's settings, while it is open whether they stay there. */
export class Counters {
  private readonly file: string;
  /** Undefined where there is no such file. */
  private readonly before: string | undefined;
  private after: string | undefined;
  private readonly written: [CounterName, number][] = [];

  /**
   * @param stack as the commands that follow name it
   * @param fullName its full name
   */
  constructor(
    project: Project,
    private readonly stack: string | undefined,
    fullName: string,
    private readonly wanted: Counts,
  ) {
    this.file = stackFile(project, fullName);
    this.before = this.read();
  }

  /** The settings as a person would set them. */
  get lines(): string[] {
    return entriesOf(this.wanted.counts).map(
      ([name, count]) => `pulumi config set --path ${this.key(name)} ${count}`,
    );
  }

  /** @throws Error where one could not be written; others may have been */
  async write(): Promise<void> {
    for (const [name, count] of entriesOf(this.wanted.counts)) {
      await runPulumi(["config", "set", "--path", this.key(name), String(count)], this.stack);
      this.written.push([name, count]);
      this.after = this.read();
    }
  }

  /**
   * Makes the settings what they were. The file is so to the byte, unless somebody else has changed it
   * meanwhile: then the counters alone are.
   * @throws Error with what is to be done by hand
   */
  async putBack(): Promise<void> {
    if (this.after !== this.read() || this.before === this.after) {
      await this.countDown();
    } else if (this.before === undefined) {
      rmSync(this.file);
    } else {
      writeFileSync(this.file, this.before);
    }
  }

  private async countDown(): Promise<void> {
    for (const [name, count] of this.written) {
      const words =
        count > 1
          ? ["config", "set", "--path", this.key(name), String(count - 1)]
          : ["config", "rm", "--path", this.key(name)];
      await runPulumi(words, this.stack).catch((error: Error) => {
        const command = ["pulumi", ...words].join(" ");
        throw new Error(
          `${this.key(name)} could not be put back (${error.message}). By hand: ${command}`,
        );
      });
    }
  }

  /** Where they are, for people. */
  get where(): string {
    return this.before === undefined ? "the stack's settings" : path.basename(this.file);
  }

  private key(name: CounterName): string {
    return `${name}.${this.wanted.member}`;
  }

  private read(): string | undefined {
    return existsSync(this.file) ? readFileSync(this.file, "utf8") : undefined;
  }
}

function entriesOf(counts: Counts["counts"]): [CounterName, number][] {
  return Object.entries(counts) as [CounterName, number][];
}
