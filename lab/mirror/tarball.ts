import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { lastLines, run } from "../run";

/** Processor architecture of the machines, as etcd, Go and Debian name it: this host's. */
export const architecture = process.arch === "x64" ? "amd64" : process.arch;

/** A release's name: that of its tarball and of the folder in it. */
export const releaseName = (version: string) => `etcd-v${version}-linux-${architecture}`;

/** Packs a folder under its own name, and puts the checksum beside the tarball. */
export async function pack(folder: string, tarball: string): Promise<void> {
  const args = ["-czf", tarball, "-C", path.dirname(folder), path.basename(folder)];
  const result = await run("tar", args, { limitSeconds: 120 });
  if (result.failed) throw new Error(`tar failed: ${lastLines(result.all, 3)}`);
  const sums = `${await sha256(tarball)}  ${path.basename(tarball)}\n`;
  await fs.writeFile(path.join(path.dirname(tarball), "SHA256SUMS"), sums);
}

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
