import * as semver from "semver";
import { compactionFlags } from "./compaction";
import { featureGatesFlag } from "./featureGates";
import { certificateFiles } from "./files";
import { hasFlag } from "./knownFlags";
import { MemberPlan } from "./plan";

/** What of the settings ends up in etcd's flags. */
export interface FlagSettings {
  readonly version: string;
  readonly quotaGiB: number;
  /** Whether clients on the machine itself may go without TLS. */
  readonly plainLoopback: boolean;
  /** How much history is kept: `1h`, a number of revisions, or `0` for all of it. */
  readonly compactionRetention: string;
  /** Time between a leader's heartbeats, in milliseconds. */
  readonly heartbeatIntervalMs: number;
  /** How long a member waits for a leader before it stands for election, in milliseconds. */
  readonly electionTimeoutMs: number;
  /** Further flags of this version, named without dashes. */
  readonly extraFlags: Readonly<Record<string, string>>;
}

/**
 * etcd's command line for one member, one `--flag=value` an entry.
 *
 * Flags and not variables: an unknown flag stops etcd at once, an unknown `ETCD_*` variable is
 * only a warning in its log. What is needed for a member's first start alone is not here
 * (`firstStartFlags`), so that a change of the membership restarts nobody.
 *
 * Source: the flag lists of etcd 3.4.45, 3.5.33, 3.6.14 and 3.7.1.
 */
export function memberFlags(member: MemberPlan, settings: FlagSettings): string[] {
  return [
    `--name=${member.name}`,
    `--data-dir=${member.dataDirectory}`,
    `--listen-peer-urls=${member.peerUrl}`,
    `--initial-advertise-peer-urls=${member.peerUrl}`,
    `--listen-client-urls=${clientListeners(member, settings).join(",")}`,
    `--advertise-client-urls=${member.clientUrl}`,
    `--listen-metrics-urls=http://127.0.0.1:${member.ports.metrics}`,
    ...(member.tls ? [...tlsFlags(member), ...protocolFlags(settings)] : []),
    `--heartbeat-interval=${settings.heartbeatIntervalMs}`,
    `--election-timeout=${settings.electionTimeoutMs}`,
    `--quota-backend-bytes=${settings.quotaGiB * 1024 ** 3}`,
    ...compactionFlags(settings.compactionRetention),
    ...corruptionCheckFlags(settings),
    ...olderDefaults(settings.version),
    ...furtherFlags(settings.extraFlags),
  ];
}

/** Its address, and loopback where that is another one: clients on the machine need no address. */
function clientListeners(member: MemberPlan, { plainLoopback }: FlagSettings): string[] {
  if (["localhost", "127.0.0.1"].includes(member.address)) {
    return [member.clientUrl];
  }
  const scheme = member.tls && !plainLoopback ? "https" : "http";
  return [member.clientUrl, `${scheme}://127.0.0.1:${member.ports.client}`];
}

function tlsFlags(member: MemberPlan): string[] {
  const files = certificateFiles(member.configDirectory);
  return [
    `--trusted-ca-file=${files.ca}`,
    `--cert-file=${files.serverCert}`,
    `--key-file=${files.serverKey}`,
    "--client-cert-auth",
    `--client-crl-file=${files.revoked}`,
    `--peer-trusted-ca-file=${files.peerCa}`,
    `--peer-cert-file=${files.peerCert}`,
    `--peer-key-file=${files.peerKey}`,
    "--peer-client-cert-auth",
  ];
}

/**
 * The suites of TLS 1.2 with authenticated encryption that keys such as a member's have; by itself etcd takes those
 * with CBC and SHA-1, too. By the names of 3.4, which later versions know as well (etcd, `tlsutil/cipher_suites.go`).
 */
const cipherSuites = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
];

/** TLS 1.2 at least, where the version can be told so. With 1.3 at least etcd starts with no list of suites. */
function protocolFlags({ version, extraFlags }: FlagSettings): string[] {
  const { "tls-min-version": least, "cipher-suites": own } = extraFlags;
  if (least !== undefined) {
    return [];
  }
  return [
    ...(own === undefined ? [`--cipher-suites=${cipherSuites.join(",")}`] : []),
    ...(hasFlag(version, "tls-min-version") ? ["--tls-min-version=TLS1.2"] : []),
  ];
}

function corruptionCheckFlags({ version, extraFlags }: FlagSettings): string[] {
  if (semver.gte(version, "3.6.0")) {
    return [featureGatesFlag(extraFlags["feature-gates"])];
  }
  const compactHash = semver.gte(version, "3.5.5");
  return [
    "--experimental-initial-corrupt-check",
    ...(compactHash ? ["--experimental-compact-hash-check-enabled"] : []),
  ];
}

/** What later versions do by themselves. */
function olderDefaults(version: string): string[] {
  return semver.lt(version, "3.5.0") ? ["--logger=zap", "--pre-vote"] : [];
}

/** In the order of their names: rearranging them restarts nobody. The gates are in one flag, above. */
function furtherFlags(extraFlags: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(extraFlags).filter((name) => name !== "feature-gates");
  return names.sort().map((name) => `--${name}=${extraFlags[name]}`);
}
