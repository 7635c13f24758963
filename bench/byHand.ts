import { readFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { quote } from "../components/etcd/scripts";
import type { Blank, BlankMachines } from "../lab/blankMachines";
import { createTls } from "../lab/inprocess/tls";
import { Probe } from "../load/probe";
import type { Credentials } from "../load/target";

const script = readFileSync(path.join(__dirname, "byHand.sh"), "utf8");
const healthLimitMs = 60_000;
const year = 24 * 365;

/**
 * The reference: the steps of the first guide on blank machines, over SSH. Its certificates are made
 * and copied beforehand; putting them in place is one of the steps.
 */
export class ByHand {
  private constructor(
    private readonly site: BlankMachines,
    private readonly blanks: readonly Blank[],
    private readonly version: string,
    readonly credentials: Credentials,
  ) {}

  /** Makes the certificates and copies them to the machines. */
  static async prepare(
    site: BlankMachines,
    blanks: readonly Blank[],
    version: string,
  ): Promise<ByHand> {
    const credentials = await makeCertificates(blanks.map(({ ip }) => ip));
    const files = {
      "ca.pem": credentials.caCertPem,
      "kubernetes.pem": credentials.clientCertPem,
      "kubernetes-key.pem": credentials.clientKeyPem,
    };
    for (const { ip } of blanks) {
      for (const [name, content] of Object.entries(files)) {
        await site.on(ip, `umask 077; cat >${name}`, content);
      }
    }
    return new ByHand(site, blanks, version, credentials);
  }

  /** Seconds from the first step to three healthy members, one machine after the other. */
  oneAfterTheOther(): Promise<number> {
    return this.measure(async () => {
      for (const blank of this.blanks) {
        await this.steps(blank);
      }
    });
  }

  /** The same on all machines at once: as quick as these steps can be. */
  inParallel(): Promise<number> {
    return this.measure(async () => {
      await Promise.all(this.blanks.map((blank) => this.steps(blank)));
    });
  }

  private async measure(work: () => Promise<void>): Promise<number> {
    const start = performance.now();
    await work();
    await Promise.all(this.blanks.map(({ ip }) => this.untilHealthy(ip)));
    return (performance.now() - start) / 1000;
  }

  private async steps({ name, ip }: Blank): Promise<void> {
    const cluster = this.blanks.map((blank) => `${blank.name}=https://${blank.ip}:2380`).join(",");
    const words = [name, ip, this.site.releaseUrl, this.version, cluster];
    await this.site.on(ip, `bash -s -- ${words.map(quote).join(" ")}`, script);
  }

  private async untilHealthy(ip: string): Promise<void> {
    const probe = new Probe(`https://${ip}:2379`, this.credentials, "/health");
    const deadline = performance.now() + healthLimitMs;
    try {
      for (;;) {
        const { error } = await probe.ask(1000);
        if (error === undefined) {
          return;
        }
        if (performance.now() > deadline) {
          throw new Error(`${ip}, made by hand, is not healthy after a minute: ${error}`);
        }
        await sleep(20);
      }
    } finally {
      probe.close();
    }
  }
}

/** One certificate for everything, as the guide has it, with a key as ours have. */
async function makeCertificates(ips: string[]): Promise<Credentials> {
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
