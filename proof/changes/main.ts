// npm run rehearse: every change of a cluster's life in the lab, under a writer and a sampler.
import { refuseWords, runCommand } from "../../operator/commandLine";

const usage = `npm run rehearse               every change three times over, each pulumi up killed twice
npm run rehearse -- --short    every change once, each pulumi up killed once
npm run rehearse -- --rounds N as often as that
npm run rehearse -- --verbose  with everything that pulumi prints

Ends with 1 if a write was lost or failed, or more than one member was down at once.`;

const options = {
  short: { type: "boolean", default: false },
  rounds: { type: "string" },
  verbose: { type: "boolean", default: false },
} as const;

runCommand({ name: "rehearse", usage, options }, async (values, words) => {
  refuseWords(words);
  const { rehearse } = await import("./lives.js");
  return rehearse(values);
});
