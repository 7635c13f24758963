import { describe, expect, it } from "vitest";
import {
  certificatesHealth,
  type MemberCertificates,
  readCertificates,
  type SeenCertificate,
} from "../../../components/etcd/certificates";
import { certificateLines } from "../../../operator/healthTable";
import { certificateOf } from "./certificate";

const now = new Date("2026-11-28T12:00:00Z");
const renewal = { certificate: 120, authority: 366 };
const after = (days: number) => new Date(Number(now) + days * 24 * 3600 * 1000);
const one = (file: SeenCertificate["file"], days: number): SeenCertificate => ({
  file,
  issuedBy: 1,
  ends: after(days),
});
const healthOf = (...members: MemberCertificates[]) => certificatesHealth(members, renewal, now);

describe("how long certificates last", () => {
  it("is told of each, the first to end first", () => {
    const { certificates, warning } = healthOf(
      { name: "a", certificates: [one("ca", 3650), one("server", 365)] },
      { name: "b", certificates: [one("server", 364.5)] },
    );
    expect(certificates.map(({ member, file, daysLeft }) => [member, file, daysLeft])).toEqual([
      ["b", "server", 364],
      ["a", "server", 365],
      ["a", "ca", 3650],
    ]);
    expect(warning).toBe("");
    expect(certificateLines({ certificates, warning })).toEqual([
      "certificates: the first ends on 2027-11-28, in 364 days (b's server)",
    ]);
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
    const { warning } = healthOf({ name: "a", certificates: [certificate] });
    expect(warning).toMatch(expected);
    expect(certificateLines({ certificates: [], warning })).toEqual([`WARNING: ${warning}`]);
  });

  it("is none until an update would renew them", () => {
    const { warning } = healthOf({
      name: "a",
      certificates: [one("server", 120), one("ca", 366), one("peer-ca", 366)],
    });
    expect(warning).toBe("");
  });

  it("says of many how many", () => {
    const names = ["a", "b", "c", "d", "e"];
    const all = names.map((name) => ({ name, certificates: [one("server", 10)] }));
    expect(healthOf(...all).warning).toMatch(
      /^5 certificates \(a's server, b's server and 3 more\), the first of which ends in 10 days/,
    );
  });

  it("is not fine where it could not be seen", () => {
    const { warning } = healthOf({ name: "a", certificates: [], problem: "no SSH connection" });
    expect(warning).toBe("the certificates of a cannot be read: no SSH connection");
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
