import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Log } from "./docker";
import { labDir } from "./paths";
import { lastLines, run } from "./run";

const releasesDir = path.join(labDir, "cache", "releases");
const releasePage = "https://github.com/etcd-io/etcd/releases/download";
const answerLimitSeconds = 5;
const downloadLimitSeconds = 300;
const buildLimitSeconds = 1200;

/**
 * Makes sure that these etcd releases are in the cache and gives its folder, which looks as
 * GitHub's release pages do: `v3.7.3/etcd-v3.7.3-linux-amd64.tar.gz` and `v3.7.3/SHA256SUMS`.
 * They come from there, or are built from source with Go where GitHub doesn't answer.
 *
 * @param versions such as "3.7.3"
 * @throws Error when a checksum is wrong, or neither GitHub nor Go can give a release
 */
export async function ensureReleases(versions: string[], log: Log): Promise<string> {
  for (const version of new Set(versions)) {
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
      throw new Error(`"${version}" is no etcd version: expected one such as 3.7.3.`);
    }
    if (!(await isCached(version))) await addRelease(version, log);
  }
  return releasesDir;
}

/** Processor architecture of the machines, as etcd's and Go's names have it: this host's. */
const architecture = process.arch === "x64" ? "amd64" : process.arch;

const releaseName = (version: string) => `etcd-v${version}-linux-${architecture}`;

async function isCached(version: string): Promise<boolean> {
  const file = path.join(releasesDir, `v${version}`, `${releaseName(version)}.tar.gz`);
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

/** Gathers a release beside its place and moves it there only when it is complete. */
async function addRelease(version: string, log: Log): Promise<void> {
  await fs.mkdir(releasesDir, { recursive: true });
  const folder = await fs.mkdtemp(path.join(releasesDir, ".partial-"));
  try {
    const release = path.join(folder, "release");
    await fs.mkdir(release);
    const problem = await download(version, release, log);
    if (problem !== undefined) {
      log(`${problem}. Building etcd ${version} with Go instead`);
      await build(version, folder, release).catch((error: Error) => {
        throw new Error(`No etcd ${version}: ${problem}, and ${error.message}`);
      });
    }
    const place = path.join(releasesDir, `v${version}`);
    await fs.rm(place, { recursive: true, force: true });
    await fs.rename(release, place);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** Downloads a release into a folder, or says in a few words why that can't be done here. */
async function download(version: string, folder: string, log: Log): Promise<string | undefined> {
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
  const expected = sums.split("\n").find((line) => line.endsWith(` ${tarball}`));
  const actual = await sha256(path.join(folder, tarball));
  if (expected?.split(" ")[0] !== actual) {
    throw new Error(
      `${address}/${tarball} has the SHA-256 ${actual}, but its SHA256SUMS says ` +
        `${expected ?? "nothing of it"}. Try again; if it stays so, don't use that file.`,
    );
  }
  await fs.writeFile(path.join(folder, "SHA256SUMS"), sums);
  return undefined;
}

async function downloadFile(url: string, file: string): Promise<void> {
  const signal = AbortSignal.timeout(downloadLimitSeconds * 1000);
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}

/** fetch says only "fetch failed"; the cause tells more. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** The three commands of a release, by their packages in etcd's Go modules. */
const commands = {
  etcd: "go.etcd.io/etcd/server/v3",
  etcdctl: "go.etcd.io/etcd/etcdctl/v3",
  etcdutl: "go.etcd.io/etcd/etcdutl/v3",
};

/**
 * Builds a release as etcd's own build script does (static, stripped), but from Go's module proxy:
 * `go install …@version` refuses modules with replace directives, which etcd's have, so that they
 * are required by a module made for the purpose.
 */
async function build(version: string, folder: string, release: string): Promise<void> {
  const source = path.join(folder, "source");
  const output = path.join(folder, releaseName(version));
  await fs.mkdir(source);
  await fs.mkdir(output);
  const modules = Object.values(commands);
  const required = modules.map((module) => `require ${module} v${version}\n`).join("");
  await fs.writeFile(path.join(source, "go.mod"), `module etcdlab\n\ngo 1.24\n\n${required}`);
  await go(
    ["build", "-trimpath", "-ldflags=-s -w", "-o", `${output}${path.sep}`, ...modules],
    source,
  );
  await fs.rename(path.join(output, "server"), path.join(output, "etcd"));
  await pack(output, path.join(release, `${releaseName(version)}.tar.gz`));
}

async function go(args: string[], cwd: string): Promise<void> {
  const result = await run("go", args, {
    cwd,
    limitSeconds: buildLimitSeconds,
    // go fills in go.mod and go.sum itself; what it downloads is checked by its checksum database.
    env: { GOOS: "linux", GOARCH: architecture, CGO_ENABLED: "0", GOFLAGS: "-mod=mod" },
  });
  if (!result.failed) return;
  if (result.code === "ENOENT") {
    throw new Error(
      "there is no Go to build it with: install Go 1.24 or later (https://go.dev/dl)",
    );
  }
  const why = result.timedOut ? `took longer than ${buildLimitSeconds} s` : "failed";
  throw new Error(`go build ${why}. Its last lines:\n${lastLines(result.all)}`);
}

/** Packs a folder under its own name, and puts the checksum beside the tarball. */
async function pack(folder: string, tarball: string): Promise<void> {
  const args = ["-czf", tarball, "-C", path.dirname(folder), path.basename(folder)];
  const result = await run("tar", args, { limitSeconds: 120 });
  if (result.failed) throw new Error(`tar failed: ${lastLines(result.all, 3)}`);
  const sums = `${await sha256(tarball)}  ${path.basename(tarball)}\n`;
  await fs.writeFile(path.join(path.dirname(tarball), "SHA256SUMS"), sums);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** A running mirror. */
export interface Mirror {
  /** Without a slash at its end. */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves the files of a folder over HTTP, to be read only.
 *
 * @param host address of this host to listen on
 * @param port 0 lets the system choose one
 */
export async function serveMirror(folder: string, host: string, port = 0): Promise<Mirror> {
  const root = await fs.realpath(folder);
  const server = http.createServer((request, response) => {
    void answer(root, request, response);
  });
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  return { url: `http://${host}:${address.port}`, close: () => close(server) };
}

async function close(server: http.Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

async function answer(
  root: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  const file = await fileOf(root, request.url ?? "/");
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "Content-Type": "application/octet-stream",
    "Content-Length": file.size,
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  // A client that goes away in the middle is none of the mirror's business.
  await pipeline(createReadStream(file.path), response).catch(() => undefined);
}

interface ServedFile {
  path: string;
  size: number;
}

/** The file that a request means, or undefined when it isn't a plain file inside the folder. */
async function fileOf(root: string, url: string): Promise<ServedFile | undefined> {
  try {
    const { pathname } = new URL(url, "http://mirror");
    const file = await fs.realpath(path.join(root, decodeURIComponent(pathname)));
    if (!file.startsWith(root + path.sep)) return undefined;
    const status = await fs.stat(file);
    return status.isFile() ? { path: file, size: status.size } : undefined;
  } catch {
    return undefined;
  }
}
