import { isDeepStrictEqual } from "node:util";
import * as semver from "semver";
import { minorOf } from "../versions";
import { type ClusterView } from "./clusterView";
import {
  countedDown,
  type Desired,
  membershipChange,
  type Recorded,
  replacedData,
  replacedMachines,
  restores,
} from "./desired";
import { identityViolations, type OwnIdentity } from "./identityViolations";
import type { ObservedMachine, SeenMachine } from "./observed";
import { list } from "./words";

/** What a change is compared with. */
export interface Past {
  /** What the last update that succeeded has left. */
  readonly recorded: Recorded | undefined;
  /** What the last update was asked for, whether it came to its end or not. */
  readonly attempted: Desired | undefined;
}

/**
 * Why a stack must not be changed in this way, in words that say how to go on, as far as it follows from
 * what is asked for alone: a preview tells it, too.
 */
export function settingsViolations({ recorded, attempted }: Past, desired: Desired): string[] {
  const before = recorded?.desired;
  if (before === undefined) {
    return attempted === undefined ? [] : foundingViolations(attempted, desired);
  }
  const always = [
    ...lifeViolations(before, desired),
    ...countViolations(before, attempted, desired),
    ...volumeViolations(before, desired),
    ...architectureViolations(before, desired),
    ...pathViolations(before, desired),
  ];
  return restores(before, desired)
    ? [...always, ...unfinishedRestoreViolations(attempted, desired)]
    : [
        ...always,
        ...membershipViolations(before, desired),
        ...addressViolations(before, desired),
        ...replacementViolations(before, desired),
        ...downgradeViolations(before, desired),
        ...accessViolations(before, desired),
      ];
}

/**
 * Members that found a cluster, or begin from a snapshot, wait for each other: an update that works on fewer at a
 * time than are a quorum would wait for ever.
 * @param parallel how many resources the engine works on at a time; 0 where that is not known
 */
export function parallelViolations(
  before: Desired | undefined,
  desired: Desired,
  parallel: number,
): string[] {
  const quorum = Math.floor(Object.keys(desired.members).length / 2) + 1;
  const startTogether = before === undefined || restores(before, desired);
  return startTogether && parallel > 0 && parallel < quorum
    ? [
        `--parallel is ${parallel}, and ${quorum} of ${Object.keys(desired.members).length} members have to start together. Leave it out, or set it to ${quorum} or more`,
      ]
    : [];
}

/**
 * Why, by what was seen. Unseen is refused: a failed look never means that nothing speaks against it.
 */
export function clusterViolations(
  { recorded, attempted }: Past,
  desired: Desired,
  own: OwnIdentity,
  view: ClusterView,
): string[] {
  const strangers = view.seen.flatMap((machine) => identityViolations(machine, own));
  const before = recorded?.desired;
  if (restores(before, desired)) {
    return [...strangers, ...restoreViolations(view, desired)];
  }
  if (before === undefined) {
    return strangers;
  }
  const both = { before, attempted: attempted ?? before };
  const isChange = [before, both.attempted].some((one) => !isDeepStrictEqual(one, desired));
  return [
    ...strangers,
    ...(isChange ? unseenViolations(view, before, desired) : []),
    ...versionViolations(view, before, desired),
    ...quotaViolations(view, before, desired),
    ...healthViolations(view, both, desired),
    ...authorityViolations(view, before, desired),
  ];
}

/**
 * Until an update has succeeded nobody knows by the state how far the founding has come, and on EC2 not even
 * where the machines are: what would take something away waits.
 */
function foundingViolations(attempted: Desired, desired: Desired): string[] {
  const way =
    "no pulumi up of this stack has succeeded yet. Set it back and finish that first, or destroy the stack and begin again";
  const { leaving } = membershipChange(attempted, desired);
  const changed = [...replacedMachines(attempted, desired), ...replacedData(attempted, desired)];
  const down = countedDown(attempted, desired);
  return [
    ...(leaving.length > 0 ? [`${list(leaving)} would be taken out, and ${way}`] : []),
    ...[...new Set([...changed, ...down])].map(
      (name) => `${name} would get a new machine or new data, and ${way}`,
    ),
    ...lifeViolations(attempted, desired),
    ...pathViolations(attempted, desired),
    ...unfinishedRestoreViolations(attempted, desired),
  ];
}

