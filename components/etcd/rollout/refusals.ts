import * as semver from "semver";
import {
  type MemberSurvey,
  membersWithData,
  newerMember,
  type Survey,
  unhealthyMembers,
} from "./survey";
import { membershipChange, replacedData, replacedMachines, restores, type Wanted } from "./wanted";

/**
 * Why a running cluster must not be changed in this way, in words that say how to go on; empty where
 * it may. All that can be known before the first change is here; each member's script looks again.
 */
export function refusals(survey: Survey, before: Wanted, wanted: Wanted): string[] {
  if (restores(before, wanted)) {
    return restoreRefusals(survey, wanted);
  }
  return [
    ...versionRefusals(survey, wanted),
    ...downgradeRefusals(survey, before, wanted),
    ...membershipRefusals(survey, before, wanted),
    ...addressRefusals(before, wanted),
    ...replacementRefusals(survey, before, wanted),
    ...architectureRefusals(before, wanted),
    ...authorityRefusals(survey, before, wanted),
  ];
}

/**
 * A snapshot takes the place of all that the members have, whatever state they are in: so only what would
 * be lost counts. A machine that cannot be looked at is looked at again by its own script.
 */
function restoreRefusals(survey: Survey, { restore }: Wanted): string[] {
  const withData = membersWithData(survey);
  return withData.length === 0 || restore.overData
    ? []
    : [
        `restoreFrom is ${restore.from}, and ${list(withData)} ${withData.length > 1 ? "have" : "has"} data, which it would take the place of. If that is meant, set restoreOverData: true: what is there now is moved aside, not deleted`,
      ];
}

/**
 * The least patch release from which the next minor may be entered (etcd's upgrade guides: 3.5.26
 * repaired members that came back from the dead, and 3.6.11 the way to 3.7).
 */
const leastBeforeNext: Record<string, string> = { "3.5": "3.5.32", "3.6": "3.6.11" };

function versionRefusals(survey: Survey, wanted: Wanted): string[] {
  return survey.members
    .filter((member) => member.name in wanted.members && member.version !== undefined)
    .flatMap((member) => versionRefusal(member.version!, wanted) ?? [])
    .filter((text, index, all) => all.indexOf(text) === index);
}

function versionRefusal(from: string, { version: to, allowDowngrade }: Wanted) {
  const step = semver.minor(to) - semver.minor(from);
  const neighbour = `3.${semver.minor(from) + Math.sign(step)}`;
  const least = leastBeforeNext[`3.${semver.minor(from)}`];
  if (step > 1) {
    return `version is ${to}, and the members run ${from}: etcd cannot skip a minor version. Go to the latest ${neighbour} first`;
  }
  if (step === 1 && least !== undefined && semver.lt(from, least)) {
    return `version is ${to}, and the members run ${from}: from ${least} on the way to the next minor version is safe. Go to the latest 3.${semver.minor(from)} first`;
  }
  if (step < -1) {
    return `version is ${to}, and the members run ${from}: etcd goes down one minor version at a time. Go to the latest ${neighbour} first, with allowDowngrade: true`;
  }
  if (step === -1 && semver.lt(from, "3.6.0")) {
    return `version is ${to}, and the members run ${from}: etcd can go down from 3.6 and later only. Set the version back`;
  }
  if (step === -1 && !allowDowngrade) {
    return `version is ${to}, and the members run the newer ${from}. Set the version back, or say that going down is meant with allowDowngrade: true`;
  }
  return undefined;
}

/**
 * A cluster that is told to go down lets no member of the newer version start again, so it is told only
 * when nothing else is under way.
 */
function downgradeRefusals(survey: Survey, before: Wanted, wanted: Wanted): string[] {
  if (newerMember(survey, wanted.version) === undefined || !wanted.allowDowngrade) {
    return [];
  }
  return [
    ...(before.instanceType === wanted.instanceType
      ? []
      : ["the version goes down and instanceType changes in one update. Do one after the other"]),
    ...unhealthyRefusals(
      survey,
      Object.keys(wanted.members),
      "the version goes down only while all members are healthy",
    ),
  ];
}

function membershipRefusals(survey: Survey, before: Wanted, wanted: Wanted): string[] {
  const { joining, leaving, staying } = membershipChange(before, wanted);
  if (joining.length === 0 && leaving.length === 0) {
    return [];
  }
  const found: string[] = [];
  if (joining.length > 0 && leaving.length > 0) {
    found.push(
      `${list(joining)} would join and ${list(leaving)} leave in one update. Do one after the other; for another machine under the same name: npm run replace`,
    );
  }
  if (before.version !== wanted.version) {
    found.push(
      `the version and the members change in one update (${list([...joining, ...leaving])}). Do one after the other`,
    );
  }
  return [
    ...found,
    ...unhealthyRefusals(
      survey,
      staying,
      "the number of members changes only while all that stay are healthy",
    ),
  ];
}

