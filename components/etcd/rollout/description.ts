import { flagsOfUnit } from "../unit";
import { list } from "./refusals";
import {
  changesMinor,
  leaderOf,
  type MemberSurvey,
  membersWithData,
  type Survey,
  unhealthyMembers,
} from "./survey";
import { membershipChange, replacedData, replacedMachines, restores, type Wanted } from "./wanted";

/** What a change will do to a running cluster, in words, a line each; empty where it does nothing. */
export function describeChange(survey: Survey, before: Wanted, wanted: Wanted): string[] {
  if (restores(before, wanted)) {
    return restoreLines(survey, wanted);
  }
  const { joining, leaving } = membershipChange(before, wanted);
  const data = replacedData(before, wanted);
  const rolling = [
    ...versionLines(survey, wanted),
    ...trustLines(before, wanted),
    ...flagLines(survey, wanted),
  ];
  return [
    ...(survey.problem === undefined && changesMinor(survey, wanted.version)
      ? ["a snapshot is taken first"]
      : []),
    ...issuerLines(before, wanted),
    ...rolling.map((line) => `${line}, ${orderOf(survey, wanted)}`),
    ...(before.instanceType === wanted.instanceType
      ? []
      : [
          `instance type ${before.instanceType} → ${wanted.instanceType}: stopped and started, ${orderOf(survey, wanted)}`,
        ]),
    ...leaving.map((name) => `${name} is taken out of the cluster, then its machine goes`),
    ...joining.map((name) => `${name} joins as a learner and is promoted, one at a time`),
    ...replacedMachines(before, wanted).map((name) =>
      data.includes(name)
        ? `${name} gets a new machine and loses its data: taken out, added as a learner, promoted`
        : `${name} gets a new machine, with its data where that is still there`,
    ),
  ];
}

function restoreLines(survey: Survey, { restore, members }: Wanted): string[] {
  const withData = membersWithData(survey);
  return [
    `${list(Object.keys(members))} begin from the snapshot ${restore.from}, all at once`,
    ...(withData.length === 0
      ? []
      : [
          `what ${list(withData)} ${withData.length > 1 ? "have" : "has"} now is moved aside, and can be read no more`,
        ]),
  ];
}

function versionLines(survey: Survey, { version, members }: Wanted): string[] {
  const from = survey.members
    .filter((member) => member.name in members)
    .flatMap((member) => member.version ?? [])
    .filter((one, index, all) => one !== version && all.indexOf(one) === index);
  return from.map((one) => `${one} → ${version}`);
}

function issuerLines(before: Wanted, wanted: Wanted): string[] {
  const issuer = wanted.certificateAuthorities[0];
  if (issuer === undefined) {
    return [];
  }
  const rest = "and no member restarts for it";
  return [
    ...(before.certificateAuthorities[0] === issuer
      ? []
      : [`every certificate is issued anew by CA ${issuer}, ${rest}`]),
    ...(before.certificateIssue === wanted.certificateIssue
      ? []
      : [`every certificate is issued anew with a new key, ${rest}`]),
  ];
}

function trustLines(before: Wanted, wanted: Wanted): string[] {
  const from = list(sorted(before.certificateAuthorities));
  const to = list(sorted(wanted.certificateAuthorities));
  return from === to || to === "" ? [] : [`trusted CA ${from} → ${to}`];
}

const sorted = (generations: readonly number[]) =>
  [...generations].sort((one, other) => one - other).map(String);

/** Flags that differ, each change once: most are the same on all members. */
function flagLines(survey: Survey, wanted: Wanted): string[] {
  const changes = survey.members.flatMap((member) => changedFlags(member, wanted));
  return [...new Set(changes)];
}

function changedFlags({ name, flags }: MemberSurvey, { members }: Wanted): string[] {
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

function orderOf(survey: Survey, { members }: Wanted): string {
  const staying = survey.members.map((member) => member.name).filter((name) => name in members);
  if (staying.length === 1) {
    return `${staying[0]} stops for it: it is the only member`;
  }
  const leader = leaderOf(survey);
  const down = unhealthyMembers(survey).filter((name) => staying.includes(name));
  const first = survey.health !== undefined && down.length > 0 ? `, first ${list(down)}` : "";
  return `one member at a time${first}${leader === undefined ? "" : `, leader ${leader} last`}`;
}
