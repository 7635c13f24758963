import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** A server that runs until it is closed. */
export interface HttpServer {
  /** Without a slash at its end. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts an HTTP server.
 *
 * @param host address of this host to listen on
 * @param port 0 lets the system choose one
 */
export async function serveHttp(
  host: string,
  port: number,
  answer: (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>,
): Promise<HttpServer> {
  const server = http.createServer((request, response) => {
    void answer(request, response);
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
