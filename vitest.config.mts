import { defineConfig } from "vitest/config";

/** Some run bash dozens of times, or the whole program, which takes its time on a busy machine. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: "100%",
    projects: [
      { test: { name: "unit", include: ["tests/unit/**/*.test.ts"], ...patience } },
      { test: { name: "mock", include: ["tests/mock/**/*.test.ts"], ...patience } },
      {
        // They share one lab: one file after the other, each from nothing.
        test: {
          name: "live",
          include: ["tests/live/**/*.test.ts"],
          globalSetup: "tests/live/prepare.ts",
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
