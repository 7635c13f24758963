import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { lastLines, run } from "../run";

/** Processor architecture of the machines, as etcd, Go and Debian name it: this host's. */
export const architecture = process.arch === "x64" ? "amd64" : process.arch;

/** A release's name: that of its tarball and of the folder in it. */
export const releaseName = (version: string) => `etcd-v${version}-linux-${architecture}`;

/** Packs a file or a folder under its own name. */
export async function pack(what: string, tarball: string): Promise<void> {
  const args = ["-czf", tarball, "-C", path.dirname(what), path.basename(what)];
  const result = await run("tar", args, { limitSeconds: 120 });
  if (result.failed) throw new Error(`tar failed: ${lastLines(result.all, 3)}`);
}

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
