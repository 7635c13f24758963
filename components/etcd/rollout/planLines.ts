import { flagsOfUnit } from "../unit";
import type { ClusterView } from "./clusterView";
import {
  type Desired,
  membershipChange,
  replacedData,
  replacedMachines,
  restores,
} from "./desired";
import type { SeenMachine } from "./observed";
import { membersWithData, type Past } from "./violations";
import { list } from "./words";

/** What a change will do to a running cluster, in words, a line each; empty where it does nothing. */
export function planLines(past: Past, desired: Desired, view: ClusterView): string[] {
  const before = past.recorded?.desired;
  if (before === undefined) {
    return [];
  }
  if (restores(before, desired)) {
    return restoreLines(view, desired);
  }
  const { joining } = membershipChange(before, desired);
  const leaving = [
    ...new Set(
      [before, past.attempted ?? before].flatMap((one) => membershipChange(one, desired).leaving),
    ),
  ];
  const data = replacedData(before, desired);
  const rolling = [
    ...versionLines(view, before, desired),
    ...sinceBoth(past, (one) => trustLines(one, desired)),
    ...flagLines(view, desired),
    ...sinceBoth(past, (one) => unitLines(one, desired)),
  ];
  return [
    ...unfinishedLines(past, desired),
    ...(view.isServed && view.changesMinor(desired.version) ? ["a snapshot is taken first"] : []),
    ...issuerLines(before, desired),
    ...rolling.map((line) => `${line}, ${orderOf(view, before, desired)}`),
    ...clientLines(before, desired),
    ...accessLines(before, desired, view),
    ...(before.instanceType === desired.instanceType
      ? []
      : [
          `instance type ${before.instanceType} → ${desired.instanceType}: stopped and started, ${orderOf(view, before, desired)}`,
        ]),
    ...(before.dataVolumeGiB === desired.dataVolumeGiB
      ? []
      : [`data volumes ${before.dataVolumeGiB} → ${desired.dataVolumeGiB} GiB`]),
    ...leaving.map((name) => `${name} is taken out of the cluster, then its machine goes`),
    ...joining.map((name) => `${name} joins as a learner and is promoted, one at a time`),
    ...replacedMachines(before, desired).map((name) =>
      data.includes(name)
        ? `${name} gets a new machine and loses its data: taken out, added as a learner, promoted`
        : `${name} gets a new machine, with its data where that is still there`,
    ),
  ];
}

/**
 * What differs from what was done, and from what was asked for since: an update that was interrupted may
 * have done that to some.
 */
function sinceBoth({ recorded, attempted }: Past, lines: (one: Desired) => string[]): string[] {
  return [...new Set([recorded?.desired, attempted].flatMap((one) => (one ? lines(one) : [])))];
}

/** An earlier update was asked for the same and did not come to its end. */
function unfinishedLines({ recorded, attempted }: Past, desired: Desired): string[] {
  const before = recorded?.desired;
  if (before === undefined || attempted === undefined) {
    return [];
  }
  const open = replacedMachines(before, attempted).filter((name) =>
    replacedMachines(before, desired).includes(name),
  );
  return open.map(
    (name) => `the replacement of ${name}, which an earlier update began, is finished`,
  );
}

function restoreLines(view: ClusterView, { restore, members }: Desired): string[] {
  const withData = membersWithData(view, restore.id);
  return [
    `${list(Object.keys(members))} begin from the snapshot ${restore.from}, all at once`,
    ...(withData.length === 0
      ? []
      : [
          `what ${list(withData)} ${withData.length > 1 ? "have" : "has"} now is moved aside, and can be read no more`,
        ]),
  ];
}

function versionLines(view: ClusterView, before: Desired, desired: Desired): string[] {
  const running = view.seen
    .filter((machine) => machine.name in desired.members)
    .map(({ process, unitVersion }) => process.version || unitVersion || before.version)
    .filter((one, index, all) => one !== desired.version && all.indexOf(one) === index);
  return running.map((one) => `${one} → ${desired.version}`);
}

function issuerLines(before: Desired, desired: Desired): string[] {
  const issuer = desired.certificateAuthorities[0];
  if (issuer === undefined) {
    return [];
  }
  const rest = "and no member restarts for it";
  return [
    ...(before.certificateAuthorities[0] === issuer
      ? []
      : [`every certificate is issued again by CA ${issuer}, ${rest}`]),
    ...(before.certificateIssue === desired.certificateIssue
      ? []
      : [`every certificate is issued again with a new key, ${rest}`]),
  ];
}

