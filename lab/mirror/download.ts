import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Log } from "../docker";
import { sha256 } from "./tarball";

const answerLimitSeconds = 5;
const downloadLimitSeconds = 300;

/** A file that somebody publishes, and that of its checksum, in one folder. */
export interface Published {
  /** The folder's URL. */
  readonly address: string;
  readonly file: string;
  /** Lines of a checksum and a name, or a checksum alone. */
  readonly sums: string;
}

/**
 * Downloads a file and that of its checksum into a folder, or says in a few words why that can't be done here.
 *
 * @throws Error when the checksum is wrong
 */
export async function downloadPublished(
  { address, file, sums }: Published,
  folder: string,
  log: Log,
): Promise<string | undefined> {
  let text: string;
  try {
    const signal = AbortSignal.timeout(answerLimitSeconds * 1000);
    const response = await fetch(`${address}/${sums}`, { signal });
    if (!response.ok) return `${address}/${sums} answered ${response.status}`;
    text = await response.text();
    log(`Downloading ${address}/${file}`);
    await downloadFile(`${address}/${file}`, path.join(folder, file));
  } catch (error) {
    return `${address} did not answer (${reasonOf(error)})`;
  }
  const actual = await sha256(path.join(folder, file));
  const expected = expectedSum(text, file);
  if (expected !== actual) {
    throw new Error(
      `${address}/${file} has the SHA-256 ${actual}, but ${sums} beside it says ` +
        `${expected ?? "nothing of it"}. Try again; if it stays so, don't use that file.`,
    );
  }
  await fs.writeFile(path.join(folder, sums), text);
  return undefined;
}

async function downloadFile(url: string, file: string): Promise<void> {
  const signal = AbortSignal.timeout(downloadLimitSeconds * 1000);
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}

/** What a file of checksums says of a file; undefined where it says nothing. */
export function expectedSum(sums: string, file: string): string | undefined {
  const lines = sums
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+\*?/));
  const isAlone = ([, name]: string[]) => name === undefined && lines.length === 1;
  return lines.find((line) => line[1] === file || isAlone(line))?.[0] || undefined;
}

/** fetch says only "fetch failed"; the cause tells more. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
