// npm run renew: certificates that are due, and nothing else; for a timer that nobody watches.
import { refuseWords, runCommand } from "./commandLine";

const usage = `npm run renew [-- --stack NAME]    renews the certificates that are due, by pulumi up; nothing if none is

For a timer: it asks nothing. If pulumi up would do anything but renew, it says what, does nothing and ends with 1.
What follows of pulumi up is its exit status.`;

runCommand(
  { name: "renew", usage, options: { stack: { type: "string", short: "s" } } },
  async ({ stack }, words) => {
    refuseWords(words);
    const { askPulumi, stackArguments } = await import("./askPulumi.js");
    const { renewalIn } = await import("./renewal.js");
    const { runInTerminal } = await import("./terminal.js");

    const text = await askPulumi(["preview", "--json"], stack, "pulumi preview failed");
    const { certificates, others } = renewalIn(text);
    if (others.length > 0) {
      console.error(
        `renew: pulumi up would do more than renew certificates; nothing was done. Look at it, and run pulumi up yourself:\n${others.map((line) => `  ${line}`).join("\n")}`,
      );
      return 1;
    }
    if (certificates.length === 0) {
      console.log("No certificate is due.");
      return 0;
    }
    console.log(`Due: ${certificates.join(", ")}`);
    return runInTerminal("pulumi", ["up", "--yes", "--skip-preview", ...stackArguments(stack)]);
  },
);
