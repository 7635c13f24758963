import { defineConfig } from "vitest/config";
import { commandExists, whyNoDocker } from "./lab/docker";

const canRunLab = (await whyNoDocker()) === undefined;
const canRunPulumi = canRunLab && (await commandExists("pulumi"));

export default defineConfig({
  test: {
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.ts"],
          // Nothing of one file is left for another, and most of their time would go into imports.
          isolate: false,
          // Some run bash dozens of times, which takes its time on a busy machine.
          testTimeout: 60_000,
        },
      },
      { test: { name: "mock", include: ["tests/mock/**/*.test.ts"], testTimeout: 60_000 } },
      {
        // They share one lab: one file after the other, each from nothing.
        test: {
          name: "live",
          include: ["tests/live/**/*.test.ts"],
          globalSetup: "tests/live/prepare.ts",
          provide: { canRunLab, canRunPulumi },
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
