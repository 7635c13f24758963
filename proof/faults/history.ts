import type { Operation } from "../load/registers";

/** An operation as the checker reads it: times in nanoseconds since the first one's start. */
export interface CheckedOperation {
  readonly client: number;
  readonly kind: "put" | "get";
  readonly key: string;
  readonly value: string;
  readonly call: number;
  readonly return: number;
}

/**
 * What has to have some order in a linearizable history.
 *
 * A put of which nobody knows what became of it may take effect at any time from its start on, so it
 * stays open to the end of the history. If no get has seen its value it is left out, which hides
 * nothing: an order with it in is still one without it, as no get comes between it and the next put.
 */
export function historyOf(operations: readonly Operation[]): CheckedOperation[] {
  const startNs = smallest(operations.map((one) => one.startNs));
  const since = (momentNs: bigint) => Number(momentNs - startNs);
  const seen = new Set(
    operations
      .filter(({ kind, outcome }) => kind === "get" && outcome === "ok")
      .map(({ key, value }) => JSON.stringify([key, value])),
  );
  const counts = ({ kind, key, value, outcome }: Operation) =>
    outcome === "ok" ||
    (kind === "put" && outcome === "unknown" && seen.has(JSON.stringify([key, value])));
  const endOfAll = operations.reduce((last, { endNs }) => Math.max(last, since(endNs)), 0);
  return operations
    .filter(counts)
    .map(({ client, kind, key, value, outcome, startNs: from, endNs }) => ({
      ...{ client, kind, key, value, call: since(from) },
      return: outcome === "ok" ? since(endNs) : endOfAll + 1,
    }));
}

function smallest(moments: readonly bigint[]): bigint {
  return moments.reduce((least, one) => (one < least ? one : least), moments[0] ?? 0n);
}
