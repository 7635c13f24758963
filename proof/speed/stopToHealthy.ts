import type { Window } from "../load/clock";
import { downtimes } from "../load/downtime";
import type { Sample } from "../load/probe";
import type { SamplerHistory } from "../load/samplerFigures";

/**
 * Seconds from the first member's stop to the last one's health, as far as samples can tell: too long
 * by two sampling periods at most.
 * @param expected how many members go down in this window
 * @throws Error where it was another number: then something else was measured
 */
export function stopToHealthySeconds(
  { members }: Pick<SamplerHistory, "members">,
  window: Window,
  expected: number,
): number {
  const down = members.map(({ samples }) =>
    stops(samples).filter(({ fromMs, toMs }) => fromMs >= window.fromMs && toMs <= window.toMs),
  );
  const found = down.filter((windows) => windows.length > 0).length;
  if (found !== expected) {
    throw new Error(`${found} members were seen to be down, expected ${expected}`);
  }
  const all = down.flat();
  const fromMs = Math.min(...all.map((one) => one.fromMs));
  return (Math.max(...all.map((one) => one.toMs)) - fromMs) / 1000;
}

/** A member without a leader for a moment says so; one that is stopped turns whoever asks away. */
function stops(samples: readonly Sample[]) {
  const turnedAway = samples.filter(({ error }) => error?.includes("ECONNREFUSED"));
  return downtimes(samples).filter(({ fromMs, toMs }) =>
    turnedAway.some(({ startMs }) => startMs >= fromMs && startMs <= toMs),
  );
}
