import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lifetimeErrors, lifetimesFrom, renewalLines } from "../../../components/pki/lifetimes";
import { usesOf } from "../../../components/pki/purposes";
import { subjectNames } from "../../../components/pki/subjectNames";

const days = fc.integer({ min: 1, max: 36500 });

describe("lifetimes", () => {
  it("that are taken never let a leaf outlive its CA", () => {
    fc.assert(
      fc.property(days, days, days, (ca, leaf, renewal) => {
        const settings = {
          caLifetimeDays: ca,
          certificateLifetimeDays: leaf,
          certificateRenewalDays: renewal,
        };
        fc.pre(lifetimeErrors(settings).length === 0);
        const hours = lifetimesFrom(settings);
        // A CA that is not renewed yet has more time left than a leaf that is signed now gets.
        expect(hours.caRenewalHours - hours.certificateHours).toBe(24);
        // And a renewal is neither due at once nor only after the end.
        expect(hours.caRenewalHours).toBeLessThan(hours.caHours);
        expect(hours.certificateRenewalHours).toBeLessThan(hours.certificateHours);
        expect(hours.certificateRenewalHours).toBeGreaterThan(0);
      }),
    );
  });
});

describe("a renewal", () => {
  const settings = {
    caLifetimeDays: 3650,
    certificateLifetimeDays: 365,
    certificateRenewalDays: 30,
  };
  const now = new Date("2026-06-15T12:00:00Z");

  it.each<[string, string[], string[]]>([
    ["is not due before its time", ["2026-07-15T12:00:01Z"], []],
    [
      "is due for all when it is for one",
      ["2026-12-01T00:00:00Z", "2026-07-15T11:59:59Z"],
      ["certificates are renewed (the first ends on 2026-07-15), and no member restarts for it"],
    ],
    [
      "is due after the end",
      ["2026-06-14T00:00:00Z"],
      ["certificates are renewed (the first ended on 2026-06-14), and no member restarts for it"],
    ],
    ["of nothing is none", [], []],
  ])("%s", (_, ends, lines) => {
    const dates = ends.map((end) => new Date(end));
    expect(renewalLines(dates, settings, now)).toEqual(lines);
  });
});

describe("subject alternative names", () => {
  it("hold every address, loopback among them, each once", () => {
    expect(subjectNames("controller-0", "10.0.1.10", "", "127.0.0.1", "etcd.example.com")).toEqual({
      dnsNames: ["controller-0", "etcd.example.com", "localhost"],
      ipAddresses: ["10.0.1.10", "127.0.0.1", "::1"],
    });
  });
});

describe("a certificate's uses", () => {
  it("a client's is good for nothing else", () => {
    expect(usesOf("client")).toEqual(["digital_signature", "client_auth"]);
  });

  it.each(["peer", "server", "client"] as const)("a %s's never signs", (purpose) => {
    expect(
      usesOf(purpose).filter((use) => use.includes("sign") && use !== "digital_signature"),
    ).toEqual([]);
  });
});
