import { Counters, type Counts, wasAdmitted } from "./counters";
import { readProject } from "./project";
import { attemptedIn, exportStack } from "./stack";
import { stackArguments } from "./askPulumi";
import { holdingSignals, runInTerminal } from "./terminal";

/** A replacement that nothing speaks against. */
export interface Replacement extends Counts {
  /** As the commands that follow name it; the selected one by default. */
  readonly stack: string | undefined;
  /** The stack's full name. */
  readonly fullName: string;
  /** Whether nobody is asked once more. */
  readonly yes: boolean;
  readonly log: (line: string) => void;
}

/**
 * Counts a member's counters up in the stack's settings and runs `pulumi up`. Where that was declined,
 * interrupted or refused before the change was admitted, the settings are as they were: else the next
 * `pulumi up`, of whomever, would replace the machine unasked.
 * @returns the exit code
 */
export function replaceByUp(replacement: Replacement): Promise<number> {
  const { stack, fullName, yes } = replacement;
  const counters = new Counters(readProject(), stack, fullName, replacement);
  return holdingSignals(async (isInterrupted) => {
    try {
      await counters.write();
    } catch (error) {
      await counters.putBack();
      throw error;
    }
    const words = ["up", ...(yes ? ["--yes"] : []), ...stackArguments(stack)];
    // Ctrl-C may have come before there was anything to interrupt.
    const code = isInterrupted() ? 1 : await runInTerminal("pulumi", words);
    if (code !== 0) {
      await settle(replacement, counters);
    }
    return code;
  });
}

/** After an update that did not succeed: whether the counters stay depends on how far it came. */
async function settle(replacement: Replacement, counters: Counters): Promise<void> {
  const { member, stack, log } = replacement;
  let unseen = "";
  const attempted = await exportStack(stack)
    .then(attemptedIn)
    .catch((error: Error) => {
      unseen = error.message;
      return undefined;
    });
  if (wasAdmitted(replacement, attempted)) {
    log(
      `The replacement of ${member} has begun: its count stays in ${counters.where}, and pulumi up finishes it.`,
    );
    return;
  }
  await counters.putBack();
  log(
    unseen === ""
      ? `${member} is not replaced: its count in ${counters.where} is what it was before.`
      : `Whether the replacement of ${member} has begun cannot be seen (${unseen}): its count in ${counters.where} is what it was before. If it has begun, pulumi up says that a count went down; then: ${counters.lines.join("; ")}`,
  );
}
