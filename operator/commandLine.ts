import { parseArgs, type ParseArgsConfig } from "node:util";

/** The exit status of a command line that is not understood (EX_USAGE of sysexits.h). */
const usageStatus = 64;

/** What was typed is no call of the command. */
export class UsageError extends Error {}

/** A command of this project, as a person calls it. */
export interface CommandLine<Options> {
  readonly name: string;
  /** What `--help` prints: each way to call it, with what that does. */
  readonly usage: string;
  readonly options?: Options;
}

type Parsed<Options extends ParseArgsConfig["options"]> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>;

/**
 * Runs a command and sets the exit status of this process: that of `work`, 1 for an error, 64 for a command
 * line that is not understood. `--help` is every command's.
 * @param work is given the options' values and the other words; what it needs it loads itself, so that an error
 *   in the command line is told at once
 */
export function runCommand<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  { name, usage, options }: CommandLine<Options>,
  work: (
    values: Parsed<Options>["values"],
    words: readonly string[],
  ) => Promise<number | undefined | void>,
): void {
  runWords({ name, usage }, async (words) => {
    if (asksForHelp(words)) {
      console.log(usage);
      return 0;
    }
    const { values, positionals } = parsed(words, options);
    return work(values, positionals);
  });
}

/**
 * The same for a command whose words are for a part another program's: `--help` is its own where it comes first.
 * @param failure the exit status of an error
 */
export function runWords(
  { name, usage }: CommandLine<never>,
  work: (words: string[]) => Promise<number | undefined | void>,
  failure = 1,
): void {
  const words = process.argv.slice(2);
  if (words[0] === "--") {
    // As some package managers pass it on.
    words.shift();
  }
  if (asksForHelp(words.slice(0, 1))) {
    console.log(usage);
    return;
  }
  Promise.resolve()
    .then(() => work(words))
    .then(
      (status) => {
        process.exitCode = status ?? process.exitCode ?? 0;
      },
      (error: Error) => {
        const isUsage = error instanceof UsageError;
        console.error(`${name}: ${error.message}${isUsage ? `\n\n${usage}` : ""}`);
        process.exitCode = isUsage ? usageStatus : failure;
      },
    );
}

/** Whether `--help` is among the words of a command. */
export function asksForHelp(words: readonly string[]): boolean {
  return words.includes("--help") || words.includes("-h");
}

function parsed<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options = {} as Options,
): Parsed<Options> {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // What follows is a hint at how "--" is used.
    throw new UsageError((error as Error).message.split(". To specify")[0]);
  }
}

/** The values of a command's options, for one that takes nothing else. */
export function readOptions<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  words: string[],
  options: Options,
): Parsed<Options>["values"] {
  const { values, positionals } = parsed(words, options);
  refuseWords(positionals);
  return values;
}

/** For a command that takes options alone. */
export function refuseWords(words: readonly string[]): void {
  if (words.length > 0) {
    throw new UsageError(`"${words.join(" ")}" is not expected here`);
  }
}
