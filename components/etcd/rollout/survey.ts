import { minor } from "semver";
import type { ClusterHealth } from "../health";

/** What a member's machine said when it was looked at. */
export interface MemberSurvey {
  readonly name: string;
  /** Why the machine could not be looked at; the rest is unknown then. */
  readonly problem?: string;
  /** Whether there is data of a member. */
  readonly hasData?: boolean;
  /** The etcd version that its data was last run with, by its unit; undefined where it never was. */
  readonly version?: string;
  /** etcd's flags as its unit has them, `--name=value` each. */
  readonly flags?: readonly string[];
  /** The generations of the CAs that the running etcd trusts; undefined where it does not run. */
  readonly trusts?: readonly number[];
  /** The generation of the CA that issued its server certificate, and when that certificate ends. */
  readonly issuedBy?: number;
  readonly certificateEnds?: Date;
}

/** A running cluster, looked at from outside just before it is changed. */
export interface Survey {
  readonly members: readonly MemberSurvey[];
  /** What the members say; undefined where none could be asked. */
  readonly health: ClusterHealth | undefined;
  /** Why none could be asked. */
  readonly problem?: string;
}

/** A member whose data was last run with a newer minor version than this one. */
export function newerMember(survey: Survey, version: string): MemberSurvey | undefined {
  return survey.members.find(
    (member) => member.version !== undefined && minor(member.version) > minor(version),
  );
}

/** Whether a member's data would be used by another minor version than before. */
export function changesMinor(survey: Survey, version: string): boolean {
  return survey.members.some(
    (member) => member.version !== undefined && minor(member.version) !== minor(version),
  );
}

/** The members that have data, by name. */
export function membersWithData(survey: Survey): string[] {
  return survey.members.filter((member) => member.hasData).map(({ name }) => name);
}

/** The name of the leader, where one is known. */
export function leaderOf({ health }: Pick<Survey, "health">): string | undefined {
  return health?.members.find((member) => member.leader)?.name;
}

/** Members that do not serve reads; all of them, where none could be asked. */
export function unhealthyMembers(survey: Survey): string[] {
  const serving = survey.health?.members.filter((member) => member.healthy) ?? [];
  return survey.members
    .map((member) => member.name)
    .filter((name) => !serving.some((member) => member.name === name));
}
