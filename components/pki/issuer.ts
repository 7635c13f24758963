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
 * @param component the name of the component whose cluster it is
 * @param after what must have passed before anything is made
 */
export function clusterIssuers(
  component: string,
  settings: ClusterIssuerSettings,
  after: pulumi.Resource,
  opts: pulumi.ComponentResourceOptions,
): ClusterIssuers {
  const issuer = (realm: Realm) => issuerFor(component, realm, settings, after, opts);
  return { clients: issuer("clients"), peers: issuer("peers") };
}

/** A subject without an organization has the cluster as one. */
function issuerFor(
  component: string,
  realm: Realm,
  settings: ClusterIssuerSettings,
  after: pulumi.Resource,
  opts: pulumi.ComponentResourceOptions,
): CertificateIssuer {
  const { clusterName, certificateSubject, certificateAuthorities, certificateIssue } = settings;
  const lifetimes = lifetimesFrom(settings);
  const authorities = certificateAuthorities.map((generation) => {
    const kind = realm === "peers" ? "peer-ca" : "ca";
    const name = generation === 1 ? kind : `${kind}-${generation}`;
    const args = {
      name,
      commonName: authorityName(clusterName, realm, generation),
      organization: clusterName,
      lifetimes,
      after,
    };
    return { generation, authority: new Authority(`${component}-${name}`, args, opts) };
  });
  // In an order of its own: who issues is no reason for a member to read it anew.
  const oldestFirst = [...authorities].sort((one, other) => one.generation - other.generation);
  return new CertificateIssuer(component, {
    authority: authorities[0]!.authority,
    trusted: oldestFirst.map(({ authority }) => authority),
    lifetimes,
    subject: { organization: clusterName, ...certificateSubject },
    issue: certificateIssue,
    after,
  });
}
