import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  webcrypto,
} from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { utils as ssh } from "ssh2";
import { makeKeyPair, sized } from "../keyPair";

x509.cryptoProvider.set(webcrypto);

type Props = Record<string, unknown>;

interface Created {
  id: string;
  state: Props;
}

const creators: Record<string, (inputs: Props) => Created | Promise<Created>> = {
  "tls:index/privateKey:PrivateKey": createPrivateKeyResource,
  "tls:index/certRequest:CertRequest": createCertRequest,
  "tls:index/selfSignedCert:SelfSignedCert": createSelfSignedCert,
  "tls:index/locallySignedCert:LocallySignedCert": createLocallySignedCert,
};

/** The outputs of `tls` resources that are secret. */
export const secretTlsOutputs = [
  "privateKeyOpenssh",
  "privateKeyPem",
  "privateKeyPemPkcs8",
  "caPrivateKeyPem",
];

/** Creates a resource of the `tls` package with the outputs that the real provider gives. */
export async function createTls(type: string, inputs: Props): Promise<Created> {
  const creator = creators[type];
  if (!creator) {
    throw new Error(`the lab has no ${type}; it has ${Object.keys(creators).join(", ")}`);
  }
  return creator(inputs);
}

/** Answers a function of the `tls` package. */
export async function invokeTls(token: string, args: Props): Promise<Props> {
  if (token !== "tls:index/getPublicKey:getPublicKey") {
    throw new Error(`the lab has no function ${token}; it has tls:index/getPublicKey:getPublicKey`);
  }
  const text = args.privateKeyOpenssh ?? args.privateKeyPem;
  const key = readPrivateKey(String(text));
  const id = sha1(spkiOf(key)).toString("hex");
  return { ...args, id, algorithm: algorithmOf(key), ...publicOutputs(key) };
}

// Keys

function createPrivateKeyResource(inputs: Props): Created {
  const { algorithm = "", ecdsaCurve = "P224", rsaBits = 2048 } = inputs;
  const openssh = newOpensshKey(String(algorithm), String(ecdsaCurve), Number(rsaBits));
  const key = readPrivateKey(openssh);
  return {
    id: sha1(spkiOf(key)).toString("hex"),
    state: {
      algorithm,
      ecdsaCurve,
      rsaBits,
      privateKeyOpenssh: openssh,
      privateKeyPem: key.export({ type: oldForm(key), format: "pem" }),
      privateKeyPemPkcs8: key.export({ type: "pkcs8", format: "pem" }),
      ...publicOutputs(key),
    },
  };
}

const curveBits: Record<string, number> = { P256: 256, P384: 384, P521: 521 };

function newOpensshKey(algorithm: string, curve: string, bits: number): string {
  switch (algorithm) {
    case "ED25519":
      return makeKeyPair().privateKey;
    case "RSA":
      return endLine(ssh.generateKeyPairSync("rsa", { bits }).private);
    case "ECDSA": {
      const size = curveBits[curve];
      if (size === undefined) {
        throw new Error(`ECDSA curve ${curve} is not in the lab; it has P256, P384 and P521`);
      }
      return endLine(ssh.generateKeyPairSync("ecdsa", { bits: size as 256 | 384 | 521 }).private);
    }
    default:
      throw new Error(`Key Algorithm "${algorithm}" is not supported: use ECDSA, ED25519 or RSA`);
  }
}

function readPrivateKey(text: string): KeyObject {
  if (!text.includes("OPENSSH PRIVATE KEY")) {
    return createPrivateKey(text);
  }
  const parsed = ssh.parseKey(text);
  if (parsed instanceof Error) {
    throw new Error(`failed to parse openssh private key: ${parsed.message}`);
  }
  return createPrivateKey(parsed.getPrivatePEM());
}

function algorithmOf(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return "RSA";
    case "ec":
      return "ECDSA";
    case "ed25519":
      return "ED25519";
    default:
      throw new Error(`unsupported private key type: ${String(key.asymmetricKeyType)}`);
  }
}

