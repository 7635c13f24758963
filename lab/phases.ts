import type { Log } from "./docker";

/** A part of bringing the lab up: what it does, and how long that usually takes. */
export interface Phase {
  readonly title: string;
  readonly usually: string;
}

/** Shows a phase while `work` is at it, which tells what it does as it goes. */
export type Show = <T>(phase: Phase, work: (log: Log) => Promise<T>) => Promise<T>;

/** Only what the phases themselves say. */
export const withLines =
  (log: Log): Show =>
  (_, work) =>
    work(log);

/** A line that turns while a phase goes on, with the last thing that it said, and then how long it took. */
export async function withSpinner(): Promise<Show> {
  const { default: ora } = await import("ora");
  return async ({ title, usually }, work) => {
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
    let said = usually;
    const spinner = ora({ text: `${title} (${said})`, stream: process.stderr }).start();
    // Alive also where nothing is said for minutes.
    const timer = setInterval(() => (spinner.text = `${title} (${seconds()}; ${said})`), 1000);
    const log = (line: string) => {
      said = line;
      spinner.text = `${title} (${seconds()}; ${said})`;
    };
    try {
      const result = await work(log);
      spinner.succeed(`${title} (${seconds()})`);
      return result;
    } catch (error) {
      spinner.fail(`${title} (${seconds()})`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  };
}
