import type { LostWrites } from "./compareWrites";
import type { MemberHash } from "./hashes";
import type { SamplerFigures } from "./samplerFigures";
import type { WriterFigures } from "./writerFigures";

/** What was measured during a change of a running cluster, and after it. */
export interface Measured {
  readonly writer: WriterFigures;
  readonly sampler: SamplerFigures;
  readonly lost: LostWrites;
  readonly hashes: readonly MemberHash[];
}

export interface Limits {
  /** How many members may be down at once. @default 1 */
  readonly membersDownAtOnce?: number;
  /**
   * How long more members than that may seem to be down at once, in ms, where it is not certain that they were: on a
   * busy machine a sample can take its whole time, and the downtimes before and after it then seem to touch.
   * @default 0
   */
  readonly unsureMs?: number;
  /** How many puts a second must be acknowledged: under less load a change proves less. @default 100 */
  readonly putsPerSecond?: number;
}

export interface Verdict extends Measured {
  /** What went wrong, in words; [] when all is well. */
  readonly violations: readonly string[];
}

export function verdict(measured: Measured, limits: Limits = {}): Verdict {
  const { writer, sampler, lost, hashes } = measured;
  return {
    ...measured,
    violations: [
      ...tooFewPuts(writer, limits.putsPerSecond ?? 100),
      ...failedWrites(writer),
      ...some(lost.missing, "acknowledged writes are lost"),
      ...some(lost.altered, "acknowledged writes have another value"),
      ...unequalHashes(hashes),
      ...downAtOnce(sampler, limits),
      ...neverSeen(sampler),
    ],
  };
}

function tooFewPuts({ putsPerSecond, leftOut }: WriterFigures, limit: number): string[] {
  const why = leftOut > 0 ? `, ${leftOut} were left out since too many were under way` : "";
  return putsPerSecond >= limit
    ? []
    : [`${putsPerSecond.toFixed(1)} puts were acknowledged a second, fewer than ${limit}${why}`];
}

function failedWrites({ failed }: WriterFigures): string[] {
  const last = failed.at(-1)?.lastError ?? "no reason is known";
  return failed.length === 0 ? [] : [`${failed.length} writes failed, the last since ${last}`];
}

function some(keys: readonly string[], what: string): string[] {
  const more = keys.length > 3 ? ", …" : "";
  return keys.length === 0 ? [] : [`${keys.length} ${what}: ${keys.slice(0, 3).join(", ")}${more}`];
}

function unequalHashes(hashes: readonly MemberHash[]): string[] {
  const silent = hashes.filter(({ hash }) => hash === null);
  const known = hashes.filter(({ hash }) => hash !== null);
  const all = known.map(({ name, hash }) => `${name} ${hash}`).join(", ");
  return [
    ...silent.map(({ name, error }) => `${name} gave no hash of its data: ${error}`),
    ...(new Set(known.map(({ hash }) => hash)).size > 1 ? [`the data differs: ${all}`] : []),
  ];
}

function downAtOnce(sampler: SamplerFigures, limits: Limits): string[] {
  const { membersDownAtOnce: limit = 1, unsureMs = 0 } = limits;
  const { samples, mostDownAtOnce, certainlyDownAtOnce, overlaps } = sampler;
  if (samples === 0) {
    return ["no member was sampled"];
  }
  const tooMany = overlaps.filter(({ names }) => names.length > limit);
  const isCertain = certainlyDownAtOnce > limit;
  const longestMs = Math.max(0, ...tooMany.map(({ fromMs, toMs }) => toMs - fromMs));
  if (mostDownAtOnce <= limit || (!isCertain && longestMs <= unsureMs)) {
    return [];
  }
  const when = tooMany.map(
    ({ names, fromMs, toMs }) => `${names.join(" and ")} for ${Math.ceil(toMs - fromMs)} ms`,
  );
  const how = isCertain ? "were" : "may have been";
  return [`${mostDownAtOnce} members ${how} down at once: at most ${when.join(", ")}`];
}

/** Of these members nothing can be said: the client may have been the wrong one. */
function neverSeen({ members }: SamplerFigures): string[] {
  return members
    .filter(({ samples, served }) => samples > 0 && !served)
    .map(({ name, errors }) => `${name} was never seen to serve: ${errors.join(", ")}`);
}