/** The form of `privateKeyPem`: the oldest one that the kind of key has. */
function oldForm(key: KeyObject): "pkcs1" | "sec1" | "pkcs8" {
  const forms = { RSA: "pkcs1", ECDSA: "sec1", ED25519: "pkcs8" } as const;
  return forms[algorithmOf(key) as keyof typeof forms];
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function publicOutputs(key: KeyObject): Props {
  const blob = opensshBlob(createPublicKey(key).export({ format: "jwk" }));
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString();
  const md5 = createHash("md5").update(blob).digest("hex");
  const sha256 = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return {
    publicKeyPem: createPublicKey(key).export({ type: "spki", format: "pem" }),
    publicKeyOpenssh: `${type} ${blob.toString("base64")}\n`,
    publicKeyFingerprintMd5: (md5.match(/../g) ?? []).join(":"),
    publicKeyFingerprintSha256: `SHA256:${sha256}`,
  };
}

/** A public key as SSH writes it (RFC 4253, 5656 and 8709). */
function opensshBlob(jwk: JsonWebKey): Buffer {
  const part = (name: "e" | "n" | "x" | "y") => Buffer.from(jwk[name] ?? "", "base64url");
  if (jwk.kty === "RSA") {
    return Buffer.concat([
      sized("ssh-rsa"),
      sized(positive(part("e"))),
      sized(positive(part("n"))),
    ]);
  }
  if (jwk.kty === "OKP") {
    return Buffer.concat([sized("ssh-ed25519"), sized(part("x"))]);
  }
  const curve = (jwk.crv ?? "").replace("P-", "nistp");
  const point = Buffer.concat([Buffer.from([4]), part("x"), part("y")]);
  return Buffer.concat([sized(`ecdsa-sha2-${curve}`), sized(curve), sized(point)]);
}

/** A number whose first bit is set would read as negative. */
function positive(bytes: Buffer): Buffer {
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}

// Certificates

const keyUsages: Record<string, x509.KeyUsageFlags> = {
  digital_signature: x509.KeyUsageFlags.digitalSignature,
  content_commitment: x509.KeyUsageFlags.nonRepudiation,
  key_encipherment: x509.KeyUsageFlags.keyEncipherment,
  data_encipherment: x509.KeyUsageFlags.dataEncipherment,
  key_agreement: x509.KeyUsageFlags.keyAgreement,
  cert_signing: x509.KeyUsageFlags.keyCertSign,
  crl_signing: x509.KeyUsageFlags.cRLSign,
  encipher_only: x509.KeyUsageFlags.encipherOnly,
  decipher_only: x509.KeyUsageFlags.decipherOnly,
};

const extendedKeyUsages: Record<string, string> = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
  microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
  microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

async function createCertRequest(inputs: Props): Promise<Created> {
  const key = readPrivateKey(String(inputs.privateKeyPem));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subjectName(inputs.subject),
    keys: await cryptoKeys(key),
    signingAlgorithm: signingAlgorithm(key),
    extensions: subjectAlternativeNames(inputs),
  });
  const der = Buffer.from(request.rawData);
  return {
    id: sha1(der).toString("hex"),
    state: {
      ...inputs,
      certRequestPem: pem("CERTIFICATE REQUEST", der),
      keyAlgorithm: algorithmOf(key),
    },
  };
}

async function createSelfSignedCert(inputs: Props): Promise<Created> {
  const key = readPrivateKey(String(inputs.privateKeyPem));
  const keyId = subjectKeyId(key);
  const hasKeyId = inputs.setSubjectKeyId === true || inputs.isCaCertificate === true;
  if (inputs.setAuthorityKeyId === true && !hasKeyId) {
    throw new Error("Invalid Certificate Authority: Could not determine Authority Key Identifier");
  }
  const name = new x509.Name(subjectName(inputs.subject));
  const certificate = await issue(inputs, {
    subject: name,
    issuer: name,
    publicKey: key,
    signer: key,
    names: subjectAlternativeNames(inputs),
    authorityKeyId: inputs.setAuthorityKeyId === true ? keyId : undefined,
  });
  return { ...certificate, state: { ...certificate.state, keyAlgorithm: algorithmOf(key) } };
}

