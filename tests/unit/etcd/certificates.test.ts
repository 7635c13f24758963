import { describe, expect, it } from "vitest";
import {
  certificatesHealth,
  type MemberCertificates,
  readCertificates,
  type SeenCertificate,
} from "../../../components/etcd/certificates";
import { certificateLines, exitStatus } from "../../../operator/healthTable";
import { certificateOf } from "./certificate";
import { clusterHealth } from "./exampleHealth";

const now = new Date("2026-11-28T12:00:00Z");
const renewal = { certificate: 120, authority: 366 };
const after = (days: number) => new Date(Number(now) + days * 24 * 3600 * 1000);
const one = (file: SeenCertificate["file"], days: number): SeenCertificate => ({
  file,
  issuedBy: 1,
  ends: after(days),
});
/** A machine with these certificates, and with those others that it has to have, which last. */
const machine = (name: string, ...given: SeenCertificate[]): MemberCertificates => {
  const files = ["ca", "peer-ca", "server", "peer", "operator"] as const;
  const others = files.filter((file) => !given.some((certificate) => certificate.file === file));
  return { name, certificates: [...given, ...others.map((file) => one(file, 9000))] };
};
const healthOf = (...members: MemberCertificates[]) => certificatesHealth(members, renewal, now);

describe("how long certificates last", () => {
  it("is told of each, the first to end first", () => {
    const { certificates, warning } = healthOf(
      machine("a", one("ca", 3650), one("server", 365)),
      machine("b", one("server", 364.5)),
    );
    expect(certificates).toHaveLength(10);
    const first = certificates.slice(0, 3);
    expect(first.map(({ member, file, daysLeft }) => [member, file, daysLeft])).toEqual([
      ["b", "server", 364],
      ["a", "server", 365],
      ["a", "ca", 3650],
    ]);
    expect(warning).toBe("");
    const [line, table] = certificateLines({ certificates, warning });
    expect(line).toBe("certificates: the first ends on 2027-11-28, in 364 days (b's server)");
    const rows = table!.split("\n").filter((row) => /[a-z]/.test(row));
    expect(
      rows.map((row) =>
        row
          .split("│")
          .map((cell) => cell.trim())
          .slice(1, -1),
      ),
    ).toEqual([
      ["days left", "ca", "peer-ca", "server", "peer", "operator"],
      ["a", "3650", "9000", "365", "9000", "9000"],
      ["b", "9000", "9000", "364", "9000", "9000"],
    ]);
  });

  it("is told of both CAs while one takes the place of the other", () => {
    const both = healthOf(machine("a", one("ca", 400), one("ca", 3650)));
    expect(certificateLines(both)[1]).toMatch(/│ a +│ 400, 3650 +│/);
  });

  it("decides on the exit status only where the cluster is healthy", () => {
    const due = healthOf(machine("a", one("server", 1)));
    const none = healthOf(machine("a"));
    const healthy = clusterHealth();
    const disks = { disks: [], warning: "" };
    const sick = { ...healthy, healthy: false };
    const late = { ...healthy, snapshots: { warning: "the last good one is 3 d old" } };
    const statuses = [
      exitStatus(healthy, none, disks),
      exitStatus(healthy, due, disks),
      exitStatus(late, none, disks),
      exitStatus(sick, due, disks),
    ];
    expect(statuses).toEqual([0, 2, 2, 1]);
  });

  it.each<[string, SeenCertificate, RegExp]>([
    [
      "a member's ends",
      one("peer", 119.9),
      /^1 certificate \(a's peer\), the first of which ends in 119 days: run pulumi up/,
    ],
    ["one has ended", one("server", -2.5), /ended 3 days ago: run pulumi up, which renews them$/],
    [
      "a CA could not outlive a new one",
      one("peer-ca", 365.5),
      /\(a's peer-ca\), the first of which ends in 365 days/,
    ],
  ])("is a warning where %s", (_, certificate, expected) => {
    const { warning } = healthOf(machine("a", certificate));
    expect(warning).toMatch(expected);
    expect(certificateLines({ certificates: [], warning })).toEqual([`WARNING: ${warning}`]);
  });

  it("is none until an update would renew them", () => {
    const { warning } = healthOf(
      machine("a", one("server", 120), one("peer", 120), one("ca", 366), one("peer-ca", 366)),
    );
    expect(warning).toBe("");
  });

  it("says of many how many", () => {
    const names = ["a", "b", "c", "d", "e"];
    const all = names.map((name) => machine(name, one("server", 10)));
    expect(healthOf(...all).warning).toMatch(
      /^5 certificates \(a's server, b's server and 3 more\), the first of which ends in 10 days/,
    );
  });

  it("is not fine where it could not be seen", () => {
    const { warning } = healthOf({ name: "a", certificates: [], problem: "no SSH connection" });
    expect(warning).toBe("the certificates of a cannot be read: no SSH connection");
  });

  it("is not fine where one is not there, or is none", () => {
    const { name, certificates } = machine("a");
    const some = certificates.filter(({ file }) => file !== "peer");
    expect(healthOf({ name, certificates: some }).warning).toBe(
      "a has no peer certificate that can be read: run pulumi up",
    );
  });
});

describe("what a machine says of its certificates", () => {
  const encoded = (text: string) => Buffer.from(text).toString("base64");
  const pem = certificateOf("etcd CA 2");

  it("is read file by file; a CA's may hold several", () => {
    const found = readCertificates({ ca: encoded(pem + pem), server: encoded(pem) });
    expect(found.map(({ file, issuedBy }) => [file, issuedBy])).toEqual([
      ["ca", 2],
      ["ca", 2],
      ["server", 2],
    ]);
  });

  it.each([
    ["something else than texts", { ca: 1, server: null, peer: [pem] }],
    ["no certificates", { server: encoded("hello"), peer: "%%%" }],
    ["files that nobody asked for", { shadow: encoded(pem) }],
  ])("is nothing where there are %s", (_, said) => {
    expect(readCertificates(said)).toEqual([]);
  });

  it("is bounded", () => {
    expect(readCertificates({ ca: encoded(pem.repeat(1000)) })).toHaveLength(4);
  });
});