/**
 * Those that a snapshot was asked for begin from it together; whoever is added before that is done would,
 * too, beside a cluster that may live already.
 */
function unfinishedRestoreViolations(attempted: Desired | undefined, desired: Desired): string[] {
  const { restore } = desired;
  if (attempted === undefined || restore.id === "" || attempted.restore.id !== restore.id) {
    return [];
  }
  const { joining } = membershipChange(attempted, desired);
  const asked = list(Object.keys(attempted.members));
  return joining.length === 0
    ? []
    : [
        `${asked} begin from the snapshot ${restore.from}, and that is not finished: ${list(joining)} would begin from it, too. Set the members back to ${asked}, run pulumi up, then add members`,
      ];
}

/** What a living stack is. */
function lifeViolations(before: Desired, desired: Desired): string[] {
  const name =
    before.clusterName === desired.clusterName
      ? []
      : [
          `clusterName is ${desired.clusterName}, and this cluster is ${before.clusterName}: a cluster keeps its name. Set it back`,
        ];
  const settings = [...new Set([...Object.keys(before.fixed), ...Object.keys(desired.fixed)])];
  const network = settings.flatMap((setting) => {
    const [from = "", to = ""] = [before.fixed[setting], desired.fixed[setting]];
    return from === to
      ? []
      : `${setting} is ${to || "empty"}, and this stack was made with ${from || "an empty one"}: machines cannot move to another network. Set it back`;
  });
  return [...name, ...network];
}

/** Only a larger number asks for something. */
function countViolations(
  before: Desired,
  attempted: Desired | undefined,
  desired: Desired,
): string[] {
  const lost = [
    ...new Set([
      ...countedDown(before, desired),
      ...(attempted ? countedDown(attempted, desired) : []),
    ]),
  ];
  return lost.map((name) => {
    const { machineGeneration, dataGeneration } = (
      attempted !== undefined && name in attempted.members ? attempted : before
    ).members[name]!;
    return `replacements.${name} or dataReplacements.${name} got smaller, and that replaces nothing: its machine was asked for ${machineGeneration} times and its data ${dataGeneration} times. Set them back to that`;
  });
}

function volumeViolations(before: Desired, desired: Desired): string[] {
  return desired.dataVolumeGiB < before.dataVolumeGiB
    ? [
        `dataVolumeGiB is ${desired.dataVolumeGiB}, and the volumes have ${before.dataVolumeGiB} GiB: a volume cannot shrink. Set it back`,
      ]
    : [];
}

function architectureViolations(before: Desired, desired: Desired): string[] {
  return before.architecture === desired.architecture
    ? []
    : [
        `instanceType is ${desired.instanceType}, of the architecture ${desired.architecture}, and the machines are of ${before.architecture}: a machine cannot change that. Set instanceType back`,
      ];
}

/** Sharing a machine puts everything of a member under its own name: it would be another member. */
function pathViolations(before: Desired, desired: Desired): string[] {
  return membershipChange(before, desired).staying.flatMap((name) => {
    const [from, to] = [before.members[name]!.dataDirectory, desired.members[name]!.dataDirectory];
    return from === to
      ? []
      : `${name}'s data is in ${from}, and with the other members on its machine it would be in ${to}: a member keeps its directories. Keep members that share a machine, and those that have one to themselves, as they are`;
  });
}