async function createLocallySignedCert(inputs: Props): Promise<Created> {
  const signer = readPrivateKey(String(inputs.caPrivateKeyPem));
  const authority = new x509.X509Certificate(String(inputs.caCertPem));
  const request = new x509.Pkcs10CertificateRequest(String(inputs.certRequestPem));
  if (!(await request.verify())) {
    throw new Error("Failed to parse certificate request PEM: its signature does not fit its key");
  }
  if (!spkiOf(signer).equals(Buffer.from(authority.publicKey.rawData))) {
    throw new Error(
      "Failed to create certificate: x509: provided PrivateKey doesn't match parent's PublicKey",
    );
  }
  const certificate = await issue(inputs, {
    subject: request.subjectName,
    issuer: authority.subjectName,
    publicKey: createPublicKey({
      key: Buffer.from(request.publicKey.rawData),
      type: "spki",
      format: "der",
    }),
    signer,
    names: request.extensions.filter(
      (extension) => extension instanceof x509.SubjectAlternativeNameExtension,
    ),
    authorityKeyId: authority.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
  });
  return { ...certificate, state: { ...certificate.state, caKeyAlgorithm: algorithmOf(signer) } };
}

interface Issue {
  subject: x509.Name;
  issuer: x509.Name;
  publicKey: KeyObject;
  signer: KeyObject;
  names: x509.Extension[];
  authorityKeyId: string | undefined;
}

/** A certificate with the extensions, and the critical marks on them, that Go's library sets. */
async function issue(inputs: Props, parts: Issue): Promise<Created> {
  const isCa = inputs.isCaCertificate === true;
  if (isCa && parts.subject.toString() === "") {
    throw new Error(
      "Invalid Certificate Subject: Must contain at least one Distinguished Name when creating " +
        "Certificate Authority (CA)",
    );
  }
  const hours = Number(inputs.validityPeriodHours);
  if (!Number.isInteger(hours) || hours < 0) {
    throw new Error(
      `validityPeriodHours: expected a whole number from 0, got ${String(inputs.validityPeriodHours)}`,
    );
  }
  const start = new Date(Math.floor(Date.now() / 1000) * 1000);
  const end = new Date(start.getTime() + hours * 3_600_000);
  const serial = randomBytes(16);
  // A serial number is positive, and not longer for it.
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  const hasKeyId = isCa || inputs.setSubjectKeyId === true;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    subject: parts.subject,
    issuer: parts.issuer,
    notBefore: start,
    notAfter: end,
    publicKey: await publicCryptoKey(parts.publicKey),
    signingKey: await privateCryptoKey(parts.signer),
    signingAlgorithm: signingAlgorithm(parts.signer),
    extensions: [
      ...usageExtensions((inputs.allowedUses ?? []) as string[]),
      basicConstraints(isCa, inputs.maxPathLength),
      ...(hasKeyId ? [new x509.SubjectKeyIdentifierExtension(subjectKeyId(parts.publicKey))] : []),
      ...(parts.authorityKeyId
        ? [new x509.AuthorityKeyIdentifierExtension(parts.authorityKeyId)]
        : []),
      ...parts.names,
    ],
  });
  return {
    id: BigInt(`0x${serial.toString("hex")}`).toString(),
    state: {
      earlyRenewalHours: 0,
      isCaCertificate: false,
      setAuthorityKeyId: false,
      setSubjectKeyId: false,
      ...inputs,
      certPem: pem("CERTIFICATE", Buffer.from(certificate.rawData)),
      readyForRenewal: Number(inputs.earlyRenewalHours ?? 0) >= hours,
      validityStartTime: start.toISOString(),
      validityEndTime: end.toISOString(),
    },
  };
}

function usageExtensions(allowedUses: string[]): x509.Extension[] {
  const strange = allowedUses.filter((use) => !(use in keyUsages) && !(use in extendedKeyUsages));
  if (strange.length > 0) {
    const known = [...Object.keys(keyUsages), ...Object.keys(extendedKeyUsages)].sort();
    throw new Error(`allowedUses: ${strange.join(", ")} is none of ${known.join(", ")}`);
  }
  const flags = allowedUses.reduce((sum, use) => sum | (keyUsages[use] ?? 0), 0);
  const purposes = allowedUses.flatMap((use) => extendedKeyUsages[use] ?? []);
  return [
    ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
    ...(purposes.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(purposes)]),
  ];
}

/** A path length of 0 is none to Go's library unless it is told twice, which the provider is not. */
function basicConstraints(isCa: boolean, maxPathLength: unknown): x509.Extension {
  const length = typeof maxPathLength === "number" && maxPathLength > 0 ? maxPathLength : undefined;
  return new x509.BasicConstraintsExtension(isCa, isCa ? length : undefined, true);
}

