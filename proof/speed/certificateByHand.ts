import { createTls } from "../../lab/inprocess/tls";
import type { Credentials } from "../load/target";

const year = 24 * 365;

/** One certificate for everything, as the guide has it, with a key as ours have. */
export async function certificateByHand(ips: string[]): Promise<Credentials> {
  const [caKey, key] = [await makeKey(), await makeKey()];
  const ca = await make("selfSignedCert:SelfSignedCert", {
    privateKeyPem: caKey,
    isCaCertificate: true,
    subject: { commonName: "the-hard-way-ca" },
    allowedUses: ["cert_signing", "crl_signing"],
    validityPeriodHours: year,
  });
  const request = await make("certRequest:CertRequest", {
    privateKeyPem: key,
    subject: { commonName: "kubernetes" },
    ipAddresses: [...ips, "127.0.0.1"],
    dnsNames: ["localhost"],
  });
  const cert = await make("locallySignedCert:LocallySignedCert", {
    certRequestPem: request["certRequestPem"],
    caPrivateKeyPem: caKey,
    caCertPem: ca["certPem"],
    allowedUses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
    validityPeriodHours: year,
  });
  return { caCertPem: ca["certPem"]!, clientCertPem: cert["certPem"]!, clientKeyPem: key };
}

async function makeKey(): Promise<string> {
  const { privateKeyPem } = await make("privateKey:PrivateKey", {
    algorithm: "ECDSA",
    ecdsaCurve: "P256",
  });
  return privateKeyPem!;
}

async function make(
  type: string,
  inputs: Record<string, unknown>,
): Promise<Record<string, string>> {
  const { state } = await createTls(`tls:index/${type}`, inputs);
  return state as Record<string, string>;
}
