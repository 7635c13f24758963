import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { etcdctlCommand } from "../../lab/client";
import { newest } from "../../components/etcd/versions";
import { labDir } from "../../lab/paths";
import { canDraw, whileDrawn } from "../../lab/phases";
import { run } from "../../lab/run";
import { lose } from "../changes/changes";
import { Operator } from "../changes/operator";
import { type Change, Rehearsal } from "../changes/rehearsal";
import { now } from "../load/clock";
import type { Observation } from "../load/observation";
import type { Verdict } from "../load/verdict";
import { picture } from "./picture";

const { "3.6": six, "3.7": seven } = newest;

/** Something of a cluster's life, with what is worth looking at. */
interface Stop extends Change {
  readonly look: string;
}

const lost = "controller-1";

function upgradeAndLoss(signal: AbortSignal): Stop[] {
  return [
    {
      name: `An upgrade, ${six} → ${seven}`,
      look: "One member at a time is down, for a second or two. The leader goes last, and transfers its leadership first.",
      settings: { version: seven },
    },
    {
      name: `A machine is lost: ${lost}, and its volume`,
      look: "The other two go on writing. npm run replace makes a new one, and they give it the data back.",
      settings: { replacements: { [lost]: 1 }, dataReplacements: { [lost]: 1 } },
      before: async (outputs) => {
        await lose(outputs, lost);
        // Long enough to see that nobody waits for it.
        await sleep(5000, undefined, { signal });
      },
      command: { program: "operator/replace.ts", args: [lost, "--new-data", "--yes"] },
    },
  ];
}

const newAuthority: readonly Stop[] = [
  {
    name: "A new CA, 1 of 3: every member trusts both",
    look: "Each step restarts one member after the other, and no client is refused.",
    settings: { certificateAuthorities: [1, 2] },
  },
  {
    name: "A new CA, 2 of 3: certificates of the new one",
    look: "Clients take theirs out of the outputs now.",
    settings: { certificateAuthorities: [2, 1] },
  },
  {
    name: "A new CA, 3 of 3: the old one is gone",
    look: "Clients that still use the old certificate are refused from now on.",
    settings: { certificateAuthorities: [2] },
  },
];

/**
 * Walks through them on a cluster of the lab, which has to be down before, and leaves it up.
 * @returns the exit status: 1 if a promise was broken on the way
 */
export async function tour({ short }: { short: boolean }): Promise<number> {
  const stage = new Stage();
  const { operator } = stage;
  if ((await operator.lab.running()) !== undefined) {
    throw new Error(
      "the lab is up, and the tour begins with a cluster of its own: npm run lab -- down",
    );
  }
  const interrupted = new AbortController();
  const { signal } = interrupted;
  process.on("SIGINT", () => {
    // Once: a second one would make pulumi end at once, and leave half of what it does.
    if (!signal.aborted) {
      interrupted.abort();
      operator.engine.interrupt();
    }
  });
  let violations = 0;
  try {
    await stage.act(`Three machines, and a cluster of etcd ${six} on them`, () =>
      operator.start({ version: six, deleteData: true }),
    );
    const rehearsal = new Rehearsal(operator, { watch: (observation) => stage.watch(observation) });
    const stops = [...upgradeAndLoss(signal), ...(short ? [] : newAuthority)];
    for (const stop of stops) {
      signal.throwIfAborted();
      console.log(`\n${stop.name}\n${stop.look}`);
      const { verdict } = await stage.act(stop.name, () => rehearsal.change(stop));
      console.log(inWords(verdict));
      violations += verdict.violations.length;
    }
    if (!short) {
      signal.throwIfAborted();
      await restore(stage);
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
    console.log(
      "\nStopped. npm run lab brings the cluster to what its settings say; npm run lab -- down takes it away.",
    );
    return 130;
  }
  console.log(
    "\nThat was it. The cluster is yours: npm run lab -- --help; npm run lab -- down takes it away.",
  );
  return violations > 0 ? 1 : 0;
}

/** Without load: what was written after the snapshot is gone with it, which is what a restore is. */
async function restore(stage: Stage): Promise<void> {
  const { operator } = stage;
  const name = "A restore: somebody deletes what they should not have";
  console.log(`\n${name}\nA snapshot, the deletion, and the cluster begins again from that file.`);
  const file = path.join(labDir, "tour.db");
  const found = await stage.act(name, async () => {
    await etcdctl(operator, ["put", "orders", "all of them"]);
    await fs.rm(file, { force: true });
    await operator.command("operator/snapshot.ts", ["--to", file], {});
    await etcdctl(operator, ["del", "orders"]);
    operator.ask({ restoreFrom: file, restoreOverData: true });
    await operator.up();
    return etcdctl(operator, ["get", "orders", "--print-value-only"]);
  });
  if (found.trim() !== "all of them") {
    throw new Error(`the restored cluster has "${found.trim()}" at orders, expected "all of them"`);
  }
  console.log(`  etcdctl get orders: ${found.trim()}`);
}

async function etcdctl(operator: Operator, args: string[]): Promise<string> {
  const [command, ...words] = await etcdctlCommand(operator.outputs);
  const { failed, stdout, stderr } = await run(command!, [...words, ...args], { limitSeconds: 30 });
  if (failed) {
    throw new Error(`etcdctl ${args[0]} failed: ${stderr}`);
  }
  return stdout;
}

function inWords({ writer, sampler, lost: { missing, altered }, violations }: Verdict): string {
  return [
    `  ${writer.puts} puts, ${writer.failed.length} failed; the longest time without one ${writer.longestGapMs.toFixed()} ms` +
      ` (the writer itself stood still for ${writer.longestOwnStallMs.toFixed()} ms); members down at once: ${sampler.mostDownAtOnce}`,
    ...(missing.length + altered.length === 0 ? ["  Every acknowledged put was read back."] : []),
    ...violations.map((violation) => `  VIOLATION: ${violation}`),
  ].join("\n");
}

/** Where it is shown: a picture that is drawn again and again on a terminal; elsewhere nothing but the results. */
class Stage {
  readonly operator = new Operator((line) => (this.said = line.trim() || this.said));
  private said = "";
  private observation: Observation | undefined;

  /** What is seen from now on, until the act is over. */
  watch(observation: Observation): void {
    this.observation = observation;
  }

  async act<T>(title: string, work: () => Promise<T>): Promise<T> {
    if (!canDraw()) {
      return work();
    }
    try {
      return await whileDrawn(title, (seconds) => this.draw(title, seconds), work);
    } finally {
      this.observation = undefined;
    }
  }

  private draw(title: string, seconds: number): string {
    const { observation, said } = this;
    if (observation === undefined) {
      return `${title} (${seconds.toFixed()} s)\n  pulumi: ${said}`;
    }
    const { members } = observation.sampler.history();
    const watched = members.filter(({ forgotten }) => !forgotten);
    const { puts } = observation.writer.history();
    const scene = { title, seconds, members: watched, puts, nowMs: now(), said };
    return picture(scene, process.stderr.columns);
  }
}
