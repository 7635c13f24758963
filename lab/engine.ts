import type { StackOutputs } from "../operator/stack";
import type { Log } from "./docker";

/** One of the two ways to run the program: the Pulumi engine, or in process without one. */
export interface Engine {
  readonly name: "pulumi" | "in-process";
  /** Whether it has something to tear down. */
  exists(): Promise<boolean>;
  /** Makes the machines and the cluster what the program and the settings say. */
  up(log: Log): Promise<void>;
  /** The stack's outputs and the keys to its machines, secrets in plain text. */
  outputs(): Promise<StackOutputs>;
  /** Takes back everything that `up` made. */
  down(log: Log): Promise<void>;
}
