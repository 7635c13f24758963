import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memberFlags } from "../../../components/etcd/flags";
import { flagTable } from "../../../components/etcd/flagTable";
import { hasFlag } from "../../../components/etcd/knownFlags";
import { planMembers } from "../../../components/etcd/plan";
import { checkExtraFlags } from "../../../components/settings/extraFlags";
import { readSettings } from "../../../components/settings/settings";
import { errorsIn, rawSettings } from "../../settings";

describe("an error is found and named", () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      "heartbeats that an election would not wait for",
      { heartbeatIntervalMs: 300 },
      "electionTimeoutMs is 1000, expected at least 1500, five times heartbeatIntervalMs: etcd does not start with less",
    ],
    [
      "an election that etcd calls too long",
      { electionTimeoutMs: 50001 },
      'electionTimeoutMs is "50001", expected a whole number from 5 to 50000',
    ],
    [
      "no heartbeat",
      { heartbeatIntervalMs: 0 },
      'heartbeatIntervalMs is "0", expected a whole number from 1 to 10000',
    ],
  ])("%s", (_, changes, expected) => {
    expect(errorsIn(changes)).toEqual([expected]);
  });

  it.each(["7d", "1 h", "h", "0m", "-1h", "1.5h", "30m1h", "0x10", "1e4", "007", ""])(
    "a retention that is none: %j",
    (compactionRetention) => {
      expect(errorsIn({ compactionRetention })).toEqual([
        `compactionRetention is "${compactionRetention}", expected a duration in hours, minutes and seconds ` +
          "such as 1h, 30m or 1h30m, a number of revisions such as 10000, or 0 for no compaction",
      ]);
    },
  );
});

describe("what etcd takes is taken", () => {
  it.each<Record<string, unknown>>([
    { compactionRetention: "90s" },
    { compactionRetention: "1h0m30s" },
    { compactionRetention: 10000 },
    { compactionRetention: 0 },
    { heartbeatIntervalMs: 200 },
    { heartbeatIntervalMs: 10000, electionTimeoutMs: 50000 },
    { extraFlags: { "max-request-bytes": 10485760, "log-level": "debug", "enable-pprof": true } },
    {
      extraFlags: { "auth-token": "jwt,pub-key=/etc/jwt.pub,sign-method=RS256", "log-outputs": "" },
    },
    { extraFlags: { "feature-gates": "LeaseCheckpoint=true,AllBeta=false" } },
    { extraFlags: { "tls-min-version": "TLS1.3" } },
    { version: "3.4.45", extraFlags: { "tls-min-version": "TLS1.3" } },
    { version: "3.6.14", extraFlags: { "experimental-enable-lease-checkpoint": true } },
    { version: "3.5.33", extraFlags: { "experimental-enable-lease-checkpoint": true } },
  ])("%j", (changes) => {
    expect(errorsIn(changes)).toEqual([]);
  });
});

