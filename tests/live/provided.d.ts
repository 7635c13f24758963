import "vitest";

declare module "vitest" {
  /** What vitest.config.mts and prepare.ts found out about this machine. */
  interface ProvidedContext {
    canRunLab: boolean;
    canRunPulumi: boolean;
    canRunS3: boolean;
  }
}
