import type { X509Certificate } from "node:crypto";
import { certificateFiles } from "../files";
import { list } from "../rollout/words";
import { flag, isTrue } from "./flags";
import { type Evidence, fail, type Judgement, NotSeen, pass } from "./judgement";
import type { CisLook } from "./look";

/** One of etcd's two sides: flags of peers are called as those of clients are, with a word before. */
interface Side {
  readonly prefix: "" | "peer-";
  readonly who: "clients" | "peers";
  /** Whom its port must not let in. */
  readonly other: string;
  /** What it listens at, where etcd is told nothing else (embed/config.go). */
  readonly listeners: Readonly<Record<string, string>>;
}

export const clients: Side = {
  prefix: "",
  who: "clients",
  other: "one without a certificate",
  listeners: {
    "listen-client-urls": "http://localhost:2379",
    "listen-client-http-urls": "",
  },
};
export const peers: Side = {
  prefix: "peer-",
  who: "peers",
  other: "a client's certificate",
  listeners: { "listen-peer-urls": "http://localhost:2380" },
};

export function certificate({ look }: Evidence, side: Side): Judgement {
  const names = [`${side.prefix}cert-file`, `${side.prefix}key-file`];
  const missing = names.filter((name) => !flag(look, name));
  if (missing.length > 0) {
    return fail(notSet(missing));
  }
  return (
    goesPlain(look, side) ??
    pass(
      `${list(names.map((name) => `--${name}=${flag(look, name)}`))}, and ${side.who} have no URL without TLS`,
    )
  );
}

export function certificateAuth({ look }: Evidence, side: Side): Judgement {
  const name = `${side.prefix}client-cert-auth`;
  const given = flag(look, name);
  const ca = `${side.prefix}trusted-ca-file`;
  if (!isTrue(given)) {
    return fail(given === undefined ? notSet([name]) : `--${name}=${given}`);
  }
  if (!flag(look, ca)) {
    return fail(`--${name} is true without --${ca}: each CA that the machine trusts may sign`);
  }
  return goesPlain(look, side) ?? letsIn(look, side);
}

/** The flags alone do not tell, since etcd reads its CAs only when it starts: the port was asked. */
function letsIn({ ports }: CisLook, { prefix, who, other }: Side): Judgement {
  const port = ports[who];
  // What a port refuses says something only where it takes the rest: a certificate that has ended is refused, too.
  const controls = [port.own, ports.clients.own];
  const failed = controls.find(({ http }) => http === 0);
  if (port.other.http !== 0) {
    return fail(`the ${who}' port lets ${other} in, whatever its flags say: restart this member`);
  }
  if (failed !== undefined || !refused.includes(port.other.curl)) {
    throw new NotSeen(
      `whether the ${who}' port refuses ${other}: curl ended with ${(failed ?? port.other).curl}`,
    );
  }
  return pass(
    `--${prefix}client-cert-auth is true, and the ${who}' port, asked now, refuses ${other}`,
  );
}

/** curl's status where a server takes no certificate of its client's: in the handshake, or when it writes or reads on. */
const refused = [35, 55, 56];

const notSet = (names: readonly string[]) =>
  `${list(names.map((name) => `--${name}`))}: not set, as with tls: off`;

/** An URL without TLS asks nobody for a certificate, whatever the flags of TLS say. */
function goesPlain(look: CisLook, { listeners, who }: Side): Judgement | undefined {
  const plain = Object.entries(listeners).flatMap(([name, usual]) =>
    (flag(look, name) ?? usual)
      .split(",")
      .filter((url) => url !== "" && !/^(https|unixs):/.test(url)),
  );
  return plain.length === 0
    ? undefined
    : fail(
        `${who} need neither TLS nor a certificate at ${list(plain)} (tls: off, or plainLoopback)`,
      );
}

export function noAutoTls({ look }: Evidence, { prefix }: Side): Judgement {
  const name = `${prefix}auto-tls`;
  const given = flag(look, name);
  return isTrue(given)
    ? fail(`--${name} is true: members sign certificates of their own, which nobody can check`)
    : pass(given === undefined ? `--${name} is not set` : `--${name}=${given}`);
}

/** True to the letter says little where clients' certificates are of the peers' CA: each client passes for a peer then. */
export function peersAuth(evidence: Evidence): Judgement {
  const byLetter = certificateAuth(evidence, peers);
  if (byLetter.verdict !== "pass") {
    return byLetter;
  }
  const theirs = authorities(evidence, peers);
  const shared = authorities(evidence, clients).filter((one) => has(theirs, one));
  return shared.length > 0
    ? fail(`${byLetter.reason}, but ${subjects(shared)} is the CA of both`)
    : pass(`${byLetter.reason}: peers have a CA of their own, ${subjects(theirs)}`);
}

export function uniqueAuthority(evidence: Evidence): Judgement {
  if (!flag(evidence.look, "trusted-ca-file")) {
    return fail(notSet(["trusted-ca-file"]));
  }
  const trusted = authorities(evidence, clients);
  const strangers = trusted.filter((one) => !has(evidence.own, one));
  const file = certificateFiles(evidence.places.configDirectory).ca;
  return strangers.length > 0
    ? fail(`${file} has ${subjects(strangers)}, which this stack has not made: run pulumi up`)
    : pass(
        `${file} has ${subjects(trusted)} and nothing else, made by this stack for this cluster. What it has signed cannot be seen: a CA keeps no list. Its key is in the stack's state alone, and the program signs this cluster's certificates by it and nothing else`,
      );
}

/** The CAs that etcd was told to trust on one side, by its file. */
function authorities({ look, places }: Evidence, { prefix }: Side): readonly X509Certificate[] {
  const files = certificateFiles(places.configDirectory);
  const file = prefix === "" ? files.ca : files.peerCa;
  const given = flag(look, `${prefix}trusted-ca-file`);
  if (given !== file) {
    throw new NotSeen(`--${prefix}trusted-ca-file is ${given ?? "not set"}, and ${file} was read`);
  }
  const found = look.authorities[`${prefix}ca`];
  if (found.length === 0) {
    throw new NotSeen(`${file} has no certificate that can be read`);
  }
  return found;
}

/** By the key: one that is renewed is the same CA. */
const has = (all: readonly X509Certificate[], one: X509Certificate) =>
  all.some(({ publicKey }) => publicKey.equals(one.publicKey));

const subjects = (all: readonly X509Certificate[]) =>
  list(all.map(({ subject }) => subject.split("\n").join(", ")));
