import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Certificate, CertificateIssuer } from "../pki/certificate";
import { issuedSerials, type Revocation } from "../pki/revocation";
import { type AccessUser, accessUsers, type Client, digestOf } from "./access";
import { connectionText } from "./connections";

/** What a client is given, all of it secret. */
export interface ClientCredentials {
  readonly certPem: string;
  readonly keyPem: string;
  /** Its user's name in etcd; its certificate's common name, where it is not known by a password. */
  readonly username: string;
  /** Of its user in etcd; "" where it is to have none. */
  readonly password: string;
}

/** Users and roles, as they are to be made, and whether rights are asked for at all. */
export interface AccessRequest {
  readonly isOn: boolean;
  readonly users: pulumi.Output<readonly AccessUser[]>;
  /** Secret. Of those users who have one, by their names. */
  readonly passwords: pulumi.Output<Record<string, string>>;
}

/** Certificates that count no more. */
export interface Revoked {
  /** The signed list, in base64, as a machine gets it. */
  readonly list: pulumi.Output<string>;
  /** What the next update has to know of it. */
  readonly record: pulumi.Output<Revocation>;
}

/** A cluster's clients: each with a certificate and a password of its own. */
export class Clients {
  readonly request: AccessRequest;
  /** What clients had that are none any more. */
  readonly revoked: Revoked;
  private readonly made: Readonly<
    Record<string, { readonly certificate: Certificate; readonly password: pulumi.Output<string> }>
  >;

  /** @param component the name of the component whose cluster it is */
  constructor(
    component: string,
    private readonly clients: Readonly<Record<string, Client>>,
    private readonly access: {
      readonly isOn: boolean;
      readonly issuer: CertificateIssuer;
      /** What the last update that succeeded has left. */
      readonly former: Promise<Revocation | undefined>;
    },
    opts: pulumi.CustomResourceOptions,
  ) {
    this.made = Object.fromEntries(
      Object.entries(clients).map(([name, { password }]) => [
        name,
        {
          // etcd's gateway refuses who shows a name by the certificate, which it would not use (embed/serve.go).
          certificate: access.issuer.issueToClient(name, password ? "" : name, opts),
          password: drawPassword(`${component}-client-${name}-password`, opts),
        },
      ]),
    );
    const revocation = access.issuer.revocation(access.former, Object.keys(clients));
    const certificates = this.each(({ certificate }) => certificate.certPem);
    this.revoked = {
      list: revocation.apply(({ list }) => list),
      record: pulumi
        .all([revocation, access.former, pulumi.unsecret(certificates)])
        .apply(([{ revoked, signedBy, list }, was, pems]) => ({
          issued: issuedSerials(was, pems),
          revoked,
          signedBy,
          list,
        })),
    };
    const passwords = this.each(({ password }) => password);
    this.request = {
      isOn: access.isOn,
      users: pulumi
        // What tells one password from another tells nothing of it.
        .unsecret(passwords)
        .apply((all) => accessUsers(clients, digestsOf(all))),
      passwords,
    };
  }

  /** Secret. What each client is given, by its name. */
  get credentials(): pulumi.Output<Record<string, ClientCredentials>> {
    return this.each(({ certificate, password }, name) =>
      pulumi
        .all([certificate.certPem, certificate.keyPem, password])
        .apply(([certPem, keyPem, own]) => ({
          certPem,
          keyPem,
          username: name,
          password: this.clients[name]!.password ? own : "",
        })),
    );
  }

  /**
   * Secret. The lines or the file that each client reads, by its name.
   * @param folder where its files lie: ca.pem, client.pem and client-key.pem
   */
  connections(
    endpoints: pulumi.Output<string[]>,
    folder: (name: string) => string,
  ): pulumi.Output<Record<string, string>> {
    return this.each(({ password }, name) =>
      pulumi.all([endpoints, password]).apply(([urls, own]) =>
        connectionText(this.clients[name]!, {
          endpoints: urls,
          folder: folder(name),
          username: name,
          password: own,
          isControlled: this.access.isOn,
        }),
      ),
    );
  }

  private each<Value>(
    of: (one: (typeof this.made)[string], name: string) => pulumi.Output<Value>,
  ): pulumi.Output<Record<string, Value>> {
    const entries = Object.entries(this.made).map(([name, one]) =>
      of(one, name).apply((value) => [name, value] as [string, Value]),
    );
    return pulumi.secret(
      pulumi
        .all(entries)
        .apply((all) => Object.fromEntries(all as [string, Value][]) as Record<string, Value>),
    ) as pulumi.Output<Record<string, Value>>;
  }
}

function digestsOf(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, digestOf(text)]));
}

/** Drawn once, and kept encrypted in the state; without `ignoreChanges` each update would draw another one. */
function drawPassword(name: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const draw = new pulumi.Stash(
    name,
    { input: pulumi.secret(randomBytes(24).toString("base64url")) },
    { ...opts, ignoreChanges: ["input"], additionalSecretOutputs: ["output", "input"] },
  );
  return draw.output.apply(String);
}
