import type { Operator } from "../changes/operator";
import type { FaultLoad } from "./faultLoad";
import type { Injection } from "./plan";

/** What a fault has to do with: the cluster, who keeps it, and who uses it meanwhile. */
export interface Scene {
  readonly operator: Operator;
  readonly load: FaultLoad;
  /** The member that is hit; "" where the fault is not one of a member. */
  readonly member: string;
  readonly injection: Injection;
  /** Notes what happened, for the report. */
  readonly note: (text: string) => void;
}

/** Whom a fault hits. */
export type Victim = "any" | "leader" | "follower" | "nobody";

/** Something bad that happens to a running cluster. */
export interface Fault {
  /** As `--only` has it. */
  readonly id: string;
  readonly name: string;
  /** How often it is drawn, compared with the others. */
  readonly weight: number;
  readonly victim: Victim;
  /** Who makes the cluster healthy again: itself once the fault is over, or the operator. */
  readonly healedBy: "itself" | "one pulumi up";
  /** How long it stays before it is healed, in seconds: from, to. @default no time */
  readonly holdSeconds?: readonly [number, number];
  /**
   * Gathers what it needs, before the cluster is made.
   * @returns why it cannot be injected here, if so
   */
  readonly whyNot?: () => Promise<string | undefined>;
  /** What has to be so before; what it takes is not part of what is measured. */
  readonly prepare?: (operator: Operator) => Promise<void>;
  /** @throws Error where what has to happen by it did not */
  readonly inject: (scene: Scene) => Promise<void>;
  /** Takes away all that `inject` has left. Is also called where that threw, and can be repeated. */
  readonly heal?: (scene: Scene) => Promise<void>;
  /** What the operator does about it, where that is no part of the fault: one `pulumi up`. */
  readonly repair?: (scene: Scene) => Promise<void>;
}

/** A fault that is not injected here, and why. */
export interface NotRun {
  readonly name: string;
  readonly reason: string;
}
