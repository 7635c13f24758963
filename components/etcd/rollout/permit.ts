import type { MemberStep } from "./memberStep";

/** What a permit is bound to. */
export interface PermitBinding {
  /** Which update it is. */
  readonly update: string;
  readonly clusterId: string;
  /** The digest of the unit that it is for. */
  readonly digest: string;
}

/**
 * How long a permit can be used, in seconds: the provider dials for four minutes at most
 * (`components/machines/aws/controllers.ts`), and another script may hold the member's lock for five.
 */
export const permitSeconds = 600;

/**
 * The decision on one member, for its script: what to do, and what that rests on. The script compares all
 * of it with what it finds, uses it once, and changes nothing without one.
 */
export function permitText(step: MemberStep, { update, clusterId, digest }: PermitBinding): string {
  const lines = {
    update,
    cluster: clusterId,
    member: step.member,
    action: step.action,
    unit: digest,
    has_data: step.hasData,
    pid: step.pid,
    via: step.via,
    remove: step.remove,
    rename: step.rename,
    add: step.add,
    lead: step.lead.join(","),
    serve: step.serve.join(","),
    initial: step.initialCluster,
    token: step.token,
    wait: step.waitSeconds,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${String(value)}\n`)
    .join("");
}
