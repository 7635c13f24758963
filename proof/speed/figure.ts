import type { Log } from "../../lab/docker";
import type { RowName } from "./rows";

/** What was measured for one row of the table, run by run. */
export interface Measurement {
  readonly row: RowName;
  readonly ours: readonly number[];
  readonly reference?: readonly number[];
  /** Further figures of the same runs, each with its unit in its name. */
  readonly beside?: Readonly<Record<string, readonly number[]>>;
}

/** How to measure. */
export interface Bench {
  /** How many runs a figure has at least. */
  readonly runs: number;
  /** Takes all that the programs print. */
  readonly log: Log;
  /** Takes one line for each run. */
  readonly say: Log;
}

/** Something that is measured at one go, for one row or several. */
export interface Figure {
  readonly name: string;
  measure(bench: Bench): Promise<Measurement[]>;
}

/** Runs something so many times, and gives what each run has measured by name. */
export async function repeat<K extends string>(
  { runs, say }: Bench,
  name: string,
  run: () => Promise<Record<K, number>>,
): Promise<Record<K, number[]>> {
  const series: Partial<Record<K, number[]>> = {};
  for (let number = 1; number <= runs; number++) {
    const figures = Object.entries(await run()) as [K, number][];
    for (const [key, value] of figures) {
      (series[key] ??= []).push(value);
    }
    const shown = figures.map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`);
    say(`${name} ${number}/${runs}: ${shown.join(", ")}`);
  }
  return series as Record<K, number[]>;
}
