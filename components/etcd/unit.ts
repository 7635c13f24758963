import { createHash } from "node:crypto";
import { MemberPlan } from "./plan";

export interface UnitSettings {
  readonly version: string;
  /** The folder of the binaries to run. */
  readonly binaries: string;
  readonly clusterName: string;
  readonly flags: readonly string[];
  /** The generations of the CAs in its CA file; empty without TLS. */
  readonly certificateAuthorities: readonly number[];
}

/**
 * The systemd unit of a member, but for its digest.
 *
 * The two assertions are a guard: etcd takes an empty data directory for the first start of a new
 * cluster, and a member whose disk was lost must never do that.
 */
export function unitText(member: MemberPlan, settings: UnitSettings): string {
  const command = [`${settings.binaries}/etcd`, ...settings.flags, "$FIRST_START_FLAGS"].join(
    " \\\n  ",
  );
  return `# Written by Pulumi for etcd ${settings.version}: changes made here are undone by the next pulumi up.
[Unit]
Description=etcd member ${member.name} of cluster ${settings.clusterName}
Documentation=https://etcd.io/docs/
Wants=network-online.target
After=network-online.target
RequiresMountsFor=${member.dataDirectory}
AssertPathExists=|${member.dataDirectory}/member
AssertPathExists=|${member.firstStartFile}
StartLimitIntervalSec=0

[Service]
Environment=TRUSTED_CAS=${[...settings.certificateAuthorities].sort((one, other) => one - other).join(",")}
Type=notify
User=etcd
Group=etcd
EnvironmentFile=-${member.firstStartFile}
WorkingDirectory=${member.dataDirectory}
ExecStart=${command}
Restart=always
RestartSec=2
# Ready means a quorum, which other members decide: no reason to kill this one.
TimeoutStartSec=infinity
TimeoutStopSec=60
LimitNOFILE=65536
# A core dump would hold keys and data.
LimitCORE=0
OOMScoreAdjust=-900
IOSchedulingClass=best-effort
IOSchedulingPriority=0
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=${member.dataDirectory}
ProtectHome=yes
ProtectProc=invisible
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
# What a cloud's machine may do there is not etcd's.
IPAddressDeny=169.254.169.254/32 fd00:ec2::254/128
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
`;
}

/** etcd's flags as a unit has them, `--name=value` each. */
export function flagsOfUnit(unit: string): string[] {
  return [...unit.matchAll(/^ *(--\S+)(?: \\)?$/gm)].map(([, flag]) => flag!);
}

/**
 * The unit as it goes to the machine: with the id of its cluster, and a digest of all that a restart would
 * change. A running etcd still has those that it was started with, so that whoever looks can tell whose it
 * is, and whether what runs is what is asked for.
 */
export function placedUnit(unit: string, { clusterId, trustedPem }: UnitContext) {
  const owned = unit.replace("[Service]\n", `[Service]\nEnvironment=CLUSTER_ID=${clusterId}\n`);
  const digest = createHash("sha256").update(owned).update(trustedPem).digest("hex");
  return {
    digest,
    text: owned.replace("[Service]\n", `[Service]\nEnvironment=UNIT_DIGEST=${digest}\n`),
  };
}

/** What of a unit is known only when the cluster has its id and its CAs. */
export interface UnitContext {
  readonly clusterId: string;
  /** All certificates of CAs that it trusts. etcd reads them only when it starts: others mean another start. */
  readonly trustedPem: string;
}
