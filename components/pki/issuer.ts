import { Authority } from "./authority";
import { CertificateIssuer, type Subject } from "./certificate";
import { lifetimesFrom, type LifetimeSettings } from "./lifetimes";

export interface ClusterIssuerSettings extends LifetimeSettings {
  readonly clusterName: string;
  readonly certificateSubject: Subject;
}

/** The cluster's CA, ready to issue. A subject without an organization has the cluster as one. */
export function clusterIssuer(settings: ClusterIssuerSettings): CertificateIssuer {
  const { clusterName, certificateSubject } = settings;
  const lifetimes = lifetimesFrom(settings);
  const authority = new Authority("ca", {
    commonName: `${clusterName} CA`,
    organization: clusterName,
    lifetimes,
  });
  const subject = { organization: clusterName, ...certificateSubject };
  return new CertificateIssuer({ authority, lifetimes, subject });
}
