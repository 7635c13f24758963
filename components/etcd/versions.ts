import * as semver from "semver";
import { advisoriesOf } from "./advisories";

/** The minor versions that this project knows the flags and the upgrade rules of, oldest first. */
export const supportedMinors = ["3.4", "3.5", "3.6", "3.7"] as const;

/**
 * The newest known patch release of each that etcd's project still makes some of, as of November 2026; 3.4 ended with
 * 3.4.45 (its changelog). The lab runs these.
 */
export const newest = { "3.5": "3.5.35", "3.6": "3.6.16", "3.7": "3.7.3" } as const;

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
  if (versionError(version) !== undefined) {
    return undefined;
  }
  const minor = minorOf(version);
  const open = advisoriesOf(version).join(", ");
  if (!isMaintained(minor)) {
    const [oldest] = Object.keys(newest);
    return `is ${version}, for which etcd's project makes no fixes any more, and which has known holes (${open}): go to ${oldest} or later, one minor version at a time`;
  }
  return open === ""
    ? undefined
    : `is ${version}, which has known holes (${open}): go to ${newest[minor]}, the newest ${minor} that is known here, or a later one`;
}

/** The same, and also that there is a newer patch release. */
export function versionNote(version: string): string | undefined {
  const minor = minorOf(version);
  return (
    versionWarning(version) ??
    (isMaintained(minor) && semver.lt(version, newest[minor])
      ? `is ${version}, and ${newest[minor]} is a newer patch release of it`
      : undefined)
  );
}

function isMaintained(minor: string): minor is keyof typeof newest {
  return Object.hasOwn(newest, minor);
}

/** What is wrong with a minor version that somebody names, in words, or undefined; "" is none. */
export function minorError(minor: string): string | undefined {
  return minor === "" || supportedMinors.some((supported) => supported === minor)
    ? undefined
    : `is "${minor}", expected a minor version: ${supportedMinors.join(", ")}`;
}
