// npm run bench: how fast it is, each figure beside its reference.
import { refuseWords, runCommand } from "../../operator/commandLine";

const usage = `npm run bench                     every figure, 5 runs each, into docs/reports/ and docs/proof.md
npm run bench -- --runs N         with more runs; with fewer nothing is written
npm run bench -- --only NAME,…    some of them. An unknown name lists them all
npm run bench -- --verbose        with everything that pulumi prints

Ends with 1 if a target is not met.`;

const options = {
  runs: { type: "string" },
  only: { type: "string" },
  verbose: { type: "boolean", default: false },
} as const;

runCommand({ name: "bench", usage, options }, async (values, words) => {
  refuseWords(words);
  const { bench } = await import("./bench.js");
  return bench(values);
});
