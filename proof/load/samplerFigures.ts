import type { Window } from "./clock";
import { type Downtime, downtimes } from "./downtime";
import { mostAtOnce, type Overlap, overlaps } from "./overlaps";
import type { Sample } from "./probe";

/** All that a sampler saw. */
export interface SamplerHistory {
  /** From its start to its stop. */
  readonly window: Window;
  /** One that was forgotten and added again is there twice. */
  readonly members: readonly {
    readonly name: string;
    readonly samples: readonly Sample[];
    readonly forgotten: boolean;
  }[];
}

export interface MemberFigures {
  readonly name: string;
  readonly samples: number;
  readonly failedSamples: number;
  /** Whether any sample succeeded. */
  readonly served: boolean;
  readonly downs: number;
  /** How long it was down, at most. */
  readonly downMs: number;
  /** Why samples failed, each reason once. */
  readonly errors: readonly string[];
}

export interface SamplerFigures {
  readonly samples: number;
  /** The most members that may have been down at once. No overlap of downtimes seen is missed. */
  readonly mostDownAtOnce: number;
  /** The most members that were down at once for certain. */
  readonly certainlyDownAtOnce: number;
  /** Where members may have been down at once, and for how long. */
  readonly overlaps: readonly Overlap[];
  /**
   * The longest time between the starts of a member's sample that succeeded and its next one: a
   * downtime shorter than this may have gone unseen.
   */
  readonly longestBlindMs: number;
  readonly members: readonly MemberFigures[];
}

/**
 * The figures of a sampler.
 * @param window the part of its time to look at, by default all of it
 */
export function samplerFigures(history: SamplerHistory, window = history.window): SamplerFigures {
  const down = new Map<string, Downtime[]>();
  for (const { name, samples, forgotten } of history.members) {
    const all = downtimes(samples, forgotten ? undefined : history.window.toMs);
    down.set(name, [...(down.get(name) ?? []), ...all]);
  }
  const possibly = mapValues(down, (all) => clip(all, window));
  const certainly = mapValues(down, (all) =>
    clip(
      all.flatMap(({ certain }) => certain ?? []),
      window,
    ),
  );
  const members = [...down.keys()].map((name) =>
    memberFigures(
      name,
      history.members.filter((one) => one.name === name).flatMap((one) => one.samples),
      possibly.get(name)!,
      window,
    ),
  );
  return {
    samples: members.reduce((sum, member) => sum + member.samples, 0),
    mostDownAtOnce: mostAtOnce(possibly),
    certainlyDownAtOnce: mostAtOnce(certainly),
    overlaps: overlaps(possibly),
    longestBlindMs: Math.max(0, ...history.members.map((one) => blindMs(one.samples, window))),
    members,
  };
}

function memberFigures(
  name: string,
  samples: readonly Sample[],
  down: readonly Window[],
  window: Window,
): MemberFigures {
  const inside = samples.filter((sample) => isInside(sample.startMs, window));
  const errors = inside.flatMap(({ error }) => error ?? []);
  return {
    name,
    samples: inside.length,
    failedSamples: errors.length,
    served: errors.length < inside.length,
    downs: down.length,
    downMs: lengthMs(down),
    errors: [...new Set(errors)],
  };
}

function blindMs(samples: readonly Sample[], window: Window): number {
  return samples.slice(0, -1).reduce((longest, sample, index) => {
    const counts = sample.error === undefined && isInside(sample.startMs, window);
    return counts ? Math.max(longest, samples[index + 1]!.startMs - sample.startMs) : longest;
  }, 0);
}

/** How long windows that may overlap last together. */
function lengthMs(windows: readonly Window[]): number {
  let [sum, reached] = [0, -Infinity];
  for (const { fromMs, toMs } of [...windows].sort((a, b) => a.fromMs - b.fromMs)) {
    sum += Math.max(0, toMs - Math.max(fromMs, reached));
    reached = Math.max(reached, toMs);
  }
  return sum;
}

function clip(windows: readonly Window[], { fromMs, toMs }: Window): Window[] {
  return windows
    .map((one) => ({ fromMs: Math.max(one.fromMs, fromMs), toMs: Math.min(one.toMs, toMs) }))
    .filter((one) => one.fromMs < one.toMs);
}

function isInside(moment: number, { fromMs, toMs }: Window): boolean {
  return moment >= fromMs && moment < toMs;
}

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, change: (value: V) => W): Map<K, W> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