/** A member's own address, port and use of TLS are part of who it is. */
function addressRefusals(before: Wanted, wanted: Wanted): string[] {
  const replaced = replacedMachines(before, wanted);
  return membershipChange(before, wanted).staying.flatMap((name) => {
    const [from, to] = [before.members[name]!.peerUrl, wanted.members[name]!.peerUrl];
    if (from === to || (replaced.includes(name) && protocolOf(from) === protocolOf(to))) {
      return [];
    }
    return protocolOf(from) === protocolOf(to)
      ? `${name} would move from ${from} to ${to}: a running member cannot. Set the address back, or ask for a new machine there: npm run replace -- ${name}`
      : `${name} would change from ${from} to ${to}: members of a running cluster cannot turn TLS on or off. Set tls back`;
  });
}

const protocolOf = (url: string) => new URL(url).protocol;

function replacementRefusals(survey: Survey, before: Wanted, wanted: Wanted): string[] {
  const machines = replacedMachines(before, wanted);
  const data = replacedData(before, wanted);
  const names = [...new Set([...machines, ...data])];
  if (names.length === 0) {
    return [];
  }
  if (names.length > 1) {
    return [`${list(names)} would be made anew in one update. Do one after the other`];
  }
  const [name] = names as [string];
  const others = Object.keys(wanted.members).filter((other) => other !== name);
  const found: string[] = [];
  if (!machines.includes(name)) {
    found.push(
      `${name} would get a new data volume and keep its machine. Use: npm run replace -- ${name} --new-data`,
    );
  }
  if (data.length > 0 && others.length < 2) {
    found.push(
      `${name} would lose its data, and the others are no quorum that could give it back. Add members first, or restore from a snapshot`,
    );
  }
  if (before.version !== wanted.version) {
    found.push(
      `the version changes in the same update as ${name} is made anew. Do one after the other`,
    );
  }
  return [
    ...found,
    ...unhealthyRefusals(survey, others, `${name} is made anew only while all others are healthy`),
  ];
}

function architectureRefusals(before: Wanted, wanted: Wanted): string[] {
  return before.architecture === wanted.architecture
    ? []
    : [
        `instanceType is ${wanted.instanceType}, of the architecture ${wanted.architecture}, and the machines are of ${before.architecture}: a machine cannot change that. Set instanceType back`,
      ];
}

/**
 * Leaves are replaced on all machines at once, while the members still trust what they were started
 * with; then the members learn one by one what to trust from now on.
 */
function authorityRefusals(survey: Survey, before: Wanted, wanted: Wanted): string[] {
  const [from, to] = [before.certificateAuthorities, wanted.certificateAuthorities];
  if (from.join() === to.join() || from.length === 0 || to.length === 0) {
    return [];
  }
  const members = survey.members.filter((member) => member.name in wanted.members);
  const unknown = members.filter((member) => member.problem !== undefined);
  if (unknown.length > 0) {
    return unknown.map(
      ({ name, problem }) =>
        `certificateAuthorities changes, and whether ${name} is ready for it cannot be seen: ${problem}`,
    );
  }
  return members.flatMap((member) => authorityRefusal(member, to) ?? []);
}

function authorityRefusal({ name, trusts, issuedBy }: MemberSurvey, to: readonly number[]) {
  const way = "The way is [1], [1, 2], [2, 1], [2], with a pulumi up each";
  const setting = `certificateAuthorities is [${to.join(", ")}], and ${name}`;
  const [issuer] = to as [number];
  if (trusts !== undefined && !trusts.includes(issuer)) {
    return `${setting} does not trust ${issuer} yet, only ${list(trusts.map(String))}: it would turn the others away. ${way}`;
  }
  if (issuedBy !== undefined && !to.includes(issuedBy)) {
    return `${setting} has a certificate of ${issuedBy}, which nobody would trust any more. ${way}`;
  }
  return undefined;
}

function unhealthyRefusals(survey: Survey, needed: string[], rule: string): string[] {
  if (survey.health === undefined) {
    return [`${rule}, and no member could be asked: ${survey.problem ?? "no machine answers"}`];
  }
  const down = unhealthyMembers(survey).filter((name) => needed.includes(name));
  const alarms = survey.health.members.filter((member) => member.alarms.length > 0);
  return [
    ...(down.length > 0
      ? [`${rule}, and ${list(down)} ${down.length > 1 ? "do" : "does"} not serve reads`]
      : []),
    ...alarms.map((member) => `${rule}, and ${member.name} raised ${member.alarms.join(", ")}`),
  ];
}

/** "a", "a and b", "a, b and c". */
export function list(words: readonly string[]): string {
  return [words.slice(0, -1).join(", "), ...words.slice(-1)]
    .filter((part) => part !== "")
    .join(" and ");
}
