import type { Scene } from "./fault";

/**
 * What an operator does about a member whose data is no good any more: a new machine for it, on an
 * empty volume, in one `pulumi up`.
 */
export async function replaceWithNewData({ operator, member }: Scene): Promise<void> {
  const counters = ["etcd:replacements", "etcd:dataReplacements"];
  const settings = Object.fromEntries(
    counters.map((key) => {
      const counts = (operator.settings[key] ?? {}) as Record<string, number>;
      return [key, { ...counts, [member]: (counts[member] ?? 0) + 1 }];
    }),
  );
  await operator.command("ops/replace.ts", [member, "--new-data", "--yes"], settings);
}
