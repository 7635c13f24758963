import { replacementOf } from "../etcd/flagReplacements";
import { gateOfFlag } from "../etcd/featureGates";
import { flagTable } from "../etcd/flagTable";
import { flagAbsence, flagsOf, hasFlag } from "../etcd/knownFlags";
import { reservedReason } from "../etcd/reservedFlags";
import { versionError } from "../etcd/versions";
import { featureGateErrors } from "./featureGates";
import type { SettingError } from "./reader";
import { didYouMean } from "./unknown";

type ExtraFlags = Readonly<Record<string, string>>;

/**
 * All that can be wrong with flags that somebody adds: with one that it does not know, a member does
 * not start any more.
 */
export function checkExtraFlags(version: string, extraFlags: ExtraFlags): SettingError[] {
  // What a version has is asked only of one that is right itself; what none has is wrong in any case.
  const known = versionError(version) === undefined ? version : undefined;
  return Object.entries(extraFlags).flatMap(([written, value]) => {
    const name = written.replace(/^-+/, "");
    const texts = [
      name === written ? undefined : `is written with dashes, expected ${name}: they are added`,
      (known ? absenceError(known, name) : unknownError(name)) ?? reservedReason(name),
      known && conflictError(known, name, extraFlags),
      leastTlsError(name, value, extraFlags),
      valueError(value),
      ...(known && name === "feature-gates" && hasFlag(known, name)
        ? featureGateErrors(known, value)
        : []),
    ];
    return texts
      .filter((text) => text !== undefined)
      .map((text) => ({ setting: `extraFlags.${written}`, text }));
  });
}

/** That a version has not got a flag, with what to do about it. */
function absenceError(version: string, name: string): string | undefined {
  const absence = flagAbsence(version, name);
  switch (absence?.kind) {
    case undefined:
      return undefined;
    case "unknown":
      return unknownError(name, flagsOf(version));
    case "later":
      return `is a flag from etcd ${absence.since} on, and version is ${version}. ${instead(version, name)}`;
    case "removed":
      return `was removed in etcd ${absence.since}, and version is ${version}. ${instead(version, name)}`;
  }
}

/** That no version has it, with the nearest of those that were meant. */
function unknownError(name: string, meant = Object.keys(flagTable)): string | undefined {
  return Object.hasOwn(flagTable, name)
    ? undefined
    : `is not a flag of etcd. ${didYouMean(name, meant) ?? "etcd --help has them all"}`;
}

function instead(version: string, name: string): string {
  const reason = reservedReason(name);
  if (reason !== undefined) {
    return `It ${reason}`;
  }
  const replacement = replacementOf(version, name);
  return replacement === undefined ? "Leave it out" : `Expected ${replacement}`;
}

/** 3.6 has some features both as flags and as gates, and does not start with both. */
function conflictError(
  version: string,
  name: string,
  { "feature-gates": gates = "" }: ExtraFlags,
): string | undefined {
  const gate = gateOfFlag(name);
  return gate !== undefined && hasFlag(version, name) && gates.includes(gate)
    ? `is in feature-gates, too, with which etcd does not start. Expected ${gate} there alone`
    : undefined;
}

/** TLS 1.2 at least is every member's by itself: only more is for a person to ask for. */
function leastTlsError(name: string, value: string, extraFlags: ExtraFlags): string | undefined {
  if (name !== "tls-min-version") {
    return undefined;
  }
  if (value !== "TLS1.3") {
    return `is ${JSON.stringify(value)}, expected TLS1.3: members have TLS1.2 at least without it, wherever the version has the flag`;
  }
  return Object.hasOwn(extraFlags, "cipher-suites")
    ? "is TLS1.3, whose suites cannot be chosen, and etcd does not start with cipher-suites beside it. Leave that one out"
    : undefined;
}

/** A value goes into a line of a systemd unit, where these have a meaning of their own. */
function valueError(value: string): string | undefined {
  return /^[^\s"'%$\\\p{C}]*$/u.test(value)
    ? undefined
    : `is ${JSON.stringify(value)}, expected a value without blanks, quotes, %, $, \\ and control characters, which systemd would change`;
}
