import * as os from "node:os";

/** The size of the machine that something is measured on. */
export interface MachineSize {
  /** Those that this process may use. */
  readonly cores: number;
  readonly memoryGiB: number;
}

export function machineSize(): MachineSize {
  return {
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 1024 ** 3),
  };
}