const nameParts: [property: string, attribute: string][] = [
  ["country", "2.5.4.6"],
  ["organization", "2.5.4.10"],
  ["organizationalUnit", "2.5.4.11"],
  ["locality", "2.5.4.7"],
  ["province", "2.5.4.8"],
  ["streetAddresses", "2.5.4.9"],
  ["postalCode", "2.5.4.17"],
  ["commonName", "2.5.4.3"],
  ["serialNumber", "2.5.4.5"],
  ["emailAddress", "1.2.840.113549.1.9.1"],
];

/** The distinguished name in the order in which Go's library writes it. */
function subjectName(subject: unknown): x509.JsonName {
  const given = (subject ?? {}) as Record<string, string | string[] | undefined>;
  const strange = Object.keys(given).filter((key) => !nameParts.some(([known]) => known === key));
  if (strange.length > 0) {
    throw new Error(`subject: the lab does not know ${strange.join(", ")}`);
  }
  return nameParts.flatMap(([property, attribute]) => {
    const values = [given[property] ?? []].flat();
    return values.length === 0 ? [] : [{ [attribute]: values }];
  });
}

function subjectAlternativeNames(inputs: Props): x509.Extension[] {
  const list = (property: string, type: "dns" | "ip" | "url") =>
    ((inputs[property] ?? []) as string[]).map((value) => ({ type, value }));
  const names = [...list("dnsNames", "dns"), ...list("ipAddresses", "ip"), ...list("uris", "url")];
  const isNameless = subjectName(inputs.subject).length === 0;
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names, isNameless)];
}

/** SHA-1 of the public key's bits, as the provider computes it for each kind of key. */
function subjectKeyId(key: KeyObject): string {
  const jwk = createPublicKeyOf(key).export({ format: "jwk" });
  if (jwk.kty === "OKP") {
    // The provider wraps these in an octet string first.
    const point = Buffer.from(jwk.x ?? "", "base64url");
    return sha1(Buffer.concat([Buffer.from([4, point.length]), point])).toString("hex");
  }
  if (jwk.kty === "RSA") {
    const pkcs1 = createPublicKeyOf(key).export({ type: "pkcs1", format: "der" });
    return sha1(pkcs1).toString("hex");
  }
  const coordinates = [jwk.x, jwk.y].map((part) => Buffer.from(part ?? "", "base64url"));
  return sha1(Buffer.concat([Buffer.from([4]), ...coordinates])).toString("hex");
}

function createPublicKeyOf(key: KeyObject): KeyObject {
  return key.type === "public" ? key : createPublicKey(key);
}

function signingAlgorithm(key: KeyObject): { name: string; hash?: string } {
  return webAlgorithm(key).signing;
}

/** The names that the Web Cryptography API has for a key and for what it signs with. */
function webAlgorithm(key: KeyObject): {
  imported: { name: string; namedCurve?: string; hash?: string };
  signing: { name: string; hash?: string };
} {
  switch (key.asymmetricKeyType) {
    case "rsa": {
      const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
      return { imported: rsa, signing: rsa };
    }
    case "ed25519":
      return { imported: { name: "Ed25519" }, signing: { name: "Ed25519" } };
    default: {
      const namedCurve = createPublicKeyOf(key).export({ format: "jwk" }).crv ?? "";
      const hash = { "P-256": "SHA-256", "P-384": "SHA-384", "P-521": "SHA-512" }[namedCurve];
      if (hash === undefined) {
        throw new Error(
          `the lab does not sign with ${String(key.asymmetricKeyType)} ${namedCurve}`,
        );
      }
      return { imported: { name: "ECDSA", namedCurve }, signing: { name: "ECDSA", hash } };
    }
  }
}

async function cryptoKeys(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  return { privateKey: await privateCryptoKey(key), publicKey: await publicCryptoKey(key) };
}

function privateCryptoKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", der, webAlgorithm(key).imported, true, ["sign"]);
}

function publicCryptoKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = createPublicKeyOf(key).export({ type: "spki", format: "der" });
  return webcrypto.subtle.importKey("spki", der, webAlgorithm(key).imported, true, ["verify"]);
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function endLine(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

function sha1(bytes: Buffer): Buffer {
  return createHash("sha1").update(bytes).digest();
}
