import type { X509Certificate } from "node:crypto";
import type { CisLook } from "./look";

/** What was not seen is no pass. What does not apply is told with what was looked at instead. */
export type Verdict = "pass" | "fail" | "not seen" | "not applicable";

export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** What an item is judged by. */
export interface Evidence {
  readonly look: CisLook;
  readonly places: Places;
  /** The CAs that the stack has made for clients and servers. */
  readonly own: readonly X509Certificate[];
}

/** Where a member has what is looked at. */
export interface Places {
  readonly name: string;
  readonly dataDirectory: string;
  readonly configDirectory: string;
}

/** Why something cannot be judged: thrown, so that no item passes by what it could not be judged by. */
export class NotSeen extends Error {}

export const pass = (reason: string): Judgement => ({ verdict: "pass", reason });
export const fail = (reason: string): Judgement => ({ verdict: "fail", reason });
export const notApplicable = (reason: string): Judgement => ({ verdict: "not applicable", reason });
