import { createReadStream } from "node:fs";
import * as fs from "node:fs/promises";
import type * as http from "node:http";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { type HttpServer, serveHttp } from "../httpServer";

/** A running mirror. */
export type Mirror = HttpServer;

/**
 * Serves the files of a folder over HTTP, to be read only.
 *
 * @param host address of this host to listen on
 * @param port 0 lets the system choose one
 */
export async function serveMirror(folder: string, host: string, port = 0): Promise<Mirror> {
  const root = await fs.realpath(folder);
  return serveHttp(host, port, (request, response) => answer(root, request, response));
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
