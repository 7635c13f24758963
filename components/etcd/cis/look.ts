import { X509Certificate } from "node:crypto";
import { pemsIn } from "../certificates";
import { decoded, largestAnswer, natural, object, objectIn, withoutControls } from "../strangers";

/** A member's machine, as far as the benchmark's items ask for it: what `cis.sh` printed, understood. */
export interface CisLook {
  /** 0 where no etcd runs. */
  readonly pid: number;
  /** The words of the command line that it was started by. */
  readonly words: readonly string[];
  /** Its variables `ETCD_*`; undefined where they cannot be read. */
  readonly environment: ReadonlyMap<string, string> | undefined;
  /** What systemd has read its unit from. */
  readonly unit: Owned;
  /** The data directory itself. */
  readonly data: Owned;
  /** The folder of the configuration, and what of it is certificates and keys. */
  readonly pki: Owned;
  /** The CAs in its own files of them. */
  readonly authorities: Readonly<Record<"ca" | "peer-ca", readonly X509Certificate[]>>;
  /** How its ports answer now: to whom they have to let in, and to whom they must not. */
  readonly ports: Readonly<Record<"clients" | "peers", Port>>;
}

/** Files and folders; undefined where the list of them is not understood. */
export type Owned = readonly OwnedFile[] | undefined;

export interface OwnedFile {
  readonly path: string;
  /** The bits of its mode, with those for set-user-ID and the like. */
  readonly mode: number;
  /** `user:group` */
  readonly owner: string;
  readonly isFolder: boolean;
}

export interface Port {
  /** A client or a peer, with its certificate. */
  readonly own: Knock;
  /** At the clients' port nobody's certificate, at the peers' a client's. */
  readonly other: Knock;
}

/** The answer to one request. */
export interface Knock {
  /** The status of HTTP; 0 where there was none. */
  readonly http: number;
  /** curl's own. */
  readonly curl: number;
}

/**
 * All of it is data from a stranger: a machine may have been taken over.
 * @throws Error where it is no such document
 */
export function readCisLook(text: string): CisLook {
  const said = text.length > largestAnswer ? {} : objectIn(text);
  if (!("pki" in said && "flags" in said)) {
    throw new Error("its answer is none: expected what etcd was started with, and its files");
  }
  const { pid, flags, environment, unit, data, pki, certificates, ports } = said;
  return {
    pid: natural(pid),
    words: linesOf(flags),
    environment:
      typeof environment === "string"
        ? new Map(linesOf(environment).map((line) => splitAt(line, "=")))
        : undefined,
    unit: readOwned(unit),
    data: readOwned(data),
    pki: readOwned(pki),
    authorities: {
      ca: readAuthorities(object(certificates)["ca"]),
      "peer-ca": readAuthorities(object(certificates)["peer-ca"]),
    },
    ports: {
      clients: readPort(object(ports)["clients"]),
      peers: readPort(object(ports)["peers"]),
    },
  };
}

function linesOf(base64: unknown): string[] {
  return decoded(base64)
    .split("\n")
    .filter((line) => line !== "");
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** One line that is not understood may be of the file that matters. */
function readOwned(base64: unknown): Owned {
  const lines = linesOf(base64);
  const files = lines.flatMap((line) => {
    const [, mode, owner, type, path] =
      /^([0-7]{1,4}) ([\w.-]+:[\w.-]+) (\w) (\/.*)$/.exec(line) ?? [];
    return mode === undefined || withoutControls(line) !== line
      ? []
      : { path: path!, mode: parseInt(mode, 8), owner: owner!, isFolder: type === "d" };
  });
  return files.length === lines.length ? files : undefined;
}

function readAuthorities(base64: unknown): X509Certificate[] {
  try {
    return pemsIn(decoded(base64)).map((pem) => new X509Certificate(pem));
  } catch {
    return [];
  }
}

function readPort(said: unknown): Port {
  const { own, other } = object(said);
  return { own: readKnock(own), other: readKnock(other) };
}

function readKnock(said: unknown): Knock {
  const { http, curl } = object(said);
  return { http: natural(http), curl: natural(curl) };
}
