import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import {
  issuedSerials,
  type Revocation,
  revokedSerials,
  signRevocationList,
} from "../../../components/pki/revocation";
import { createTls } from "../../../lab/inprocess/tls";

const former = (changes: Partial<Revocation> = {}): Revocation => ({
  issued: { app: ["0A", "0B"], db: ["0C"] },
  revoked: ["01"],
  signedBy: "ca",
  list: "signed before",
  ...changes,
});

describe("what counts no more", () => {
  it.each<[string, Revocation | undefined, string[], string[]]>([
    ["is nothing in a new cluster", undefined, ["app"], []],
    ["is nothing more while all clients stay", former(), ["app", "db"], ["01"]],
    ["is every certificate that a client had who goes", former(), ["db"], ["01", "0A", "0B"]],
    [
      "stays so when another client comes",
      former({ revoked: ["01", "0A"] }),
      ["app", "db", "new"],
      ["01", "0A"],
    ],
    ["is that of all where all go", former(), [], ["01", "0A", "0B", "0C"]],
    ["is told once", former({ revoked: ["0A"] }), ["db"], ["0A", "0B"]],
  ])("%s", (_, was, clients, revoked) => {
    expect(revokedSerials(was, clients)).toEqual(revoked);
  });
});

describe("with a CA", () => {
  let authority: { certPem: string; keyPem: string };
  beforeAll(async () => {
    const key = await createTls("tls:index/privateKey:PrivateKey", {
      algorithm: "ECDSA",
      ecdsaCurve: "P256",
    });
    const keyPem = String(key.state.privateKeyPem);
    const certificate = await createTls("tls:index/selfSignedCert:SelfSignedCert", {
      privateKeyPem: keyPem,
      subject: { commonName: "prod CA", organization: "prod" },
      allowedUses: ["crl_signing"],
      isCaCertificate: true,
      validityPeriodHours: 48,
    });
    authority = { keyPem, certPem: String(certificate.state.certPem) };
  });

  it("what clients had is kept beside what they have now, and a name that is new has its own alone", () => {
    const { serialNumber } = new X509Certificate(authority.certPem);
    const pems = { app: authority.certPem, late: authority.certPem };
    expect(issuedSerials(former(), pems)).toEqual({
      app: ["0A", "0B", serialNumber],
      late: [serialNumber],
    });
    // The next update finds it there already.
    expect(issuedSerials(former({ issued: { app: [serialNumber] } }), pems)["app"]).toEqual([
      serialNumber,
    ]);
  });

  it("a client that came again before its certificate was deleted is told, and no name is special", () => {
    const { serialNumber } = new X509Certificate(authority.certPem);
    expect(() =>
      issuedSerials(former({ revoked: [serialNumber] }), { app: authority.certPem }),
    ).toThrow(/^the certificate of client app was revoked .* count certificateIssue up/);
    expect(issuedSerials(former(), { constructor: authority.certPem })).toEqual({
      constructor: [serialNumber],
    });
  });

  it("the list names each number as it is, is the CA's own, and counts as long as the CA", async () => {
    // A first bit that is set is no sign, and a digit alone is a byte.
    const serials = ["F3A0000000000000000000000000000A", "7F", "A"];
    const der = Buffer.from(await signRevocationList(authority, serials), "base64");
    const list = new x509.X509Crl(der);
    const read = list.entries.map(({ serialNumber }) => BigInt(`0x${serialNumber}`));
    expect(read).toEqual(serials.map((serial) => BigInt(`0x${serial}`)));
    // In DER a number that begins with a set bit is negative (X.690, 8.3).
    expect(der.includes(Buffer.from("021100f3a0", "hex"))).toBe(true);
    const own = new x509.X509Certificate(authority.certPem);
    expect(list.issuer).toBe(own.subject);
    expect(list.nextUpdate).toEqual(own.notAfter);
    expect(await list.verify({ publicKey: own })).toBe(true);
  });

  it("the list of none is one, too: etcd refuses everybody without it", async () => {
    const der = Buffer.from(await signRevocationList(authority, []), "base64");
    expect(new x509.X509Crl(der).entries).toEqual([]);
  });
});
