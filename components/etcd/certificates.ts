import { X509Certificate } from "node:crypto";
import { generationOf } from "../pki/generations";
import type { RenewalDays } from "../pki/lifetimes";
import { list } from "./rollout/words";
import { decoded } from "./strangers";

/** The files of a member's certificates, without ".crt". */
export const certificateFiles = ["ca", "peer-ca", "server", "peer", "operator"] as const;

export type CertificateFile = (typeof certificateFiles)[number];

/** A certificate on a machine. */
export interface SeenCertificate {
  /** One of a CA may hold several. */
  readonly file: CertificateFile;
  /** The generation of the CA that issued it; of a CA, its own. */
  readonly issuedBy: number;
  readonly ends: Date;
}

/** Whether it is a CA's own, and none that a CA has issued to somebody. */
export function isAuthority({ file }: { readonly file: CertificateFile }): boolean {
  return file === "ca" || file === "peer-ca";
}

/** A CA's file has two while the CA changes. */
const mostInAFile = 4;

/**
 * The certificates that a machine's script has printed, by their files' names, in base64. What cannot be read is
 * left out: nobody has a use for it, and an update is what repairs it.
 */
export function readCertificates(said: Readonly<Record<string, unknown>>): SeenCertificate[] {
  return certificateFiles.flatMap((file) =>
    pemsIn(decoded(said[file]))
      .slice(0, mostInAFile)
      .flatMap((pem) => {
        try {
          const { issuer, validTo } = new X509Certificate(pem);
          const ends = new Date(validTo);
          return Number.isNaN(Number(ends)) ? [] : { file, issuedBy: generationOf(issuer), ends };
        } catch {
          return [];
        }
      }),
  );
}

/** The certificates in a text. */
export function pemsIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

/** The certificates of a member's machine, or why they could not be read. */
export interface MemberCertificates {
  readonly name: string;
  readonly certificates: readonly SeenCertificate[];
  readonly problem?: string;
}

/** How long a certificate lasts. */
export interface CertificateHealth {
  readonly member: string;
  readonly file: CertificateFile;
  /** When it ends, in ISO 8601. */
  readonly ends: string;
  /** Whole days until then; negative since it has ended. */
  readonly daysLeft: number;
}

export interface CertificatesHealth {
  /** The first to end comes first. */
  readonly certificates: readonly CertificateHealth[];
  /** What a person has to do about them, or "". */
  readonly warning: string;
}

const dayMs = 24 * 3600 * 1000;

/**
 * How long certificates last. They end in a running cluster, too: who does not run `pulumi up` for as long as they
 * last loses it all at once.
 */
export function certificatesHealth(
  members: readonly MemberCertificates[],
  renewal: RenewalDays,
  now = new Date(),
): CertificatesHealth {
  const certificates = members
    .flatMap(({ name, certificates: all }) =>
      all.map(({ file, ends }) => ({
        member: name,
        file,
        ends: ends.toISOString(),
        daysLeft: Math.floor((Number(ends) - Number(now)) / dayMs),
      })),
    )
    .sort((one, other) => one.daysLeft - other.daysLeft);
  const isDue = (one: CertificateHealth) =>
    one.daysLeft < (isAuthority(one) ? renewal.authority : renewal.certificate);
  const due = certificates.filter(isDue);
  const unread = members.flatMap((member) => unreadText(member) ?? []);
  return {
    certificates,
    warning: [
      ...(due.length > 0 ? [`${dueText(due)}: run pulumi up, which renews them`] : []),
      ...unread,
    ].join("; "),
  };
}

/** One that is not there, or is none, would be missed at the next handshake. */
function unreadText({ name, certificates, problem }: MemberCertificates): string | undefined {
  if (problem !== undefined) {
    return `the certificates of ${name} cannot be read: ${problem}`;
  }
  const missing = certificateFiles.filter((file) => !certificates.some((one) => one.file === file));
  return missing.length === 0
    ? undefined
    : `${name} has no ${list(missing)} certificate that can be read: run pulumi up`;
}

function dueText(due: readonly CertificateHealth[]): string {
  const [{ daysLeft }] = due as [CertificateHealth];
  const when = daysLeft < 0 ? `ended ${-daysLeft} days ago` : `ends in ${daysLeft} days`;
  const which = [...new Set(due.map(({ file, member }) => `${member}'s ${file}`))];
  const shown = which.length <= 3 ? which : [...which.slice(0, 2), `${which.length - 2} more`];
  return `${due.length} certificate${due.length === 1 ? "" : "s"} (${list(shown)}), the first of which ${when}`;
}