function membershipViolations(before: Desired, desired: Desired): string[] {
  const { joining, leaving } = membershipChange(before, desired);
  if (joining.length === 0 && leaving.length === 0) {
    return [];
  }
  return [
    ...(joining.length > 0 && leaving.length > 0
      ? [
          `${list(joining)} would join and ${list(leaving)} leave in one update. Do one after the other; for another machine under the same name: npm run replace`,
        ]
      : []),
    ...(before.version !== desired.version
      ? [
          `the version and the members change in one update (${list([...joining, ...leaving])}). Do one after the other`,
        ]
      : []),
    ...(membershipChange(before, desired).staying.length === 0
      ? [
          `none of the members stays (${list(leaving)} would leave): the data would be lost. Do it in two steps, or destroy the stack`,
        ]
      : []),
  ];
}

/** A member's own address, port and use of TLS are part of who it is, and the subnet of where it is. */
function addressViolations(before: Desired, desired: Desired): string[] {
  const replaced = replacedMachines(before, desired);
  return membershipChange(before, desired).staying.flatMap((name) => {
    const [was, is] = [before.members[name]!, desired.members[name]!];
    const [from, to] = [was.peerUrl, is.peerUrl];
    if (from === to && was.place !== is.place && !replaced.includes(name)) {
      return `${name} is in the subnet ${was.place}, and ${is.place || "none"} is asked for around it: a machine cannot move to another one. Set subnetCidrs back`;
    }
    if (from === to || (replaced.includes(name) && protocolOf(from) === protocolOf(to))) {
      return [];
    }
    return protocolOf(from) === protocolOf(to)
      ? `${name} would move from ${from} to ${to}: a running member cannot. Set the address back, or ask for a new machine there: npm run replace -- ${name}`
      : `${name} would change from ${from} to ${to}: members of a running cluster cannot turn TLS on or off. Set tls back`;
  });
}

const protocolOf = (url: string) => new URL(url).protocol;

function replacementViolations(before: Desired, desired: Desired): string[] {
  const machines = replacedMachines(before, desired);
  const data = replacedData(before, desired);
  const names = [...new Set([...machines, ...data])];
  if (names.length === 0) {
    return [];
  }
  if (names.length > 1) {
    return [
      `${list(names)} would be replaced in one update, or one of them has not been finished by an earlier one. Do one after the other: finish the first by a pulumi up of its own`,
    ];
  }
  const [name] = names as [string];
  const others = Object.keys(desired.members).filter((other) => other !== name);
  const [from, to] = [before.members[name]!.place, desired.members[name]!.place];
  return [
    ...(machines.includes(name)
      ? []
      : [
          `${name} would get a new data volume and keep its machine. Use: npm run replace -- ${name} --new-data`,
        ]),
    ...(data.length > 0 && others.length < 2
      ? [
          `${name} would lose its data, and the others are no quorum that could give it back. Add members first, or restore from a snapshot`,
        ]
      : []),
    ...(from !== to && data.length === 0
      ? [
          `${name} would move from the subnet ${from} to ${to}, which may be in another zone, where its data volume cannot follow. Set the address back, or ask for new data, too: npm run replace -- ${name} --new-data`,
        ]
      : []),
    ...(before.version !== desired.version
      ? [`the version changes in the same update as ${name} is replaced. Do one after the other`]
      : []),
  ];
}

/** Rights are taken back on the first member's machine, as it was: that must not go in the same update. */
function accessViolations(before: Desired, desired: Desired): string[] {
  const { joining, leaving } = membershipChange(before, desired);
  const moves = [...joining, ...leaving, ...replacedMachines(before, desired)];
  const isLast = !desired.accessControl && Object.keys(desired.clients).length === 0;
  return before.accessControl && isLast && moves.length > 0
    ? [
        `access is no longer controlled, the last client goes and machines change (${list(moves)}) in one update. Do one after the other`,
      ]
    : [];
}

/**
 * A cluster that is told to go down lets no member of the newer version start again, so it is told only
 * when nothing else is under way.
 */
function downgradeViolations(before: Desired, desired: Desired): string[] {
  return semver.minor(desired.version) < semver.minor(before.version) &&
    before.instanceType !== desired.instanceType
    ? ["the version goes down and instanceType changes in one update. Do one after the other"]
    : [];
}

