import * as os from "node:os";
import * as path from "node:path";

/**
 * Changes the code in many small ways, one at a time, and says which changes no unit test notices:
 * `npm run test:mutations`. It is about what decides and what is calculated. What only runs under the
 * engine, over SSH or on a machine is tested with machines (`npm test`), and would all survive here.
 */
export default {
  testRunner: "vitest",
  // Which tests a change concerns is known by their coverage.
  vitest: { configFile: "tests/mutations.config.mts", related: false },
  plugins: ["@stryker-mutator/vitest-runner"],
  mutate: [
    "components/cidr.ts",
    "components/pki/lifetimes.ts",
    "components/machines/aws/{instanceTypes,userData}.ts",
    "components/etcd/{compaction,featureGates,flagReplacements,flags,plan,unit,versions}.ts",
    "components/etcd/rollout/*.ts",
    // Resources, hooks, and what is asked over SSH.
    "!components/etcd/rollout/{admission,machineGuard,prepare,record}.ts",
    // Sentences about what is decided elsewhere.
    "!components/etcd/rollout/planLines.ts",
  ],
  // Only the tests that come past a change are run for it.
  coverageAnalysis: "perTest",
  // A table that is read once is come past by every test, and its words are nobody's decision.
  ignoreStatic: true,
  // Nor are the words of a message; and a function that does nothing is found by whatever finds that one of
  // its conditions does not matter.
  mutator: { excludedMutations: ["StringLiteral", "BlockStatement", "ArrowFunction"] },
  concurrency: 2,
  // A whole run takes some twenty minutes of two processors; after it only what has changed is run again.
  incremental: true,
  incrementalFile: ".lab/cache/mutations.json",
  // An endless loop is one, a busy machine is none.
  timeoutMS: 60_000,
  // Below the last the run fails. Of the first 1,273 of 1,521 changes 1,162 were noticed: if nobody noticed any of
  // the rest, that would be 76 %.
  thresholds: { high: 90, low: 80, break: 75 },
  reporters: ["clear-text", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, allowEmojis: false },
  // Copies of the project, of which no tool that looks through its folders should know.
  tempDirName: path.join(os.tmpdir(), "etcd-mutations"),
  ignorePatterns: [".lab", "docs/reports"],
};
