import type { Verdict } from "../components/etcd/cis/judgement";
import type { CisItem, CisReport } from "../components/etcd/cis/report";

/** Of each item its verdict and the reason; members are named where they differ. */
export function cisLines({ benchmark, members }: CisReport): string[] {
  const [{ items: ids } = { items: [] }] = members;
  const lines = ids.flatMap(({ id }) => {
    const judged = members.flatMap(({ name, items }) =>
      items.filter((item) => item.id === id).map((item) => ({ name, item })),
    );
    return alike(judged).flatMap(([{ verdict, title, reason }, names]) => [
      `${verdict.padEnd(width)}${id.padEnd(8)}${title}${names.length < members.length ? ` (${names.join(", ")})` : ""}`,
      `${" ".repeat(width + 8)}${reason}`,
    ]);
  });
  return [`${benchmark}, on ${members.length} members`, ...lines, summary(members)];
}

const verdicts: readonly Verdict[] = ["pass", "not applicable", "fail", "not seen"];
const width = Math.max(...verdicts.map(({ length }) => length)) + 2;

/** Those of one verdict for one reason together, with the names of the members. */
function alike(judged: readonly { name: string; item: CisItem }[]): [CisItem, string[]][] {
  const groups = new Map<string, [CisItem, string[]]>();
  for (const { name, item } of judged) {
    const key = `${item.verdict} ${item.reason}`;
    const [, names] = groups.get(key) ?? [];
    groups.set(key, [item, [...(names ?? []), name]]);
  }
  return [...groups.values()];
}

function summary(members: CisReport["members"]): string {
  const all = members.flatMap(({ items }) => items);
  const counts = verdicts.map(
    (verdict) => `${all.filter((item) => item.verdict === verdict).length} ${verdict}`,
  );
  return `${all.length} verdicts: ${counts.join(", ")}`;
}
