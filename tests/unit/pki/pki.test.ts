import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lifetimeMistakes, lifetimesFrom } from "../../../components/pki/lifetimes";
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
        fc.pre(lifetimeMistakes(settings).length === 0);
        const hours = lifetimesFrom(settings);
        // A CA that is not renewed yet has more time left than a leaf that is signed now gets.
        expect(hours.caRenewalHours).toBeGreaterThan(hours.certificateHours);
        // And a renewal is neither due at once nor only after the end.
        expect(hours.caRenewalHours).toBeLessThan(hours.caHours);
        expect(hours.certificateRenewalHours).toBeLessThan(hours.certificateHours);
        expect(hours.certificateRenewalHours).toBeGreaterThan(0);
      }),
    );
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
