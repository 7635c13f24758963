import { defineConfig } from "vitest/config";

/** The tests that changed code is run against: those of the product that need a moment each. */
export default defineConfig({
  test: {
    include: [
      "tests/unit/{machines/aws,pki,settings}/*.test.ts",
      "tests/unit/etcd/*.test.ts",
      "tests/unit/etcd/{rollout,snapshots}/*.test.ts",
      "tests/unit/cidr.test.ts",
    ],
    // Thousands of cases by chance, for each of thousands of changes: the truth table beside them is to
    // find a change by itself.
    exclude: ["**/*.properties.test.ts"],
    // They change nothing that others see, and loading the SDK anew takes longer than most of them.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
