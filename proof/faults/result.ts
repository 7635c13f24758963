import { longestGapMs } from "../load/longestGap";
import type { Linearizability } from "./checker";
import type { Seen } from "./faultLoad";

/** Who made the cluster healthy again. */
export type HealedBy = "itself" | "one pulumi up" | "nobody";

/** What became of the cluster, beside what its clients saw. */
export interface Aftermath {
  readonly healedBy: HealedBy;
  /** From when the fault was over, or the operator was done with it, to three healthy members. */
  readonly healthyAfterSeconds: number | null;
  readonly linearizability: Linearizability;
  /** What went wrong in injecting it or in getting over it, in words. */
  readonly mishaps: readonly string[];
}

/** The figures of one injection. */
export interface Figures {
  readonly seconds: number;
  readonly healedBy: HealedBy;
  readonly healthyAfterSeconds: number | null;
  /** The longest time without an acknowledged write of any client, and without a read. */
  readonly longestWithoutMs: { readonly write: number; readonly read: number };
  /** How long the clients' own process stood still, at most: a gap of this length may be its. */
  readonly ownStallMs: number;
  /** Of the steady writer. */
  readonly writes: {
    readonly acknowledged: number;
    readonly failed: number;
    readonly lost: number;
  };
  readonly operations: number;
  readonly linearizable: Linearizability;
  /** What must not be, in words; [] when all is well. */
  readonly violations: readonly string[];
}

/**
 * The longest time without a write, or a read, that is no violation: within it Kubernetes' leaders
 * renew their leases (its `renewDeadline`), and etcd needs a fifth of it for an election.
 */
export const unavailableLimitMs = 10_000;

/**
 * How many a second have to be tried: under less load an injection proves less. Writes begin by the clock;
 * those who put and get make one call after the other, so that a slow member slows them.
 */
export const leastLoad = { writes: 100, operations: 30 };

/**
 * The figures of one injection, and what of them must not be. A quorum is there all the time: writes
 * may fail and wait while members are lost, but not for long, and none that was acknowledged is gone.
 */
export function figuresOf(
  { writes, registers, lost, hashes }: Seen,
  { healedBy, healthyAfterSeconds, linearizability, mishaps }: Aftermath,
): Figures {
  const { window, puts } = writes;
  const seconds = (window.toMs - window.fromMs) / 1000;
  const acknowledged = puts.filter((put) => put.acknowledged);
  const ownStallMs = Math.max(0, ...writes.ownStalls.map(({ fromMs, toMs }) => toMs - fromMs));
  const writtenAtMs = [...acknowledged.map(({ endMs }) => endMs), ...registers.succeededAtMs.put];
  const longestWithoutMs = {
    write: Math.round(longestGapMs(writtenAtMs, window)),
    read: Math.round(longestGapMs(registers.succeededAtMs.get, registers.window)),
  };
  const operations = registers.operations.length;
  return {
    ...{ seconds, healedBy, healthyAfterSeconds, longestWithoutMs, operations },
    ownStallMs: Math.round(ownStallMs),
    writes: {
      acknowledged: acknowledged.length,
      failed: puts.length - acknowledged.length,
      lost: lost.missing.length + lost.altered.length,
    },
    linearizable: linearizability,
    violations: [
      ...mishaps,
      ...(healedBy === "nobody" ? ["the cluster is not healthy again"] : []),
      ...unavailable(longestWithoutMs),
      ...someKeys(lost.missing, "acknowledged writes are lost"),
      ...someKeys(lost.altered, "acknowledged writes have another value"),
      ...unequalHashes(hashes),
      ...notLinearizable(linearizability),
      ...tooLittle(puts.length / seconds, leastLoad.writes, "writes"),
      ...tooLittle(operations / seconds, leastLoad.operations, "puts and gets of registers"),
    ],
  };
}

function unavailable(longestMs: Figures["longestWithoutMs"]): string[] {
  return Object.entries(longestMs)
    .filter(([, ms]) => ms > unavailableLimitMs)
    .map(
      ([kind, ms]) => `no ${kind} succeeded for ${ms} ms, at most ${unavailableLimitMs} may pass`,
    );
}

function someKeys(keys: readonly string[], what: string): string[] {
  const more = keys.length > 3 ? ", …" : "";
  return keys.length === 0 ? [] : [`${keys.length} ${what}: ${keys.slice(0, 3).join(", ")}${more}`];
}

function unequalHashes(hashes: Seen["hashes"]): string[] {
  const all = hashes.map(({ name, hash, error }) => `${name} ${hash ?? error}`).join(", ");
  const isEqual = hashes.every(({ hash }) => hash !== null && hash === hashes[0]!.hash);
  return isEqual ? [] : [`the members' data differs, or is not known: ${all}`];
}

function notLinearizable(linearizability: Linearizability): string[] {
  switch (linearizability) {
    case "no":
      return ["the history is not linearizable"];
    case "unknown":
      return [
        "nobody knows whether the history is linearizable: the checker's time was not enough",
      ];
    default:
      return [];
  }
}

function tooLittle(perSecond: number, least: number, what: string): string[] {
  return perSecond >= least
    ? []
    : [`${perSecond.toFixed(1)} ${what} were tried a second, fewer than ${least}`];
}
