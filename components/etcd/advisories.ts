import * as semver from "semver";

/** A hole in etcd itself that its project has told of, and the releases that mend it, oldest minor version first. */
interface Advisory {
  readonly id: string;
  readonly fixedIn: readonly string[];
}

/** A watch shows a client keys that it may not read. */
const watchedKeys: Advisory = { id: "GHSA-xg4h-6gfc-h4m8", fixedIn: ["3.5.33", "3.6.14", "3.7.1"] };

/**
 * Not those of libraries that etcd is built from. What a minor version was never mended of, it has: 3.4 got nothing
 * after its end.
 *
 * Source: CHANGELOG-3.4 to -3.7 in etcd's repository at c34dc7ee of 20 Aug 2026. CVE-2026-44283 is GHSA-x35m-3gp4-4fh5
 * there; that CVE-2026-73500 is GHSA-6vch-q96h-7gc3 is said by Flatcar (its issue 2352). GHSA-3wh4-j44w-pg92 is left out:
 * it takes listen-client-http-urls, which nobody can set here.
 */
const advisories: readonly Advisory[] = [
  // With access control: who may read or do what is asked too late, or of too little.
  { id: "CVE-2021-28235", fixedIn: ["3.4.25", "3.5.8"] },
  { id: "CVE-2023-32082", fixedIn: ["3.4.26", "3.5.9"] },
  { id: "CVE-2026-33413", fixedIn: ["3.4.42", "3.5.28", "3.6.9"] },
  { id: "CVE-2026-33343", fixedIn: ["3.4.42", "3.5.28", "3.6.9"] },
  { id: "CVE-2026-44283", fixedIn: ["3.4.44", "3.5.30", "3.6.11"] },
  watchedKeys,
  // Without it, too: connections that never begin TLS exhaust a member.
  { id: "CVE-2026-73500", fixedIn: ["3.5.33", "3.6.14", "3.7.1"] },
];

/** The ids of those that a release has. */
export function advisoriesOf(version: string): string[] {
  return advisories.filter((one) => !isFixed(one, version)).map(({ id }) => id);
}

/** Minor versions that came after all of these began without it. */
function isFixed({ fixedIn }: Advisory, version: string): boolean {
  const own = fixedIn.find((one) => semver.minor(one) === semver.minor(version));
  return own === undefined
    ? semver.minor(version) > semver.minor(fixedIn.at(-1)!)
    : semver.gte(version, own);
}

/** Why access is not controlled with this version, if it is not. */
export function accessVersionError(version: string): string | undefined {
  return isFixed(watchedKeys, version)
    ? undefined
    : `is true, and version is ${version}, where a watch shows a client keys that it may not read: expected ${watchedKeys.fixedIn.join(", ")} or a later patch`;
}
