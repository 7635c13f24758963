import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  X509Certificate,
} from "node:crypto";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import * as tls from "node:tls";
import { execFileSync } from "node:child_process";
import { utils as ssh } from "ssh2";
import { beforeAll, describe, expect, it } from "vitest";
import { createTls, invokeTls } from "../../../lab/inprocess/tls";
import { tempFolder } from "../../tempFolder";

type Props = Record<string, unknown>;

const privateKey = async (inputs: Props) =>
  (await createTls("tls:index/privateKey:PrivateKey", inputs)).state as Record<string, string>;

describe("private keys", () => {
  it.each<[string, Props, string, string]>([
    ["ed25519", { algorithm: "ED25519" }, "ssh-ed25519", "PRIVATE KEY"],
    ["P256", { algorithm: "ECDSA", ecdsaCurve: "P256" }, "ecdsa-sha2-nistp256", "EC PRIVATE KEY"],
    ["P384", { algorithm: "ECDSA", ecdsaCurve: "P384" }, "ecdsa-sha2-nistp384", "EC PRIVATE KEY"],
    ["P521", { algorithm: "ECDSA", ecdsaCurve: "P521" }, "ecdsa-sha2-nistp521", "EC PRIVATE KEY"],
    ["RSA", { algorithm: "RSA" }, "ssh-rsa", "RSA PRIVATE KEY"],
  ])("%s: each form is the same key", async (_name, inputs, sshType, label) => {
    const key = await privateKey(inputs);
    expect(key.privateKeyPem).toMatch(new RegExp(`^-----BEGIN ${label}-----\n`));
    expect(key.privateKeyPemPkcs8).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(key.publicKeyOpenssh).toMatch(new RegExp(`^${sshType} \\S+\n$`));
    expect(key.publicKeyFingerprintMd5).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);

    for (const form of [key.privateKeyPem, key.privateKeyPemPkcs8]) {
      const exported = createPublicKey(createPrivateKey(form as string));
      expect(exported.export({ type: "spki", format: "pem" })).toBe(key.publicKeyPem);
    }
    const parsed = ssh.parseKey(key.privateKeyOpenssh as string);
    if (parsed instanceof Error) {
      throw parsed;
    }
    const [, encoded] = (key.publicKeyOpenssh as string).trim().split(" ");
    expect(parsed.getPublicSSH().toString("base64")).toBe(encoded);
  });

  it("agrees with ssh-keygen", async () => {
    const key = await privateKey({ algorithm: "ED25519" });
    const file = path.join(tempFolder(), "key");
    writeFileSync(file, key.privateKeyOpenssh as string, { mode: 0o600 });
    const run = (...args: string[]) => execFileSync("ssh-keygen", args, { encoding: "utf8" });
    expect(run("-y", "-f", file).trim().split(" ").slice(0, 2).join(" ")).toBe(
      key.publicKeyOpenssh?.trim(),
    );
    expect(run("-l", "-f", file)).toContain(key.publicKeyFingerprintSha256);
    expect(run("-l", "-E", "md5", "-f", file)).toContain(key.publicKeyFingerprintMd5);
  });

  it("gives the public key of one that there is already", async () => {
    const key = await privateKey({ algorithm: "ED25519" });
    const wanted = { algorithm: "ED25519", publicKeyOpenssh: key.publicKeyOpenssh };
    for (const args of [
      { privateKeyOpenssh: key.privateKeyOpenssh },
      { privateKeyPem: key.privateKeyPem },
    ]) {
      expect(await invokeTls("tls:index/getPublicKey:getPublicKey", args)).toMatchObject(wanted);
    }
  });

  it.each([{ algorithm: "DSA" }, { algorithm: "ECDSA", ecdsaCurve: "P224" }])(
    "does not make %j",
    async (inputs) => {
      await expect(privateKey(inputs)).rejects.toThrow(/not supported|not in the lab/);
    },
  );
});

