import type { Ora } from "ora";
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

/** Whether there is a terminal of a size that is known: else what is drawn over it could not be taken back. */
export const canDraw = (): boolean => process.stderr.isTTY && process.stderr.columns > 0;

/** The one that turns now. */
let turning: Ora | undefined;

/** Runs what needs the terminal for itself, such as a question, without a line that is drawn over it. */
export async function withTerminal<T>(work: () => Promise<T>): Promise<T> {
  const spinner = turning;
  spinner?.stop();
  try {
    return await work();
  } finally {
    spinner?.start();
  }
}

/** A line that turns while a phase goes on, with the last thing that it said, and then how long it took. */
export async function withSpinner(): Promise<Show> {
  const { default: ora } = await import("ora");
  return async ({ title, usually }, work) => {
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
    let said = usually;
    // Not in raw mode, where Ctrl-C is a character that nobody reads.
    const spinner = ora({ text: `${title} (${said})`, discardStdin: false }).start();
    turning = spinner;
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
      turning = undefined;
    }
  };
}
