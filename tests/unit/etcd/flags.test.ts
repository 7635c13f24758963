import { readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { memberFlags } from "../../../components/etcd/flags";
import { planMembers } from "../../../components/etcd/plan";

const [member] = planMembers([{ name: "controller-0", privateIp: "10.0.1.10" }]);
const flagsFor = (version: string) => memberFlags(member!, { version, quotaGiB: 8 });

/** The flags whose values are lists or maps; the fixtures, read from etcd's sources, leave them out. */
const listFlags = [
  "listen-peer-urls",
  "initial-advertise-peer-urls",
  "listen-client-urls",
  "advertise-client-urls",
  "listen-metrics-urls",
  "feature-gates",
];

describe("every flag is one that the version has", () => {
  it.each(["3.4.45", "3.5.0", "3.5.33", "3.6.0", "3.6.14", "3.7.1"])("%s", (version) => {
    const file = path.join(__dirname, "../../fixtures/etcd-flags", `v${version}`);
    const known = [...readFileSync(file, "utf8").trim().split("\n"), ...listFlags];
    const names = flagsFor(version).map((flag) => /^--([^=]+)/.exec(flag)![1]!);
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("what differs between versions", () => {
  it.each([
    ["3.4.24", "--tls-min-version=TLS1.2", false],
    ["3.4.25", "--tls-min-version=TLS1.2", true],
    ["3.5.7", "--tls-min-version=TLS1.2", false],
    ["3.5.8", "--tls-min-version=TLS1.2", true],
    ["3.7.3", "--tls-min-version=TLS1.2", true],
    ["3.4.45", "--pre-vote", true],
    ["3.5.33", "--pre-vote", false],
    ["3.4.45", "--logger=zap", true],
    ["3.5.4", "--experimental-compact-hash-check-enabled", false],
    ["3.5.5", "--experimental-compact-hash-check-enabled", true],
    ["3.5.33", "--experimental-initial-corrupt-check", true],
    ["3.6.0", "--experimental-initial-corrupt-check", false],
    ["3.6.0", "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true", true],
    ["3.7.3", "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true", true],
  ])("%s: %s is %s", (version, flag, expected) => {
    expect(flagsFor(version).includes(flag)).toBe(expected);
  });
});

it("nothing of a first start is among them: a change of the membership restarts nobody", () => {
  const names = flagsFor("3.7.3").join(" ");
  expect(names).not.toMatch(/--initial-cluster(=|-state|-token)/);
});

it("clients and peers need certificates, on every listener but the metrics' on loopback", () => {
  const flags = flagsFor("3.7.3");
  expect(flags).toContain("--client-cert-auth");
  expect(flags).toContain("--peer-client-cert-auth");
  const plain = flags.filter((flag) => flag.includes("http://"));
  expect(plain).toEqual(["--listen-metrics-urls=http://127.0.0.1:2381"]);
});

it("the quota is in bytes", () => {
  expect(flagsFor("3.7.3")).toContain("--quota-backend-bytes=8589934592");
});
