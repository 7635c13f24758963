import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { commandExists } from "../../lab/docker";
import { labDir, projectRoot } from "../../lab/paths";
import { lastLines, run } from "../../lab/run";
import type { Operation } from "../load/registers";
import { historyOf } from "./history";

const source = path.join(projectRoot, "proof", "faults", "checker");
const buildLimitSeconds = 300;
/** Seconds in practice; after this it is said that nobody knows. */
const checkLimitSeconds = 60;

/** "unknown" where the time was not enough, "not checked" where there is no checker. */
export type Linearizability = "yes" | "no" | "unknown" | "not checked";

/** Whether histories are linearizable, by porcupine. */
export class Checker {
  private constructor(private readonly program: string | undefined) {}

  /**
   * Builds the checker into the lab's cache, or is one that checks nothing where there is no Go.
   * @throws Error with Go's last lines
   */
  static async build(): Promise<Checker> {
    if (!(await commandExists("go"))) {
      return new Checker(undefined);
    }
    const program = path.join(labDir, "cache", "checker");
    await fs.mkdir(path.dirname(program), { recursive: true });
    const args = ["build", "-trimpath", "-buildvcs=false", "-o", program, "."];
    const built = await run("go", args, {
      cwd: source,
      limitSeconds: buildLimitSeconds,
      env: { CGO_ENABLED: "0" },
    });
    if (built.failed) {
      throw new Error(`the checker could not be built by Go:\n${lastLines(built.all)}`);
    }
    return new Checker(program);
  }

  /** Why nothing is checked; undefined where it is. */
  get whyNot(): string | undefined {
    return this.program === undefined
      ? "there is no Go (1.24 or later) to build the checker with"
      : undefined;
  }

  /**
   * @returns also the file that has the history, where something is wrong with it
   * @throws Error where the checker itself fails
   */
  async check(
    operations: readonly Operation[],
  ): Promise<{ linearizable: Linearizability; file?: string }> {
    if (this.program === undefined) {
      return { linearizable: "not checked" };
    }
    const input = historyOf(operations)
      .map((one) => `${JSON.stringify(one)}\n`)
      .join("");
    const checked = await run(this.program, ["-limit", `${checkLimitSeconds}s`], {
      limitSeconds: checkLimitSeconds + 30,
      input,
    });
    if (checked.failed) {
      throw new Error(`the checker failed: ${lastLines(checked.all)}`);
    }
    const { result } = JSON.parse(checked.stdout) as { result: "Ok" | "Illegal" | "Unknown" };
    if (result === "Ok") {
      return { linearizable: "yes" };
    }
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "etcd-history-"));
    const file = path.join(folder, "history.jsonl");
    await fs.writeFile(file, input);
    return { linearizable: result === "Illegal" ? "no" : "unknown", file };
  }
}
