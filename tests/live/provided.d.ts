import "vitest";

declare module "vitest" {
  /** What vitest.config.mts found out about this machine. */
  interface ProvidedContext {
    canRunLab: boolean;
    canRunPulumi: boolean;
  }
}
