import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { Lifetimes } from "./lifetimes";

export interface AuthorityArgs {
  /** What it is called among the cluster's certificates. */
  readonly name: string;
  readonly commonName: string;
  readonly organization: string;
  readonly lifetimes: Lifetimes;
  /** What must have passed before anything is made. */
  readonly after: pulumi.Resource;
}

/**
 * The cluster's certificate authority: it signs what the cluster needs and nothing else.
 * Its key stays in the state, encrypted; it is in no output and on no machine.
 */
export class Authority extends pulumi.ComponentResource {
  readonly name: string;
  readonly certPem: pulumi.Output<string>;
  /** Secret; for signing only. */
  readonly keyPem: pulumi.Output<string>;
  /** When its certificate ends, in RFC 3339. */
  readonly ends: pulumi.Output<string>;

  constructor(name: string, args: AuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("etcd:pki:Authority", name, {}, opts);
    this.name = args.name;
    const parent = { parent: this };
    const key = new tls.PrivateKey(
      name,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { ...parent, dependsOn: args.after },
    );
    const certificate = new tls.SelfSignedCert(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.commonName, organization: args.organization },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        validityPeriodHours: args.lifetimes.caHours,
        earlyRenewalHours: args.lifetimes.caRenewalHours,
        setSubjectKeyId: true,
        setAuthorityKeyId: true,
      },
      // Under another name it would be another CA, and the members would trust one or the other.
      { ...parent, ignoreChanges: ["subject"] },
    );
    this.certPem = certificate.certPem;
    this.keyPem = pulumi.secret(key.privateKeyPem);
    this.ends = certificate.validityEndTime;
    this.registerOutputs({ certPem: this.certPem });
  }
}
