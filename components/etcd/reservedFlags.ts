/** Flags that are not for a person to add, and why: what is said after a flag's name. */
const reserved: readonly (readonly [names: RegExp, why: string])[] = [
  // What has a setting.
  [
    /^auto-compaction-(mode|retention)$/,
    "has a setting of its own, compactionRetention: set that instead",
  ],
  [/^heartbeat-interval$/, "has a setting of its own, heartbeatIntervalMs: set that instead"],
  [/^election-timeout$/, "has a setting of its own, electionTimeoutMs: set that instead"],
  [/^quota-backend-bytes$/, "has a setting of its own, quotaGiB: set that instead"],
  [
    /^(name|listen-(peer|client|metrics)-urls|(initial-advertise-peer|advertise-client)-urls)$/,
    "follows from the setting machines, or controllers: set that instead",
  ],
  [
    /^((peer-)?(client-)?(cert|key)-file|client-crl-file|(peer-)?(trusted-ca-file|client-cert-auth))$/,
    "follows from the setting tls, with certificates of the stack's CA: leave it out",
  ],
  // What the project does as fits the version.
  [
    /^experimental-(initial-corrupt-check|compact-hash-check-enabled)$/,
    "is turned on in every member already, from 3.6 on by feature-gates: leave it out",
  ],
  [
    /^pre-vote$/,
    "is on in every member, so that one that comes back disturbs nobody: leave it out",
  ],
  [/^logger$/, "is zap in every member, the one that all versions have: leave it out"],
  [
    /^(data|wal)-dir$/,
    "is the project's to choose, which tells by it whether a member has lost its data: leave it out",
  ],
  // What would undo what the project promises.
  [
    /^(initial-cluster(-state|-token)?|discovery(-.+)?)$/,
    "is for a member's first start, where a wrong word makes a second cluster: the project says it, leave it out",
  ],
  [
    /^listen-client-http-urls$/,
    "opens a listener that no firewall and no check of the machines knows of: leave it out",
  ],
  [
    /^(auto-tls|peer-auto-tls|self-signed-cert-validity)$/,
    "is for certificates that nobody can check, which members sign themselves: the setting tls gives them better ones",
  ],
  [
    /^(client-cert-allowed-hostname|peer-cert-allowed-(cn|hostname))$/,
    "can lock members and the health check out, whose certificates the project makes: leave it out",
  ],
  [
    /^(experimental-)?peer-skip-client-san-verification$/,
    "lets a member's certificate be used from any other machine: leave it out",
  ],
  [
    /^strict-reconfig-check$/,
    "is on in every member: without it, a change of the membership can lose the quorum",
  ],
  [/^force-new-cluster$/, "throws all other members out at every start: leave it out"],
  [/^unsafe-no-fsync$/, "loses writes that etcd has acknowledged: leave it out"],
  [/^config-file$/, "makes etcd ignore all other flags: leave it out"],
  // What would not run.
  [/^proxy(-.+)?$/, "is for a proxy, which is not a member: leave it out"],
  [
    /^(experimental-)?memory-mlock$/,
    "needs more locked memory than a member's unit grants, and etcd would fail as its data grows: leave it out",
  ],
  [/^version$/, "makes etcd print its version and end: leave it out"],
];

/** Why a flag is not for a person to add, in words that follow its name; undefined if it is. */
export function reservedReason(name: string): string | undefined {
  return reserved.find(([names]) => names.test(name))?.[1];
}
