import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { Authority } from "./authority";
import type { Lifetimes } from "./lifetimes";
import { type Revocation, revokedSerials, signRevocationList } from "./revocation";
import { type Purpose, usesOf } from "./purposes";
import { noNames, type SubjectNames } from "./subjectNames";

/** A certificate's subject. Its common name is the certificate's own where none is given here. */
export interface Subject {
  readonly commonName?: string;
  readonly country?: string;
  readonly province?: string;
  readonly locality?: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
}

export interface IssuerArgs {
  readonly authority: Authority;
  /** The authorities that are trusted, the issuing one among them. */
  readonly trusted: readonly Authority[];
  readonly lifetimes: Lifetimes;
  readonly subject: Subject;
  /** Another number issues every certificate anew, with a new key. */
  readonly issue: number;
  /** What must have passed before anything is made. */
  readonly after: pulumi.Resource;
}

/** Issues a cluster's certificates, all of one authority and with one subject's fields. */
export class CertificateIssuer {
  private readonly issued: Certificate[] = [];

  /** @param component the name of the component whose cluster it is */
  constructor(
    private readonly component: string,
    private readonly args: IssuerArgs,
  ) {}

  /** When each certificate ends that has been issued so far, and each CA's that is trusted: RFC 3339, by name. */
  get ends(): pulumi.Output<Record<string, string>> {
    const all = [...this.args.trusted, ...this.issued];
    return pulumi.output(Object.fromEntries(all.map(({ name, ends }) => [name, ends])));
  }

  /** Every authority that is trusted, one certificate after the other. */
  get caCertPem(): pulumi.Output<string> {
    return pulumi
      .all(this.args.trusted.map((authority) => authority.certPem))
      .apply((all) => all.join(""));
  }

  /**
   * To a client of the cluster's.
   * @param commonName whatever the others' is; "" for none
   */
  issueToClient(
    client: string,
    commonName: string,
    opts?: pulumi.ComponentResourceOptions,
  ): Certificate {
    return this.issue(`client-${client}`, "client", noNames, opts, commonName);
  }

  /**
   * What counts no more, signed again only where it is something else than it was: no two signatures are the same, and
   * each update would bring another list to the machines.
   * @param clients that there are now, by name
   */
  revocation(
    former: Promise<Revocation | undefined>,
    clients: readonly string[],
  ): pulumi.Output<Omit<Revocation, "issued">> {
    const { name: signedBy, certPem, keyPem } = this.args.authority;
    const signed = pulumi.all([former, certPem, keyPem]).apply(async ([was, cert, key]) => {
      const revoked = revokedSerials(was, clients);
      if (was?.signedBy === signedBy && isDeepStrictEqual(was.revoked, revoked)) {
        return { revoked, signedBy, list: was.list };
      }
      const list = await signRevocationList({ certPem: cert, keyPem: key }, revoked);
      return { revoked, signedBy, list };
    });
    // A signature tells nothing of the key.
    return pulumi.unsecret(signed);
  }

  /** @param commonName "" for none. Of a client it is its own name, whatever the subject says: it is known by that. */
  issue(
    name: string,
    purpose: Purpose,
    names: pulumi.Input<SubjectNames>,
    opts?: pulumi.ComponentResourceOptions,
    commonName = purpose === "client" ? name : undefined,
  ): Certificate {
    const subject = { ...this.args.subject, ...(commonName !== undefined && { commonName }) };
    const certificate = new Certificate(
      `${this.component}-${name}`,
      { ...this.args, subject, name, purpose, names },
      opts,
    );
    this.issued.push(certificate);
    return certificate;
  }
}

export interface CertificateArgs extends IssuerArgs {
  /** Of the certificate: its common name, unless the subject has one. */
  readonly name: string;
  readonly purpose: Purpose;
  readonly names: pulumi.Input<SubjectNames>;
}

/** A key pair and its certificate, signed by the authority. The key never leaves the state. */
export class Certificate extends pulumi.ComponentResource {
  readonly name: string;
  readonly certPem: pulumi.Output<string>;
  /** Secret. PEM, ECDSA P-256. */
  readonly keyPem: pulumi.Output<string>;
  /** When it ends, in RFC 3339. */
  readonly ends: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("etcd:pki:Certificate", name, {}, opts);
    this.name = args.name;
    const parent = { parent: this };
    const names = pulumi.output(args.names);
    const key = new tls.PrivateKey(
      name,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { ...parent, replacementTrigger: args.issue, dependsOn: args.after },
    );
    const request = new tls.CertRequest(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        subject: {
          ...args.subject,
          commonName: (args.subject.commonName ?? args.name) || undefined,
        },
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
    this.ends = certificate.validityEndTime;
    this.registerOutputs({ certPem: this.certPem });
  }
}
