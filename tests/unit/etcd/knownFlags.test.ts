import * as semver from "semver";
import { describe, expect, it } from "vitest";
import { flagTable } from "../../../components/etcd/flagTable";
import { flagAbsence, flagsOf, hasFlag } from "../../../components/etcd/knownFlags";
import { supportedMinors } from "../../../components/etcd/versions";

describe("a release has as many flags as its sources define", () => {
  it.each([
    ["3.4.0", 80],
    ["3.4.45", 90],
    ["3.5.0", 101],
    ["3.5.4", 102],
    ["3.5.35", 112],
    ["3.6.0", 138],
    ["3.6.16", 138],
    ["3.7.0", 113],
    ["3.7.3", 113],
  ])("%s: %d", (version, count) => {
    expect(flagsOf(version)).toHaveLength(count);
  });
});

describe("why a release has not got a flag", () => {
  it.each([
    ["3.7.3", "max-request-bytes", undefined],
    ["3.7.3", "max-request-byte", { kind: "unknown" }],
    ["3.7.3", "constructor", { kind: "unknown" }],
    ["3.7.3", "experimental-corrupt-check-time", { kind: "removed", since: "3.7" }],
    ["3.6.0", "experimental-corrupt-check-time", undefined],
    ["3.7.3", "enable-v2", { kind: "removed", since: "3.6" }],
    ["3.5.4", "debug", { kind: "removed", since: "3.5" }],
    ["3.7.3", "experimental-warning-unary-request-duration", { kind: "removed", since: "3.7" }],
    ["3.5.33", "experimental-warning-unary-request-duration", { kind: "later", since: "3.6.0" }],
    ["3.4.45", "feature-gates", { kind: "later", since: "3.6.0" }],
    // A fix that 3.4 and 3.5 got at different times.
    ["3.4.24", "tls-max-version", { kind: "later", since: "3.4.25" }],
    ["3.5.7", "tls-max-version", { kind: "later", since: "3.5.8" }],
    ["3.4.30", "next-cluster-version-compatible", { kind: "later", since: "3.4.31" }],
    ["3.5.4", "next-cluster-version-compatible", { kind: "removed", since: "3.5" }],
  ])("%s, %s", (version, name, expected) => {
    expect(flagAbsence(version, name)).toEqual(expected);
    expect(hasFlag(version, name)).toBe(expected === undefined);
  });
});

it("every flag of the table is in some release, and is missed for a reason that is a version", () => {
  for (const [name, releases] of Object.entries(flagTable)) {
    expect(semver.validRange(releases), name).not.toBeNull();
    const minors = supportedMinors.filter((minor) => semver.intersects(`~${minor}.0`, releases));
    expect(minors, name).not.toEqual([]);
    const absences = supportedMinors.map((minor) => flagAbsence(`${minor}.999`, name));
    for (const absence of absences.filter((one) => one !== undefined)) {
      expect(absence, name).toHaveProperty("since", expect.stringMatching(/^3\.\d+(\.\d+)?$/));
    }
  }
});
