import * as semver from "semver";
import { flagTable } from "./flagTable";
import { supportedMinors } from "./versions";

/** Why a release has not got a flag, as far as any release is known. */
export type Absence =
  | { readonly kind: "unknown" }
  /** The first release after this one that has it. */
  | { readonly kind: "later"; readonly since: string }
  /** The first minor version without it. */
  | { readonly kind: "removed"; readonly since: string };

/** Whether a release of etcd has a flag, named without dashes. */
export function hasFlag(version: string, name: string): boolean {
  return Object.hasOwn(flagTable, name) && semver.satisfies(version, flagTable[name]!);
}

/** The flags that a release of etcd has, named without dashes. */
export function flagsOf(version: string): string[] {
  return Object.keys(flagTable).filter((name) => hasFlag(version, name));
}

/** Why a release has not got a flag; undefined if it has. */
export function flagAbsence(version: string, name: string): Absence | undefined {
  if (hasFlag(version, name)) {
    return undefined;
  }
  if (!Object.hasOwn(flagTable, name)) {
    return { kind: "unknown" };
  }
  const releases = flagTable[name]!;
  const since = firstAfter(version, releases);
  return since === undefined
    ? { kind: "removed", since: minorAfterLast(releases) }
    : { kind: "later", since };
}

/** The first release after this one in a range of versions. */
function firstAfter(version: string, releases: string): string | undefined {
  // Of several alternatives, semver looks at the lowest alone.
  const alternatives = releases.split(" || ").map((one) => semver.minVersion(`${one} >${version}`));
  const found = alternatives.filter((one) => one !== null);
  return semver.sort(found)[0]?.version;
}

/** etcd takes flags away in a new minor version only. */
function minorAfterLast(releases: string): string {
  const last = supportedMinors.findLastIndex((minor) => semver.intersects(`~${minor}.0`, releases));
  return supportedMinors[last + 1]!;
}
