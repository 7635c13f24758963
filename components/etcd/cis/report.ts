import { X509Certificate } from "node:crypto";
import { pemsIn } from "../certificates";
import { withoutControls } from "../strangers";
import {
  dataOwnership,
  dataPermissions,
  pkiOwnership,
  pkiPermissions,
  unitOwnership,
  unitPermissions,
} from "./files";
import { type Evidence, type Judgement, NotSeen, type Places, type Verdict } from "./judgement";
import type { CisLook } from "./look";
import {
  certificate,
  certificateAuth,
  clients,
  noAutoTls,
  peers,
  peersAuth,
  uniqueAuthority,
} from "./tls";

/** What of 1.10 and 1.11 concerns etcd has the same text (kube-bench: cfg/cis-1.12, etcd.yaml and master.yaml). */
const benchmark = "CIS Kubernetes Benchmark 1.12";

/** Its items on etcd, and what each wants to be ensured. */
const items: readonly (readonly [
  id: string,
  title: string,
  judge: (evidence: Evidence) => Judgement,
])[] = [
  ["1.1.7", "etcd pod specification file permissions are 600 or more restrictive", unitPermissions],
  ["1.1.8", "etcd pod specification file ownership is root:root", unitOwnership],
  ["1.1.11", "etcd data directory permissions are 700 or more restrictive", dataPermissions],
  ["1.1.12", "etcd data directory ownership is etcd:etcd", dataOwnership],
  ["1.1.19", "PKI directory and file ownership is root:root", pkiOwnership],
  [
    "1.1.20",
    "PKI certificate file permissions are 600 or more restrictive",
    (evidence) => pkiPermissions(evidence, "certificates"),
  ],
  ["1.1.21", "PKI key file permissions are 600", (evidence) => pkiPermissions(evidence, "keys")],
  [
    "2.1",
    "--cert-file and --key-file are set as appropriate",
    (evidence) => certificate(evidence, clients),
  ],
  ["2.2", "--client-cert-auth is true", (evidence) => certificateAuth(evidence, clients)],
  ["2.3", "--auto-tls is not true", (evidence) => noAutoTls(evidence, clients)],
  [
    "2.4",
    "--peer-cert-file and --peer-key-file are set as appropriate",
    (evidence) => certificate(evidence, peers),
  ],
  ["2.5", "--peer-client-cert-auth is true", peersAuth],
  ["2.6", "--peer-auto-tls is not true", (evidence) => noAutoTls(evidence, peers)],
  ["2.7", "a unique certificate authority is used for etcd", uniqueAuthority],
];

export interface CisItem extends Judgement {
  /** Its number in the benchmark. */
  readonly id: string;
  readonly title: string;
}

export interface CisReport {
  readonly benchmark: string;
  /** Whether each item passes on each member, or does not apply. */
  readonly passed: boolean;
  readonly members: readonly { readonly name: string; readonly items: readonly CisItem[] }[];
}

/** A member's machine as it was seen, or why it was not. */
export type LookedAt = Places & ({ readonly look: CisLook } | { readonly problem: string });

/**
 * Each item's verdict on each member.
 * @param caCertPem the CAs that the stack has made for clients and servers; "" without TLS
 */
export function cisReport(looks: readonly LookedAt[], caCertPem: string): CisReport {
  const own = pemsIn(caCertPem).map((pem) => new X509Certificate(pem));
  const members = looks.map((member) => ({
    name: member.name,
    items: items.map(([id, title, judge]) => {
      const { verdict, reason } = judged(member, (look) => judge({ look, places: member, own }));
      // Paths and flags are a machine's own words.
      return { id, title, verdict, reason: withoutControls(reason).slice(0, 1000) };
    }),
  }));
  const verdicts = members.flatMap((member) => member.items.map(({ verdict }) => verdict));
  return { benchmark, passed: verdicts.every((verdict) => passing.includes(verdict)), members };
}

const passing: readonly Verdict[] = ["pass", "not applicable"];

function judged(member: LookedAt, judge: (look: CisLook) => Judgement): Judgement {
  try {
    if ("problem" in member) {
      throw new NotSeen(member.problem);
    }
    return judge(member.look);
  } catch (error) {
    if (error instanceof NotSeen) {
      return { verdict: "not seen", reason: error.message };
    }
    throw error;
  }
}
