import { nameIn } from "./stack";

/** A step of `pulumi preview --json`. */
interface Step {
  readonly op: string;
  readonly urn: string;
  readonly newState?: { readonly type: string };
  readonly oldState?: { readonly type: string };
}

/** Which certificates an update would renew, and what else it would do. */
export interface Renewal {
  /** Their names. */
  readonly certificates: readonly string[];
  /** In words; [] where it renews and does nothing else. */
  readonly others: readonly string[];
}

const signed = /^tls:index\/(locallySigned|selfSigned)Cert:/;
const command = "command:remote:Command";
/** The commands that bring certificates to a machine, and look at the cluster. A member's own changes with its unit. */
const brings = /-(stage|health)$/;
/** What is noted of each update. */
const noted = /^(pulumi:index:Stash$|pulumi:pulumi:Stack$|etcd:)/;

/**
 * What the next `pulumi up` would do, by its preview. A certificate is renewed by being issued once more for the same
 * key; anything that is made, deleted or replaced beside that is another change.
 * @param preview what `pulumi preview --json` has printed
 */
export function renewalIn(preview: string): Renewal {
  const { steps = [] } = JSON.parse(preview) as { steps?: Step[] };
  const changes = steps.filter(({ op }) => !["same", "read", "refresh"].includes(op));
  const typeOf = ({ newState, oldState }: Step) => (newState ?? oldState)?.type ?? "";
  const isOfRenewal = (step: Step) =>
    (signed.test(typeOf(step)) && !["create", "delete"].includes(step.op)) ||
    (step.op === "update" &&
      (noted.test(typeOf(step)) || (typeOf(step) === command && brings.test(nameIn(step.urn)))));
  const certificates = changes.filter((step) => signed.test(typeOf(step)));
  return {
    certificates: [...new Set(certificates.map(({ urn }) => nameIn(urn)))],
    others: changes
      .filter((step) => !isOfRenewal(step))
      .map((step) => `${step.op} ${nameIn(step.urn)} (${typeOf(step)})`),
  };
}
