import type * as pulumi from "@pulumi/pulumi";
import { Authority } from "./authority";
import { CertificateIssuer, type Subject } from "./certificate";
import { authorityName } from "./generations";
import { lifetimesFrom, type LifetimeSettings } from "./lifetimes";

export interface ClusterIssuerSettings extends LifetimeSettings {
  readonly clusterName: string;
  readonly certificateSubject: Subject;
  /** The generations of the CAs that are trusted; the first of them issues. */
  readonly certificateAuthorities: readonly number[];
  /** Another number issues every certificate anew, with a new key. */
  readonly certificateIssue: number;
}

/**
 * The cluster's CAs, ready to issue. A subject without an organization has the cluster as one.
 * @param after what must have passed before anything is made
 */
export function clusterIssuer(
  settings: ClusterIssuerSettings,
  after: pulumi.Resource,
): CertificateIssuer {
  const { clusterName, certificateSubject, certificateAuthorities, certificateIssue } = settings;
  const lifetimes = lifetimesFrom(settings);
  const authorities = certificateAuthorities.map((generation) => ({
    generation,
    authority: new Authority(generation === 1 ? "ca" : `ca-${generation}`, {
      commonName: authorityName(clusterName, generation),
      organization: clusterName,
      lifetimes,
      after,
    }),
  }));
  // In an order of its own: who issues is no reason for a member to read it anew.
  const oldestFirst = [...authorities].sort((one, other) => one.generation - other.generation);
  return new CertificateIssuer({
    authority: authorities[0]!.authority,
    trusted: oldestFirst.map(({ authority }) => authority),
    lifetimes,
    subject: { organization: clusterName, ...certificateSubject },
    issue: certificateIssue,
    after,
  });
}