const caInputs = {
  subject: { commonName: "etcd CA", organization: "ACME" },
  isCaCertificate: true,
  validityPeriodHours: 24,
  allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
};

/** A CA and one leaf of it, as the program's PKI has them. */
async function issue(algorithm: Props) {
  const caKey = await privateKey(algorithm);
  const ca = await createTls("tls:index/selfSignedCert:SelfSignedCert", {
    ...caInputs,
    privateKeyPem: caKey.privateKeyPem,
  });
  const leafKey = await privateKey(algorithm);
  const request = await createTls("tls:index/certRequest:CertRequest", {
    privateKeyPem: leafKey.privateKeyPem,
    subject: {
      commonName: "controller-0",
      organization: "ACME",
      organizationalUnit: "etcd",
      country: "NL",
      province: "NH",
      locality: "Amsterdam",
      postalCode: "1012",
      streetAddresses: ["Dam 1"],
      serialNumber: "7",
      emailAddress: "a@example.com",
    },
    dnsNames: ["controller-0", "localhost"],
    ipAddresses: ["10.0.1.10", "127.0.0.1", "::1"],
  });
  const leaf = await createTls("tls:index/locallySignedCert:LocallySignedCert", {
    caCertPem: ca.state.certPem,
    caPrivateKeyPem: caKey.privateKeyPem,
    certRequestPem: request.state.certRequestPem,
    validityPeriodHours: 12,
    allowedUses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
    setSubjectKeyId: true,
  });
  const pem = (state: Props) => String(state.certPem);
  return { caKey, leafKey, ca, leaf, caPem: pem(ca.state), leafPem: pem(leaf.state) };
}

