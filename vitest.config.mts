import { configDefaults, defineConfig } from "vitest/config";

/** Some run bash dozens of times, or the whole program, which takes its time on a busy machine. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000 };

/** What takes too long for npm test: npm run test:long. */
const long = "tests/live/**/*.long.test.ts";

/** They share one lab: one file after the other, each from nothing. */
const inTheLab = {
  globalSetup: "tests/live/prepare.ts",
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 900_000,
};

export default defineConfig({
  test: {
    maxWorkers: "100%",
    projects: [
      { test: { name: "unit", include: ["tests/unit/**/*.test.ts"], ...patience } },
      { test: { name: "mock", include: ["tests/mock/**/*.test.ts"], ...patience } },
      {
        test: {
          name: "live",
          include: ["tests/live/**/*.test.ts"],
          exclude: [...configDefaults.exclude, long],
          ...inTheLab,
        },
      },
      { test: { name: "long", include: [long], ...inTheLab } },
    ],
  },
});
