import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";

/** What was issued to clients, and what of it counts no more: certificates by their serial numbers, in hexadecimal. */
export interface Revocation {
  /** All that each client has had. They are kept: a client may go long after it was given another one. */
  readonly issued: Readonly<Record<string, readonly string[]>>;
  /** Those of clients that were taken out. */
  readonly revoked: readonly string[];
  /** The CA that has signed the list. */
  readonly signedBy: string;
  /** The list as etcd reads it: DER (RFC 5280, 5), here in base64. */
  readonly list: string;
}

/**
 * What counts no more from now on. A certificate that an update issued and did not live to record was given to nobody.
 * @param clients that there are now, by name
 */
export function revokedSerials(
  former: Revocation | undefined,
  clients: readonly string[],
): string[] {
  const gone = Object.entries(former?.issued ?? {}).filter(([name]) => !clients.includes(name));
  return [...new Set([...(former?.revoked ?? []), ...gone.flatMap(([, serials]) => serials)])];
}

/**
 * @param certificates that clients have now, in PEM, by their names
 * @throws Error where one of them counts no more: its client went and came again before an update had deleted it
 */
export function issuedSerials(
  former: Revocation | undefined,
  certificates: Readonly<Record<string, string>>,
): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(certificates).map(([name, pem]) => {
      const { serialNumber } = new X509Certificate(pem);
      if (former?.revoked.includes(serialNumber)) {
        throw new Error(
          `the certificate of client ${name} was revoked when it was taken out, and is still there: give the client another name, or count certificateIssue up, which issues all certificates again`,
        );
      }
      const had = new Map(Object.entries(former?.issued ?? {})).get(name) ?? [];
      return [name, [...new Set([...had, serialNumber])]];
    }),
  );
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * A signed list of revoked certificates, in DER as base64. It counts for as long as its CA does: there is another one
 * when another client goes, and etcd asks for no later one (client/pkg/transport/listener_tls.go).
 * @param serials in hexadecimal
 */
export async function signRevocationList(
  authority: { readonly certPem: string; readonly keyPem: string },
  serials: readonly string[],
  now = new Date(),
): Promise<string> {
  // They take a third of a second to load, and most updates sign nothing.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  const { subjectName, notAfter } = new x509.X509Certificate(authority.certPem);
  const key = createPrivateKey(authority.keyPem).export({ format: "der", type: "pkcs8" });
  const list = await x509.X509CrlGenerator.create({
    issuer: subjectName,
    thisUpdate: now,
    nextUpdate: notAfter,
    entries: serials.map((serial) => ({ serialNumber: serial, revocationDate: now })),
    signingAlgorithm: algorithm,
    signingKey: await webcrypto.subtle.importKey("pkcs8", key, algorithm, false, ["sign"]),
  });
  return Buffer.from(list.rawData).toString("base64");
}