/** Clients have certificates of their own, which nobody gives them but the person who reads this. */
function clientLines(before: Desired, desired: Desired): string[] {
  const gone = before.certificateAuthorities.filter(
    (generation) => !desired.certificateAuthorities.includes(generation),
  );
  const added = desired.certificateAuthorities.filter(
    (generation) => !before.certificateAuthorities.includes(generation),
  );
  const own = Object.keys(desired.clients);
  const given = own.length > 0 ? ` (npm run client -- ${own.join(", ")})` : "";
  return [
    ...(added.length > 0 && before.certificateAuthorities.length > 0
      ? [
          `before the next step, clients need the new caCertPem${given}: certificates of CA ${list(added.map(String))} will be shown to them`,
        ]
      : []),
    ...(gone.length > 0
      ? [
          `clients that still have a certificate of CA ${list(gone.map(String))} are refused from now on: give them the new ${own.length > 0 ? "ones" : "clientCertPem and clientKeyPem"}${given} before`,
        ]
      : []),
  ];
}

/** Users and roles are made and taken away when all members are done, and nobody restarts for it. */
function accessLines(before: Desired, desired: Desired, view: ClusterView): string[] {
  const [from, to] = [before.clients, desired.clients];
  const named = (names: string[], text: string) => names.map((name) => `${name} ${text}`);
  return [
    ...named(
      Object.keys(to).filter((name) => !Object.hasOwn(from, name)),
      "is a client from now on, with a certificate of its own",
    ),
    ...named(
      Object.keys(to).filter((name) => Object.hasOwn(from, name) && from[name] !== to[name]),
      "gets other rights",
    ),
    ...named(
      Object.keys(from).filter((name) => !Object.hasOwn(to, name)),
      desired.accessControl
        ? "is a client no more: its certificate opens no connection, its user is taken away, and its requests are refused; a watch that it has open goes on until its connection ends"
        : "is a client no more: its certificate opens no connection from now on; those that are open go on until they end, since access is not controlled",
    ),
    ...(before.accessControl && desired.accessControl && view.isControlled === false
      ? ["access control, which somebody has turned off, is turned on again"]
      : []),
    ...(before.accessControl === desired.accessControl
      ? []
      : [
          desired.accessControl
            ? `access is controlled from now on: who shows no certificate of a client (${list(Object.keys(to)) || "there is none"}) or of clientCertPem is refused; watches that are open go on until their connections end`
            : "access is no longer controlled: every client may do everything",
        ]),
  ];
}

function trustLines(before: Desired, desired: Desired): string[] {
  const from = list(sorted(before.certificateAuthorities));
  const to = list(sorted(desired.certificateAuthorities));
  return from === to || to === "" ? [] : [`trusted CA ${from} → ${to}`];
}

const sorted = (generations: readonly number[]) =>
  [...generations].sort((one, other) => one - other).map(String);

/** Flags that differ, each change once: most are the same on all members. */
function flagLines(view: ClusterView, desired: Desired): string[] {
  return [...new Set(view.seen.flatMap((machine) => changedFlags(machine, desired)))];
}

function changedFlags({ name, flags }: SeenMachine, { members }: Desired): string[] {
  const unit = members[name]?.unit;
  if (flags === undefined || unit === undefined) {
    return [];
  }
  const from = byName(flags);
  const to = byName(flagsOfUnit(unit));
  return [...new Set([...from.keys(), ...to.keys()])]
    .filter((flag) => from.get(flag) !== to.get(flag))
    .map((flag) => `${flag} ${from.get(flag) ?? "unset"} → ${to.get(flag) ?? "unset"}`);
}

function byName(flags: readonly string[]): Map<string, string> {
  return new Map(
    flags.map((flag) => {
      const [name = "", ...value] = flag.split("=");
      return [name, value.join("=") || "true"];
    }),
  );
}

/** What else of the unit's text differs: every line of it is a reason for a restart. */
function unitLines(before: Desired, desired: Desired): string[] {
  const changes = membershipChange(before, desired).staying.flatMap((name) => {
    const from = otherLines(before.members[name]!.unit);
    const to = otherLines(desired.members[name]!.unit);
    return [
      ...from.filter((line) => !to.includes(line)).map((line) => `unit: no more ${line}`),
      ...to.filter((line) => !from.includes(line)).map((line) => `unit: ${line}`),
    ];
  });
  return [...new Set(changes)];
}

/** But for what is told by flags, the version and the trusted CAs. */
function otherLines(unit: string): string[] {
  return unit
    .split("\n")
    .filter(
      (line) =>
        line !== "" && !/^\s*--|^#|^ExecStart=|^Environment=TRUSTED_CAS=|^\s*\$FIRST/.test(line),
    );
}

function orderOf(view: ClusterView, before: Desired, desired: Desired): string {
  const { staying } = membershipChange(before, desired);
  if (staying.length === 1) {
    return `${staying[0]} stops for it: it is the only member`;
  }
  const mute = view.isServed ? view.notServing.filter((name) => staying.includes(name)) : [];
  const first = mute.length > 0 ? `, first ${list(mute)}` : "";
  const { leader } = view;
  const last = leader === undefined ? "" : `, leader ${leader} last`;
  const waits =
    staying.length === 2 ? "; writes wait while one of the two restarts: it takes both" : "";
  return `one member at a time${first}${last}${waits}`;
}
