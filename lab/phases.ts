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

/** How often what is drawn is drawn again, in ms: alive also while nothing is said for minutes. */
const drawMs = 500;

/**
 * Draws on the terminal while `work` is at it, and says at its end how long it took.
 * @param draw is given how long it has been at it, in seconds
 */
export async function whileDrawn<T>(
  title: string,
  draw: (seconds: number) => string,
  work: () => Promise<T>,
): Promise<T> {
  const { default: ora } = await import("ora");
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const ended = () => `${title} (${seconds().toFixed(0)} s)`;
  // Not in raw mode, where Ctrl-C is a character that nobody reads.
  const spinner = ora({ text: draw(0), discardStdin: false }).start();
  turning = spinner;
  const timer = setInterval(() => (spinner.text = draw(seconds())), drawMs);
  try {
    const result = await work();
    spinner.succeed(ended());
    return result;
  } catch (error) {
    spinner.fail(ended());
    throw error;
  } finally {
    clearInterval(timer);
    turning = undefined;
  }
}

/** A line for each phase while it goes on, with the last thing that it said. */
export const withSpinner: Show = ({ title, usually }, work) => {
  let said = usually;
  return whileDrawn(
    title,
    (seconds) => `${title} (${seconds.toFixed(0)} s; ${said})`,
    () => work((line) => (said = line)),
  );
};
