import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Log } from "../docker";
import { releaseName, sha256 } from "./tarball";

const releasePage = "https://github.com/etcd-io/etcd/releases/download";
const answerLimitSeconds = 5;
const downloadLimitSeconds = 300;

/**
 * Downloads a release into a folder, or says in a few words why that can't be done here.
 *
 * @throws Error when the checksum is wrong
 */
export async function downloadRelease(
  version: string,
  folder: string,
  log: Log,
): Promise<string | undefined> {
  const address = `${releasePage}/v${version}`;
  const tarball = `${releaseName(version)}.tar.gz`;
  let sums: string;
  try {
    const signal = AbortSignal.timeout(answerLimitSeconds * 1000);
    const response = await fetch(`${address}/SHA256SUMS`, { signal });
    if (!response.ok) return `${address}/SHA256SUMS answered ${response.status}`;
    sums = await response.text();
    log(`Downloading ${address}/${tarball}`);
    await downloadFile(`${address}/${tarball}`, path.join(folder, tarball));
  } catch (error) {
    return `${address} did not answer (${reasonOf(error)})`;
  }
  await checkSum(path.join(folder, tarball), sums, address);
  await fs.writeFile(path.join(folder, "SHA256SUMS"), sums);
  return undefined;
}

async function downloadFile(url: string, file: string): Promise<void> {
  const signal = AbortSignal.timeout(downloadLimitSeconds * 1000);
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}

async function checkSum(file: string, sums: string, address: string): Promise<void> {
  const tarball = path.basename(file);
  const expected = sums.split("\n").find((line) => line.endsWith(` ${tarball}`));
  const actual = await sha256(file);
  if (expected?.split(" ")[0] === actual) return;
  throw new Error(
    `${address}/${tarball} has the SHA-256 ${actual}, but its SHA256SUMS says ` +
      `${expected ?? "nothing of it"}. Try again; if it stays so, don't use that file.`,
  );
}

/** fetch says only "fetch failed"; the cause tells more. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
