import type { Settings } from "../changes/operator";
import type { Scene } from "./fault";

/** What `npm run replace -- NAME --new-data` writes into the stack's file. */
function countedUp({ operator, member }: Scene): Settings {
  const counters = ["replacements", "dataReplacements"];
  return Object.fromEntries(
    counters.map((key) => {
      const counts = (operator.settings[key] ?? {}) as Record<string, number>;
      return [key, { ...counts, [member]: (counts[member] ?? 0) + 1 }];
    }),
  );
}

/**
 * What an operator does about a machine that is gone with its data: a new one with an empty volume.
 * Pulumi first has to forget the old one, for which there is a command.
 */
export async function replaceLostMachine(scene: Scene): Promise<void> {
  const args = [scene.member, "--new-data", "--yes"];
  await scene.operator.command("operator/replace.ts", args, countedUp(scene));
}

/** The same about a machine that is there and whose data is no good any more: a plain `pulumi up`. */
export async function replaceDamagedData(scene: Scene): Promise<void> {
  scene.operator.ask(countedUp(scene));
  await scene.operator.up();
}
