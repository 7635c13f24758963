// npm run plan [-- --stack NAME]: what the next pulumi up would do to the running cluster, in words.
// Asks the live cluster and changes nothing. Ends with 1 when the change would be refused.
import { parseArgs } from "node:util";
import { describePlan, planChange } from "./change";

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { stack: { type: "string", short: "s" } } });
  const plan = await planChange(values.stack);
  console.log(describePlan(plan));
  process.exitCode = plan.violations.length === 0 ? 0 : 1;
}

main().catch((error: Error) => {
  console.error(`plan: ${error.message}`);
  process.exitCode = 1;
});
