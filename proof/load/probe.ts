import * as http from "node:http";
import * as https from "node:https";
import { now } from "./clock";
import type { Credentials } from "./target";

/** One look at a member. Whether it served is known of some moment between start and end. */
export interface Sample {
  readonly startMs: number;
  readonly endMs: number;
  /** Why it did not serve: "ECONNREFUSED …", "timeout", …; undefined where it did. */
  readonly error?: string;
}

/**
 * Asks one member over a connection that it keeps, by default GET /version. A server that has opened
 * its port and does not serve yet lets the request wait, so an answer says more than an open port.
 * GET /health says more still: a linearizable read has succeeded there.
 */
export class Probe {
  private readonly url: URL;
  private readonly agent: http.Agent;

  constructor(clientUrl: string, credentials?: Credentials, path = "/version") {
    this.url = new URL(path, clientUrl);
    const keep = { keepAlive: true, maxSockets: 1 };
    this.agent =
      this.url.protocol === "https:"
        ? new https.Agent({
            ...keep,
            ca: credentials?.caCertPem,
            cert: credentials?.clientCertPem,
            key: credentials?.clientKeyPem,
          })
        : new http.Agent(keep);
  }

  ask(timeoutMs: number): Promise<Sample> {
    return new Promise((resolve) => {
      const startMs = now();
      const { get } = this.url.protocol === "https:" ? https : http;
      const request = get(this.url, { agent: this.agent });
      const end = (error?: string) => {
        stopWaiting();
        resolve({ startMs, endMs: now(), ...(error === undefined ? {} : { error }) });
      };
      const stopWaiting = onTimeout(timeoutMs, () => {
        end("timeout");
        request.destroy();
      });
      request.on("error", (error) => end(error.message || error.name));
      request.on("response", (response) => {
        response.on("error", (error) => end(error.message));
        response.on("end", () =>
          end(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`),
        );
        response.resume();
      });
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

/**
 * Calls back after a time in which this process could have received an answer: what has arrived is
 * read first, and if the process itself stood still, the time begins anew.
 * @returns a function that calls it off
 */
function onTimeout(timeoutMs: number, callback: () => void): () => void {
  const armedMs = now();
  let callOff = () => clearTimeout(timer);
  const timer = setTimeout(() => {
    const immediate = setImmediate(() => {
      const stoodStill = now() - armedMs > timeoutMs + 50;
      if (stoodStill) {
        callOff = onTimeout(timeoutMs, callback);
      } else {
        callback();
      }
    });
    callOff = () => clearImmediate(immediate);
  }, timeoutMs);
  return () => callOff();
}
