import { readFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { quote } from "../../components/etcd/scripts";
import type { Blank, BlankMachines } from "../../lab/blankMachines";
import { Probe } from "../load/probe";
import type { Credentials } from "../load/target";
import { certificateByHand } from "./certificateByHand";
import { placesByHand, unitByHand } from "./unitByHand";

const script = readFileSync(path.join(__dirname, "byHand.sh"), "utf8");
const healthLimitMs = 60_000;

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
    const credentials = await certificateByHand(blanks.map(({ ip }) => ip));
    await Promise.all(blanks.map(({ ip }) => copyCertificate(site, ip, credentials)));
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
    await untilHealthy(this.blanks, this.credentials);
    return (performance.now() - start) / 1000;
  }

  private async steps(blank: Blank): Promise<void> {
    const unit = unitByHand(blank, this.blanks, placesByHand);
    const words = [this.site.releaseUrl, this.version, unit];
    await this.site.on(blank.ip, `bash -s -- ${words.map(quote).join(" ")}`, script);
  }
}

/** Copies the certificate to where the guide's reader has it: into the user's home. */
export async function copyCertificate(
  site: BlankMachines,
  ip: string,
  { caCertPem, clientCertPem, clientKeyPem }: Credentials,
): Promise<void> {
  const files = {
    "ca.pem": caCertPem,
    "kubernetes.pem": clientCertPem,
    "kubernetes-key.pem": clientKeyPem,
  };
  for (const [name, content] of Object.entries(files)) {
    await site.on(ip, `umask 077; cat >${name}`, content);
  }
}

/** Waits until each of these members answers a linearizable read: a minute at most. */
export async function untilHealthy(
  blanks: readonly Blank[],
  credentials: Credentials,
): Promise<void> {
  await Promise.all(blanks.map(({ ip }) => untilOneIsHealthy(ip, credentials)));
}

async function untilOneIsHealthy(ip: string, credentials: Credentials): Promise<void> {
  const probe = new Probe(`https://${ip}:2379`, credentials, "/health");
  const deadline = performance.now() + healthLimitMs;
  try {
    for (;;) {
      const { error } = await probe.ask(1000);
      if (error === undefined) {
        return;
      }
      if (performance.now() > deadline) {
        throw new Error(`the member on ${ip} is not healthy after a minute: ${error}`);
      }
      await sleep(20);
    }
  } finally {
    probe.close();
  }
}