/** Members whose machine is not replaced are looked at before anything is decided on them. */
function unseenViolations(view: ClusterView, before: Desired, desired: Desired): string[] {
  const replaced = replacedMachines(before, desired);
  return membershipChange(before, desired).staying.flatMap((name) => {
    const machine = view.machine(name);
    return machine?.seen === true || replaced.includes(name)
      ? []
      : `${name}'s machine cannot be seen, and unseen is refused: ${machine?.problem ?? "nobody has looked"}. Bring it back; if its address has changed, run pulumi up --refresh without another change first; if it is lost: npm run replace -- ${name}`;
  });
}

/**
 * Why nothing is brought to a machine: it was looked at, and turns the login away. The provider would dial for minutes,
 * and not say what to do.
 */
export function loginViolation(
  machine: ObservedMachine,
  before: Desired,
  desired: Desired,
): string | undefined {
  const { name } = machine;
  const isRefused = !machine.seen && /authentication methods failed/.test(machine.problem);
  return isRefused && !replacedMachines(before, desired).includes(name)
    ? `${name} turns the login away (${machine.problem}), so nothing was changed on it. If the settings have another SSH key or password than before: first add the new public key to ~/.ssh/authorized_keys on every machine (npm run ssh -- ${name} still has the former key), then run pulumi up again`
    : undefined;
}

/**
 * A snapshot takes the place of all that the members have, whatever state they are in: so only what would
 * be lost counts. A machine that cannot be looked at is looked at again before its own step.
 */
function restoreViolations(view: ClusterView, { restore }: Desired): string[] {
  const withData = membersWithData(view, restore.id);
  return withData.length === 0 || restore.overData
    ? []
    : [
        `restoreFrom is ${restore.from}, and ${list(withData)} ${withData.length > 1 ? "have" : "has"} data, which it would take the place of. If that is meant, set restoreOverData: true: what is there now is moved aside, not deleted`,
      ];
}

/** Who has data that is not from this restore already. */
export function membersWithData(view: ClusterView, restoreId: string): string[] {
  return view.seen
    .filter((machine) => machine.hasData && machine.cluster.restored !== restoreId)
    .map(({ name }) => name);
}

/**
 * The least patch release from which the next minor may be entered (etcd's upgrade guides: 3.5.26
 * repaired members that came back from the dead, and 3.6.11 the way to 3.7).
 */
const leastBeforeNext: Record<string, string> = { "3.5": "3.5.32", "3.6": "3.6.11" };

/**
 * What counts is the version that the cluster has agreed on, which moves when the last member has: until
 * then the older version can start again on any of them.
 */
function versionViolations(view: ClusterView, before: Desired, desired: Desired): string[] {
  const agreed = view.version;
  if (agreed === undefined) {
    // Back to what ran last is the way out, whatever can be seen.
    return desired.version === before.version
      ? []
      : [
          `version is ${desired.version}, and which version the cluster has cannot be seen: no member says it. Set version back to ${before.version}, run pulumi up, then change it`,
        ];
  }
  const step = semver.minor(desired.version) - semver.minor(agreed);
  const runs = `version is ${desired.version}, and the cluster is at ${agreed}`;
  const neighbour = `3.${semver.minor(agreed) + Math.sign(step)}`;
  if (step > 1) {
    return [`${runs}: etcd cannot skip a minor version. Go to the latest ${neighbour} first`];
  }
  if (step === 1) {
    return leastPatchViolations(view, agreed, desired.version);
  }
  if (step < -1) {
    return [
      `${runs}: etcd goes down one minor version at a time. Go to the latest ${neighbour} first, with allowDowngradeTo: "${neighbour}"`,
    ];
  }
  if (step === -1 && semver.lt(agreed, "3.6.0")) {
    return [`${runs}: etcd can go down from 3.6 and later only. Set the version back`];
  }
  if (step === -1 && desired.allowDowngradeTo !== neighbour) {
    return [
      `${runs}, which is newer. Set the version back, or confirm that it is to go down with allowDowngradeTo: "${neighbour}"`,
    ];
  }
  return [];
}

