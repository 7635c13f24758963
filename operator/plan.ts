// npm run plan: what the next pulumi up would do to the running cluster, in words.
import { refuseWords, runCommand } from "./commandLine";

const usage = `npm run plan [-- --stack NAME]     what the next pulumi up would do to the running cluster, in words

Asks the live cluster and changes nothing. Ends with 1 if the change would be refused.`;

runCommand(
  { name: "plan", usage, options: { stack: { type: "string", short: "s" } } },
  async ({ stack }, words) => {
    refuseWords(words);
    const { describePlan, planChange } = await import("./change.js");
    const plan = await planChange(stack);
    console.log(describePlan(plan));
    return plan.violations.length === 0 ? 0 : 1;
  },
);
