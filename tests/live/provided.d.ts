import "vitest";

declare module "vitest" {
  /** What prepare.ts found out about this machine. */
  interface ProvidedContext {
    canRunLab: boolean;
    canRunPulumi: boolean;
    canRunS3: boolean;
  }
}
