import type { PutRecord } from "../load/put";
import type { Sample } from "../load/probe";

/** What a picture of a cluster under load is made of. */
export interface Scene {
  /** What is being done. */
  readonly title: string;
  /** How long it has been at it, in seconds. */
  readonly seconds: number;
  readonly members: readonly { readonly name: string; readonly samples: readonly Sample[] }[];
  readonly puts: readonly PutRecord[];
  readonly nowMs: number;
  /** What `pulumi` has said last; "" where nothing. */
  readonly said: string;
}

/** How far back the line of latencies reaches, in seconds: one character each. */
const reachSeconds = 60;

/** The slowest put of a second, by bars: each for what took longer than that, in ms. */
const bars: readonly (readonly [overMs: number, bar: string])[] = [
  [2000, "█"],
  [1000, "▇"],
  [500, "▆"],
  [200, "▅"],
  [100, "▄"],
  [50, "▃"],
  [20, "▂"],
  [0, "▁"],
];

/**
 * A cluster under load as some lines of text, none longer than that.
 * @param columns of the terminal
 */
export function picture(scene: Scene, columns: number): string {
  const { title, seconds, members, puts, nowMs, said } = scene;
  const width = Math.max(...members.map(({ name }) => name.length));
  const lines = [
    `${title} (${seconds.toFixed(0)} s)`,
    ...members.map(({ name, samples }) => `  ${name.padEnd(width)}  ${standing(samples, nowMs)}`),
    `  slowest put of each second: ${latencies(puts, nowMs)}`,
    `  ${writes(puts, nowMs)}`,
    `  pulumi: ${said}`,
  ];
  return lines.map((line) => line.slice(0, Math.max(20, columns - 1))).join("\n");
}

/** Whether a member serves, and since when it does not. */
function standing(samples: readonly Sample[], nowMs: number): string {
  const last = samples.at(-1);
  if (last === undefined) {
    return "… not asked yet";
  }
  if (last.error === undefined) {
    return "● serves";
  }
  const served = samples.findLast(({ error }) => error === undefined);
  return served === undefined
    ? "○ has not served yet"
    : `○ does not serve, for ${((nowMs - served.endMs) / 1000).toFixed(1)} s`;
}

/** A bar a second; a blank where nothing was acknowledged. */
function latencies(puts: readonly PutRecord[], nowMs: number): string {
  const slowest = new Array<number>(reachSeconds).fill(-1);
  for (const { startMs, endMs, acknowledged } of puts) {
    const ago = Math.floor((nowMs - endMs) / 1000);
    if (acknowledged && ago >= 0 && ago < reachSeconds) {
      const at = reachSeconds - 1 - ago;
      slowest[at] = Math.max(slowest[at]!, endMs - startMs);
    }
  }
  return slowest.map((ms) => bars.find(([overMs]) => ms >= 0 && ms >= overMs)?.[1] ?? " ").join("");
}

function writes(puts: readonly PutRecord[], nowMs: number): string {
  const acknowledged = puts.filter((put) => put.acknowledged);
  const lately = acknowledged.filter(({ endMs }) => endMs > nowMs - 1000).length;
  const failed = puts.length - acknowledged.length;
  return `${lately} puts in the last second, ${acknowledged.length} in all, ${failed} failed`;
}