describe("a flag that a member would not start with, or should not, is refused", () => {
  it.each<[string, string, string, string]>([
    [
      "3.7.3",
      "max-request-byte",
      "1",
      "max-request-byte is not a flag of etcd. Did you mean max-request-bytes?",
    ],
    [
      "3.7.3",
      "maxRequestBytes",
      "1",
      "maxRequestBytes is not a flag of etcd. Did you mean max-request-bytes?",
    ],
    [
      "3.7.3",
      "favourite-colour",
      "blue",
      "favourite-colour is not a flag of etcd. etcd --help has them all",
    ],
    // etcd takes it for the sake of etcd 0.4, and does nothing with it.
    [
      "3.7.3",
      "retry-interval",
      "1",
      "retry-interval is not a flag of etcd. etcd --help has them all",
    ],
    ["3.7.3", "constructor", "1", "constructor is not a flag of etcd. etcd --help has them all"],
    [
      "3.7.3",
      "experimental-corrupt-check-time",
      "1h",
      "experimental-corrupt-check-time was removed in etcd 3.7, and version is 3.7.3. Expected corrupt-check-time",
    ],
    [
      "3.7.3",
      "experimental-enable-lease-checkpoint",
      "true",
      "experimental-enable-lease-checkpoint was removed in etcd 3.7, and version is 3.7.3. Expected feature-gates: LeaseCheckpoint=true",
    ],
    [
      "3.7.3",
      "experimental-initial-corrupt-check",
      "true",
      "experimental-initial-corrupt-check was removed in etcd 3.7, and version is 3.7.3. It is turned on in every member already, from 3.6 on by feature-gates: leave it out",
    ],
    [
      "3.6.14",
      "enable-v2",
      "true",
      "enable-v2 was removed in etcd 3.6, and version is 3.6.14. Leave it out",
    ],
    [
      "3.5.33",
      "max-learners",
      "2",
      "max-learners is a flag from etcd 3.6.0 on, and version is 3.5.33. Leave it out",
    ],
    [
      "3.5.4",
      "max-concurrent-streams",
      "9",
      "max-concurrent-streams is a flag from etcd 3.5.5 on, and version is 3.5.4. Leave it out",
    ],
    [
      "3.7.3",
      "election-timeout",
      "5000",
      "election-timeout has a setting of its own, electionTimeoutMs: set that instead",
    ],
    [
      "3.7.3",
      "force-new-cluster",
      "true",
      "force-new-cluster throws all other members out at every start: leave it out",
    ],
    [
      "3.7.3",
      "--log-level",
      "debug",
      "--log-level is written with dashes, expected log-level: they are added",
    ],
    [
      "3.7.3",
      "feature-gates",
      "CompactHashCheck=false",
      "feature-gates has CompactHashCheck, which is true in every member already: leave it out",
    ],
    [
      "3.7.3",
      "tls-min-version",
      "TLS1.1",
      'tls-min-version is "TLS1.1", expected TLS1.3: members have TLS1.2 at least without it, wherever the version has the flag',
    ],
    [
      "3.5.7",
      "tls-min-version",
      "TLS1.3",
      "tls-min-version is a flag from etcd 3.5.8 on, and version is 3.5.7. Leave it out",
    ],
    [
      "3.4.24",
      "tls-min-version",
      "TLS1.3",
      "tls-min-version is a flag from etcd 3.4.25 on, and version is 3.4.24. Leave it out",
    ],
    [
      "3.6.14",
      "feature-gates",
      "FastLeaseKeepAlive=true",
      "feature-gates has FastLeaseKeepAlive, which is not a feature gate of etcd 3.6.14. There are: AllAlpha, AllBeta, CompactHashCheck, InitialCorruptCheck, LeaseCheckpoint, LeaseCheckpointPersist, SetMemberLocalAddr, StopGRPCServiceOnDefrag, TxnModeWriteWithSharedBuffer",
    ],
    [
      "3.7.3",
      "feature-gates",
      "LeaseCheckpoints=true",
      "feature-gates has LeaseCheckpoints, which is not a feature gate of etcd 3.7.3. Did you mean LeaseCheckpoint?",
    ],
    [
      "3.7.3",
      "feature-gates",
      "LeaseCheckpoint",
      'feature-gates has "LeaseCheckpoint", expected gates such as LeaseCheckpoint=true, with commas between them',
    ],
  ])("%s, %s: %s", (version, name, value, expected) => {
    expect(errorsIn({ version, extraFlags: { [name]: value } })).toEqual([
      `extraFlags.${expected}`,
    ]);
  });

  it.each(["a b", "a\tb", "a\nb", "a'b", 'a"b', "50%", "$HOME", "a\\b", "a\u0007b", "a\u00a0b"])(
    "because of its value: %j",
    (value) => {
      expect(errorsIn({ extraFlags: { "log-outputs": value } })).toEqual([
        `extraFlags.log-outputs is ${JSON.stringify(value)}, expected a value without blanks, quotes, %, $, \\ ` +
          "and control characters, which systemd would change",
      ]);
    },
  );

  it.each([null, ["a"], { a: 1 }, 1.5, 1e21])("because its value is no text: %j", (value) => {
    expect(errorsIn({ extraFlags: { "log-outputs": value } })).toEqual([
      `extraFlags.log-outputs is ${JSON.stringify(value)}, expected a text, a whole number, true or false`,
    ]);
  });

  it("beside the gate that it became", () => {
    const name = "experimental-enable-lease-checkpoint";
    const extraFlags = { [name]: true, "feature-gates": "LeaseCheckpoint=true" };
    expect(errorsIn({ version: "3.6.14", extraFlags })).toEqual([
      `extraFlags.${name} is in feature-gates, too, with which etcd does not start. Expected LeaseCheckpoint there alone`,
    ]);
  });

  it("if etcd does not start with both: suites cannot be chosen of TLS 1.3", () => {
    const extraFlags = {
      "tls-min-version": "TLS1.3",
      "cipher-suites": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    };
    expect(errorsIn({ extraFlags })).toEqual([
      "extraFlags.tls-min-version is TLS1.3, whose suites cannot be chosen, and etcd does not start with cipher-suites beside it. Leave that one out",
    ]);
  });

  it("in every way at once, and with all others", () => {
    const extraFlags = { "--force-new-cluster": "yes please", "log-levle": "debug" };
    expect(
      errorsIn({ extraFlags, heartbeatIntervalMs: 300 }).map((text) => text.slice(0, 38)),
    ).toEqual([
      "electionTimeoutMs is 1000, expected at",
      "extraFlags.--force-new-cluster is writ",
      "extraFlags.--force-new-cluster throws ",
      'extraFlags.--force-new-cluster is "yes',
      "extraFlags.log-levle is not a flag of ",
    ]);
  });

  it("if they are not an object at all", () => {
    expect(errorsIn({ extraFlags: ["--log-level=debug"] })).toEqual([
      "extraFlags is not an object of names and values",
    ]);
  });

  it("by what is wrong in every version alone, where the version is none", () => {
    const extraFlags = { "config-file": "/etc/etcd.yaml", "log-levle": 1, debug: true };
    expect(errorsIn({ version: "3.8.0", extraFlags })).toEqual([
      expect.stringMatching(/^version is 3\.8\.0, whose flags this project does not know/),
      "extraFlags.config-file makes etcd ignore all other flags: leave it out",
      "extraFlags.log-levle is not a flag of etcd. Did you mean log-level?",
    ]);
  });
});

describe("whatever flags are accepted", () => {
  const versions = fc.constantFrom("3.4.23", "3.5.4", "3.5.33", "3.6.0", "3.7.3");
  const names = fc.constantFrom(...Object.keys(flagTable));
  const values = fc.oneof(fc.constantFrom("1", "true", "AllBeta=true"), fc.string());
  const [member] = planMembers([{ name: "a", address: "10.0.1.10" }], { tls: true });
  const defaults = readSettings({ values: rawSettings(), secrets: [] });

  it("a command line has no flag twice, none that is unknown, and each of them as a single word", () => {
    let accepted = 0;
    fc.assert(
      fc.property(versions, fc.dictionary(names, values, { maxKeys: 2 }), (version, extraFlags) => {
        if (checkExtraFlags(version, extraFlags).length > 0) {
          return;
        }
        const flags = memberFlags(member!, { ...defaults, version, extraFlags });
        const used = flags.map((flag) => /^--([^=\s]+)(=\S*)?$/.exec(flag)?.[1] ?? flag);
        expect(used.filter((name) => !hasFlag(version, name))).toEqual([]);
        expect(new Set(used).size).toBe(used.length);
        accepted += Object.keys(extraFlags).length;
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
