import "vitest";

declare module "vitest" {
  /** What prepare.ts found out about this machine. */
  interface ProvidedContext {
    canRunLab: boolean;
    canRunPulumi: boolean;
    canRunS3: boolean;
    /** In which a program can run under the real engine: yaml, python, go. */
    languages: string[];
  }
}