function leastPatchViolations(view: ClusterView, agreed: string, to: string): string[] {
  const minor = minorOf(agreed);
  const least = leastBeforeNext[minor];
  const from = view.seen
    .map((machine) => machine.process.version)
    .filter((one) => semver.valid(one) !== null);
  const early = [...new Set(from)].filter((one) => least !== undefined && semver.lt(one, least));
  return early.map(
    (one) =>
      `version is ${to}, and members run ${one}: from ${least} on the way to the next minor version is safe. Go to the latest ${minor} first`,
  );
}

/** etcd takes no writes with a quota below its database. */
function quotaViolations(view: ClusterView, before: Desired, desired: Desired): string[] {
  return desired.quotaBytes < before.quotaBytes && view.databaseBytes >= desired.quotaBytes
    ? [
        `quotaGiB is ${desired.quotaBytes / 1024 ** 3}, and the largest database has ${(view.databaseBytes / 1024 ** 3).toFixed(2)} GiB: the cluster would take no more writes. Set it higher, or npm run defrag -- --compact first`,
      ]
    : [];
}

/** Changes that need all others. */
function healthViolations(
  view: ClusterView,
  { before, attempted }: { readonly before: Desired; readonly attempted: Desired },
  desired: Desired,
): string[] {
  const { joining, leaving, staying } = membershipChange(before, desired);
  const gone = membershipChange(attempted, desired).leaving;
  const replaced = [...replacedMachines(before, desired), ...replacedData(before, desired)];
  const goesDown =
    view.version !== undefined && semver.minor(desired.version) < semver.minor(view.version);
  return [
    ...(joining.length + leaving.length + gone.length > 0
      ? unhealthy(
          view,
          staying,
          "the number of members changes only while all that stay are healthy",
        )
      : []),
    ...[...new Set(replaced)].flatMap((name) =>
      unhealthy(
        view,
        Object.keys(desired.members).filter((other) => other !== name),
        `${name} is replaced only while all others are healthy`,
      ),
    ),
    ...(goesDown
      ? unhealthy(
          view,
          Object.keys(desired.members),
          "the version goes down only while all members are healthy",
        )
      : []),
  ];
}

function unhealthy(view: ClusterView, needed: string[], rule: string): string[] {
  const mute = needed.filter((name) => !view.serves(name));
  const alarms = view.alarms;
  return [
    ...(mute.length > 0
      ? [
          `${rule}, and ${list(mute)} ${mute.length > 1 ? "do" : "does"} not serve reads. See npm run health, and repair that first`,
        ]
      : []),
    ...(alarms === undefined
      ? [`${rule}, and whether an alarm is raised could not be asked. See npm run health`]
      : alarms.map(({ alarm }) => `${rule}, and ${alarm} is raised. See npm run health`)),
  ];
}

/**
 * Leaves are replaced on all machines at once, while the members still trust what they were started
 * with; then the members learn one by one what to trust from now on.
 */
function authorityViolations(view: ClusterView, before: Desired, desired: Desired): string[] {
  const [from, to] = [before.certificateAuthorities, desired.certificateAuthorities];
  if (from.join() === to.join() || from.length === 0 || to.length === 0) {
    return [];
  }
  const members = view.seen.filter((machine) => machine.name in desired.members);
  return members.flatMap((machine) => authorityViolation(machine, to) ?? []);
}

function authorityViolation({ name, process, issuedBy }: SeenMachine, to: readonly number[]) {
  const way = "The way is [1], [1, 2], [2, 1], [2], with a pulumi up each";
  const setting = `certificateAuthorities is [${to.join(", ")}], and ${name}`;
  const [issuer] = to as [number];
  const { trusts } = process;
  if (trusts !== undefined && !trusts.includes(issuer)) {
    return `${setting} does not trust ${issuer} yet, only ${list(trusts.map(String))}: it would turn the others away. ${way}`;
  }
  if (issuedBy !== undefined && !to.includes(issuedBy)) {
    return `${setting} has a certificate of ${issuedBy}, which nobody would trust any more. ${way}`;
  }
  return undefined;
}
