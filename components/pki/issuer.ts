import type * as pulumi from "@pulumi/pulumi";
import { Authority } from "./authority";
import { CertificateIssuer, type Subject } from "./certificate";
import { authorityName, type Realm } from "./generations";
import { lifetimesFrom, type LifetimeSettings } from "./lifetimes";

export interface ClusterIssuerSettings extends LifetimeSettings {
  readonly clusterName: string;
  readonly certificateSubject: Subject;
  /** The generations of the CAs that are trusted, of both kinds; the first of them issues. */
  readonly certificateAuthorities: readonly number[];
  /** Another number issues every certificate anew, with a new key. */
  readonly certificateIssue: number;
}

/** The issuers of a cluster's certificates. */
export interface ClusterIssuers {
  /** Of what clients and servers show each other. */
  readonly clients: CertificateIssuer;
  /**
   * Of what members show each other. Its CA is another one: whom a member takes for a peer it believes each
   * entry of the log, past any access control.
   */
  readonly peers: CertificateIssuer;
}

/**
 * The cluster's CAs, ready to issue.
 * @param after what must have passed before anything is made
 */
export function clusterIssuers(
  settings: ClusterIssuerSettings,
  after: pulumi.Resource,
): ClusterIssuers {
  return {
    clients: issuerFor("clients", settings, after),
    peers: issuerFor("peers", settings, after),
  };
}

/** A subject without an organization has the cluster as one. */
function issuerFor(
  realm: Realm,
  settings: ClusterIssuerSettings,
  after: pulumi.Resource,
): CertificateIssuer {
  const { clusterName, certificateSubject, certificateAuthorities, certificateIssue } = settings;
  const lifetimes = lifetimesFrom(settings);
  const name = realm === "peers" ? "peer-ca" : "ca";
  const authorities = certificateAuthorities.map((generation) => ({
    generation,
    authority: new Authority(generation === 1 ? name : `${name}-${generation}`, {
      commonName: authorityName(clusterName, realm, generation),
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
