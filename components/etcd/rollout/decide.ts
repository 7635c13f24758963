import * as semver from "semver";
import { minorOf } from "../versions";
import { ClusterView, knownMembers } from "./clusterView";
import { type Desired, membershipChange, replacedMachines, restores } from "./desired";
import { planLines } from "./planLines";
import type { OwnIdentity } from "./identityViolations";
import { type Blocked, memberStep, type MemberStep } from "./memberStep";
import type { Observed, SeenMachine } from "./observed";
import { nextInTurn } from "./order";
import { clusterViolations, type Past, settingsViolations } from "./violations";

/** Everything that a decision rests on. */
export interface Question extends OwnIdentity, Past {
  readonly desired: Desired;
  /** undefined where nobody has looked, as in a preview. */
  readonly observed: Observed | undefined;
  /** The digest of each member's unit as it would go to its machine, where that is known already. */
  readonly digests?: Readonly<Record<string, string>>;
}

/** What the cluster itself is asked for before a machine is touched; each can be repeated. */
export type Preparation =
  | { readonly kind: "snapshot" }
  /** `target` is the version to go to, or "" to stay. */
  | { readonly kind: "downgrade"; readonly through: string; readonly target: string }
  | { readonly kind: "remove"; readonly through: string; readonly peerUrls: readonly string[] }
  | { readonly kind: "transfer-leadership"; readonly from: string };

/** What is done, in this order, or why nothing is. */
export interface Decision {
  /** Why nothing is done, in words with the way to go; all of it at once. */
  readonly violations: readonly string[];
  readonly preparations: readonly Preparation[];
  /** What happens to each member, in the order in which it does. */
  readonly steps: readonly (MemberStep | Blocked)[];
  /** What it does to the cluster, in words, a line each. */
  readonly lines: readonly string[];
}

/** What happens next, by what is asked for, what was done and what was seen. There is no other place that decides. */
export function decide(question: Question): Decision {
  const { desired, recorded, attempted, observed } = question;
  const past: Past = { recorded, attempted };
  const settings = settingsViolations(past, desired);
  if (observed === undefined) {
    return { violations: settings, preparations: [], steps: [], lines: [] };
  }
  const view = viewOf(question, observed);
  const violations = [...settings, ...clusterViolations(past, desired, question, view)];
  const steps = orderedSteps(question, view);
  return {
    violations: [...new Set(violations)],
    preparations: violations.length > 0 ? [] : preparations(past, desired, view),
    steps: violations.length > 0 ? [] : steps,
    lines: planLines(past, desired, view),
  };
}

/** What happens to one member now: what its hook asks when it is its turn. */
export function decideMember(question: Question, name: string): MemberStep | Blocked {
  const view = viewOf(question, question.observed ?? { machines: [] });
  return memberStep(name, { ...question, view, isStale: staleness(question) });
}

export function viewOf(
  { desired, recorded, attempted }: Pick<Question, "desired" | "recorded" | "attempted">,
  observed: Observed,
): ClusterView {
  return new ClusterView(observed, knownMembers(desired, recorded?.desired, attempted));
}

/**
 * Whether what runs on a machine is not what is asked for: by the digest that its process was started
 * with. Where the digest is not known yet, it is what differs from what was done last, and from what was
 * asked for since: an update that was interrupted may have done it.
 */
function staleness({
  desired,
  recorded,
  attempted,
  digests,
}: Question): (machine: SeenMachine) => boolean {
  return ({ name, process }) => {
    const digest = digests?.[name];
    if (digest !== undefined) {
      return process.digest !== digest;
    }
    const before = recorded?.desired;
    return (
      before === undefined ||
      (process.version !== "" && process.version !== desired.version) ||
      [before, attempted ?? before].some(
        (one) => one.members[name]?.unit !== desired.members[name]?.unit,
      )
    );
  };
}

function orderedSteps(question: Question, view: ClusterView): (MemberStep | Blocked)[] {
  const waiting = new Set(Object.keys(question.desired.members));
  const ordered: string[] = [];
  while (waiting.size > 0) {
    const next = nextInTurn([...waiting], { unhealthy: view.notServing, leader: view.leader });
    ordered.push(next);
    waiting.delete(next);
  }
  const isStale = staleness(question);
  return ordered.map((name) => memberStep(name, { ...question, view, isStale }));
}

function preparations(past: Past, desired: Desired, view: ClusterView): Preparation[] {
  const before = past.recorded?.desired;
  if (before === undefined || restores(before, desired)) {
    return [];
  }
  const through = Object.keys(desired.members).find(
    (name) => view.machine(name)?.seen === true && view.serves(name),
  );
  if (through === undefined) {
    return [];
  }
  return [
    ...snapshotFirst(desired, view),
    ...agreementOnVersion(past, desired, view, through),
    ...removals(past, desired, view, through),
    ...transfers(before, desired, view),
  ];
}

/** Between minor versions the data changes its form: there is a way back only from before. */
function snapshotFirst(desired: Desired, view: ClusterView): Preparation[] {
  return view.changesMinor(desired.version) ? [{ kind: "snapshot" }] : [];
}

/**
 * Going down a minor version is first agreed among the members as they run; so is going back up before all
 * have gone down, since until then no member of the newer version would start.
 */
function agreementOnVersion(
  { recorded, attempted }: Past,
  desired: Desired,
  view: ClusterView,
  through: string,
): Preparation[] {
  const minor = semver.minor(desired.version);
  if (view.version !== undefined && minor < semver.minor(view.version)) {
    // etcdctl's own rule: the minor version, and ".0".
    return [{ kind: "downgrade", through, target: `${minorOf(desired.version)}.0` }];
  }
  const last = attempted ?? recorded?.desired;
  const goesBackUp =
    last !== undefined &&
    last.allowDowngradeTo === minorOf(last.version) &&
    minor > semver.minor(last.version);
  return goesBackUp ? [{ kind: "downgrade", through, target: "" }] : [];
}

/** Members that leave are taken out of the cluster before their machines go; those first that nobody misses. */
function removals(past: Past, desired: Desired, view: ClusterView, through: string): Preparation[] {
  const peerUrls = [past.recorded?.desired, past.attempted]
    .flatMap((asked) =>
      asked === undefined
        ? []
        : membershipChange(asked, desired).leaving.map((name) => asked.members[name]!.peerUrl),
    )
    .filter((url, index, all) => all.indexOf(url) === index);
  const mute = (url: string) => {
    const entry = view.members?.find((one) => one.peerUrls.includes(url));
    return entry === undefined || !view.entryServes(entry);
  };
  const ordered = [...peerUrls].sort((one, other) => Number(mute(other)) - Number(mute(one)));
  return ordered.length === 0 ? [] : [{ kind: "remove", through, peerUrls: ordered }];
}

/** A member whose machine is replaced does not lead when that goes. */
function transfers(before: Desired, desired: Desired, view: ClusterView): Preparation[] {
  return replacedMachines(before, desired)
    .filter((name) => view.machine(name)?.seen === true && view.serves(name))
    .map((from) => ({ kind: "transfer-leadership", from }));
}