describe.each<[string, Props]>([
  ["ECDSA P256", { algorithm: "ECDSA", ecdsaCurve: "P256" }],
  ["ECDSA P384", { algorithm: "ECDSA", ecdsaCurve: "P384" }],
  ["ED25519", { algorithm: "ED25519" }],
  ["RSA", { algorithm: "RSA", rsaBits: 2048 }],
])("certificates with %s", (_name, algorithm) => {
  let issued: Awaited<ReturnType<typeof issue>>;
  beforeAll(async () => {
    issued = await issue(algorithm);
  });

  it("verify by openssl for what they are for", () => {
    const folder = tempFolder();
    const write = (name: string, text: string) => {
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    };
    const [caFile, leafFile] = [write("ca.pem", issued.caPem), write("leaf.pem", issued.leafPem)];
    const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8" });
    for (const purpose of ["sslserver", "sslclient"]) {
      const verify = ["verify", "-x509_strict", "-CAfile", caFile, "-purpose", purpose, leafFile];
      expect(openssl(...verify)).toContain("leaf.pem: OK");
    }
    const text = openssl("x509", "-in", leafFile, "-noout", "-text");
    expect(text).toMatch(/X509v3 Key Usage: critical\n\s+Digital Signature, Key Encipherment\n/);
    expect(text).toMatch(/X509v3 Extended Key Usage: ?\n\s+TLS Web Server/);
    expect(text).toMatch(/X509v3 Basic Constraints: critical\n\s+CA:FALSE/);
    expect(text).toMatch(/X509v3 Subject Alternative Name: ?\n\s+DNS:controller-0, DNS:localhost/);
    expect(text).toContain("X509v3 Authority Key Identifier");
    expect(openssl("x509", "-in", caFile, "-noout", "-text")).toMatch(
      /Basic Constraints: critical\n\s+CA:TRUE/,
    );
  });

  it("say who, where and how long", () => {
    const certificate = new X509Certificate(issued.leafPem);
    expect(certificate.subject.split("\n")).toEqual([
      "C=NL",
      "O=ACME",
      "OU=etcd",
      "L=Amsterdam",
      "ST=NH",
      "street=Dam 1",
      "postalCode=1012",
      "CN=controller-0",
      "serialNumber=7",
      "emailAddress=a@example.com",
    ]);
    expect(certificate.subjectAltName).toContain("IP Address:10.0.1.10, IP Address:127.0.0.1");
    expect(certificate.checkIP("10.0.1.10")).toBe("10.0.1.10");
    expect(certificate.checkIssued(new X509Certificate(issued.caPem))).toBe(true);
    const { validityStartTime, validityEndTime, readyForRenewal } = issued.leaf.state;
    const hours =
      (Date.parse(String(validityEndTime)) - Date.parse(String(validityStartTime))) / 36e5;
    expect(hours).toBe(12);
    expect(Date.parse(certificate.validTo)).toBe(Date.parse(String(validityEndTime)));
    expect(readyForRenewal).toBe(false);
    expect(BigInt(issued.leaf.id)).toBe(BigInt(`0x${certificate.serialNumber}`));
  });

  it("carry a handshake in which both sides show one", async () => {
    const ours = { cert: issued.leafPem, key: issued.leafKey.privateKeyPemPkcs8, ca: issued.caPem };
    const server = tls.createServer({ ...ours, requestCert: true, rejectUnauthorized: true });
    server.on("secureConnection", (socket) => socket.end("welcome"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const heard = await new Promise<string>((resolve, reject) => {
      const client = tls.connect({ ...ours, host: "127.0.0.1", port });
      client.on("data", (data: Buffer) => resolve(data.toString()));
      client.on("error", reject);
    });
    server.close();
    expect(heard).toBe("welcome");
  });
});

describe("what the real provider refuses too", () => {
  it("a CA key that is not the CA's", async () => {
    const issued = await issue({ algorithm: "ED25519" });
    const other = await privateKey({ algorithm: "ED25519" });
    const request = await createTls("tls:index/certRequest:CertRequest", {
      privateKeyPem: other.privateKeyPem,
    });
    const inputs = {
      caCertPem: issued.caPem,
      certRequestPem: request.state.certRequestPem,
      validityPeriodHours: 1,
      allowedUses: [],
    };
    const type = "tls:index/locallySignedCert:LocallySignedCert";
    await expect(
      createTls(type, { ...inputs, caPrivateKeyPem: other.privateKeyPem }),
    ).rejects.toThrow("provided PrivateKey doesn't match parent's PublicKey");
    await expect(
      createTls(type, {
        ...inputs,
        caPrivateKeyPem: issued.caKey.privateKeyPem,
        allowedUses: ["serverAuth"],
      }),
    ).rejects.toThrow("allowedUses: serverAuth is none of");
  });

  it("a CA without a name, and an authority's key id where there is none", async () => {
    const { privateKeyPem } = await privateKey({ algorithm: "ED25519" });
    const type = "tls:index/selfSignedCert:SelfSignedCert";
    await expect(
      createTls(type, { ...caInputs, privateKeyPem, subject: undefined }),
    ).rejects.toThrow("at least one Distinguished Name");
    await expect(
      createTls(type, {
        privateKeyPem,
        allowedUses: [],
        validityPeriodHours: 1,
        setAuthorityKeyId: true,
      }),
    ).rejects.toThrow("Could not determine Authority Key Identifier");
  });
});

it("writes whole ED25519 keys, also those whose public key begins with a zero", async () => {
  // One key in 256 does; so this looks at keys of Node's own until it has seen one.
  const isSpecial = (x: string) => Buffer.from(x, "base64url")[0] === 0;
  for (let tries = 0; tries < 5000; tries++) {
    const pair = generateKeyPairSync("ed25519");
    if (isSpecial(pair.publicKey.export({ format: "jwk" }).x ?? "")) {
      const privateKeyPem = pair.privateKey.export({ type: "pkcs8", format: "pem" });
      const { publicKeyOpenssh } = await invokeTls("tls:index/getPublicKey:getPublicKey", {
        privateKeyPem,
      });
      const [, encoded = ""] = String(publicKeyOpenssh).split(" ");
      expect(Buffer.from(encoded, "base64")).toHaveLength(4 + 11 + 4 + 32);
      return;
    }
  }
  throw new Error("no such key in 5000");
});
