import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { Authority } from "./authority";
import { Lifetimes } from "./lifetimes";
import { Purpose, usesOf } from "./purposes";
import { SubjectNames } from "./subjectNames";

export interface CertificateArgs {
  readonly authority: Authority;
  readonly purpose: Purpose;
  readonly commonName: string;
  readonly organization: string;
  readonly names: pulumi.Input<SubjectNames>;
  readonly lifetimes: Lifetimes;
}

/** A key pair and its certificate, signed by the authority. The key never leaves the state. */
export class Certificate extends pulumi.ComponentResource {
  readonly certPem: pulumi.Output<string>;
  /** Secret. PEM, ECDSA P-256. */
  readonly keyPem: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("etcd:pki:Certificate", name, {}, opts);
    const parent = { parent: this };
    const names = pulumi.output(args.names);
    const key = new tls.PrivateKey(name, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const request = new tls.CertRequest(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.commonName, organization: args.organization },
        dnsNames: names.dnsNames,
        ipAddresses: names.ipAddresses,
      },
      parent,
    );
    const certificate = new tls.LocallySignedCert(
      name,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: args.authority.keyPem,
        caCertPem: args.authority.certPem,
        allowedUses: usesOf(args.purpose),
        validityPeriodHours: args.lifetimes.certificateHours,
        earlyRenewalHours: args.lifetimes.certificateRenewalHours,
        setSubjectKeyId: true,
      },
      parent,
    );
    this.certPem = certificate.certPem;
    this.keyPem = pulumi.secret(key.privateKeyPem);
    this.registerOutputs({ certPem: this.certPem });
  }
}
