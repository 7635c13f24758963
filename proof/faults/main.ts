// npm run drill: faults injected into a running cluster in the lab, one after the other, under load.
import { refuseWords, runCommand } from "../../operator/commandLine";

const usage = `npm run drill                        100 injections, about 25 minutes
npm run drill -- --short             one of each fault, about 12 minutes
npm run drill -- --seed N            the order, members, durations and moments of an earlier run
npm run drill -- --injections N      as many as that
npm run drill -- --only NAME,NAME    of these faults alone; the reports stay as they are. An unknown name lists them all
npm run drill -- --verbose           with everything that pulumi prints

Ends with 1 if a write was lost, a history is not linearizable, or the cluster did not get over one of them.`;

const options = {
  short: { type: "boolean", default: false },
  seed: { type: "string" },
  injections: { type: "string" },
  only: { type: "string" },
  verbose: { type: "boolean", default: false },
} as const;

runCommand({ name: "drill", usage, options }, async (values, words) => {
  refuseWords(words);
  const { campaign } = await import("./campaign.js");
  return campaign(values);
});
