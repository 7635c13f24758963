import * as semver from "semver";

/** The minor versions that this project knows the flags and the upgrade rules of, oldest first. */
export const supportedMinors = ["3.4", "3.5", "3.6", "3.7"] as const;

/** Those of them that etcd's project still makes patch releases of, as of November 2026. */
const maintainedMinors: readonly string[] = ["3.5", "3.6", "3.7"];

/**
 * What is wrong with an etcd version that somebody asks for, in words, or undefined.
 * Whether a patch release exists is only known by the place that it is downloaded from.
 */
export function versionError(version: string): string | undefined {
  const parsed = semver.parse(version);
  if (parsed === null || parsed.version !== version || parsed.prerelease.length > 0) {
    return `is "${version}", expected a release's full number such as 3.7.3, without a leading "v"`;
  }
  const minor = minorOf(version);
  if (semver.lt(version, "3.4.0")) {
    return (
      `is ${version}, which is too old: before 3.4 there are no learners, so a member could not ` +
      `be replaced without risking the quorum. Expected ${supportedMinors.join(", ")}`
    );
  }
  if (!supportedMinors.some((supported) => supported === minor)) {
    return `is ${version}, whose flags this project does not know. Expected ${supportedMinors.join(", ")}`;
  }
  if (semver.satisfies(version, "3.5.0 - 3.5.2")) {
    return (
      `is ${version}, which can corrupt data when it is killed under load (etcd issue 13766). ` +
      `Expected 3.5.3 or later`
    );
  }
  return undefined;
}

/**
 * The folder of etcd and etcdctl. Versions lie side by side wherever they come from, and a unit names the one
 * that it runs: so another one that arrives replaces nothing that runs.
 */
export function binariesOf(version: string): string {
  return `/opt/etcd/v${version}/bin`;
}

/** The minor version of a release: "3.7" of "3.7.3". */
export function minorOf(version: string): string {
  return `${semver.major(version)}.${semver.minor(version)}`;
}

/** What speaks against a version that may be run, in words, or undefined. */
export function versionWarning(version: string): string | undefined {
  return versionError(version) === undefined && !maintainedMinors.includes(minorOf(version))
    ? `is ${version}, for which etcd's project makes no fixes any more: go to ${maintainedMinors[0]} or later, one minor version at a time`
    : undefined;
}

/** What is wrong with a minor version that somebody names, in words, or undefined; "" is none. */
export function minorError(minor: string): string | undefined {
  return minor === "" || supportedMinors.some((supported) => supported === minor)
    ? undefined
    : `is "${minor}", expected a minor version: ${supportedMinors.join(", ")}`;
}
