import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Live tests share one lab: they run by themselves, one file after the other.
    projects: [
      { test: { name: "unit", include: ["tests/unit/**/*.test.ts"] } },
      { test: { name: "mock", include: ["tests/mock/**/*.test.ts"] } },
      {
        test: {
          name: "live",
          include: ["tests/live/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
