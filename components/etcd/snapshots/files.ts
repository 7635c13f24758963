import * as pulumi from "@pulumi/pulumi";
import type { MemberPlan } from "../plan";
import { type Bundle, installedScript } from "../scripts";
import type { S3Access, SnapshotPlan } from "./plan";

/** What the files of a member's machine follow from. */
export interface SnapshotContext {
  readonly clusterName: string;
  readonly clusterId: pulumi.Input<string>;
  readonly version: string;
  /** The folder of etcdctl and etcdutl. */
  readonly binaries: string;
}

/** Where the settings for snapshots are on a member's machine. */
export function snapshotSettingsFile(configDirectory: string): string {
  return `${configDirectory}/snapshot/settings`;
}

/**
 * Everything that a member's machine needs to take snapshots: the script, its settings, the keys to the
 * store, and a systemd timer with its service.
 */
export function snapshotFiles(
  member: pulumi.Input<MemberPlan>,
  plan: SnapshotPlan,
  context: SnapshotContext,
): pulumi.Output<Bundle> {
  const { region } = plan.s3;
  // None lie where nothing is uploaded.
  const keys = plan.bucket === undefined ? undefined : plan.s3.keys;
  return pulumi
    .all([member, plan.bucket ?? "", region, context.clusterId, credentialsText(keys)])
    .apply(([planned, bucketName, regionName, clusterId, credentials]): Bundle => ({
      "snapshot-settings": settingsText(planned, plan, {
        ...context,
        clusterId,
        bucket: bucketName,
        region: regionName,
        hasKeys: keys !== undefined,
      }),
      "snapshot-credentials": credentials,
      "snapshot-run.sh": installedScript("snapshot"),
      "snapshot.service": serviceText(planned, plan),
      "snapshot.timer": timerText(planned, plan),
    }));
}

/** A file of `access key:secret key`, as curl takes them; empty where a role gives access. */
export function credentialsText(keys: S3Access["keys"]): pulumi.Output<string> {
  return keys === undefined ? pulumi.output("") : pulumi.interpolate`${keys.id}:${keys.secret}\n`;
}

function settingsText(
  member: MemberPlan,
  plan: SnapshotPlan,
  context: SnapshotContext & {
    readonly clusterId: string;
    readonly bucket: string;
    readonly region: string;
    readonly hasKeys: boolean;
  },
): string {
  const values = {
    version: context.version,
    cluster: context.clusterId,
    cluster_name: context.clusterName,
    service: member.service,
    binaries: context.binaries,
    config: member.configDirectory,
    data: member.dataDirectory,
    tls: member.tls,
    client_url: member.clientUrl,
    peer_url: member.peerUrl,
    directory: plan.directory,
    minutes: plan.minutes,
    keep: plan.keep,
    keep_days: plan.keepDays,
    bucket: context.bucket,
    // Two clusters of one name share no snapshot.
    prefix: `${context.clusterName}/${context.clusterId}/`,
    endpoint: plan.s3.endpoint,
    region: context.region,
    keys_file: context.hasKeys ? `${member.configDirectory}/snapshot/credentials` : "",
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

function serviceText(member: MemberPlan, plan: SnapshotPlan): string {
  const folder = `${member.configDirectory}/snapshot`;
  return `# Written by Pulumi: changes made here are undone by the next pulumi up.
[Unit]
Description=Snapshot of etcd, where member ${member.name} leads and the last one is old enough
After=${member.service}.service
RequiresMountsFor=${plan.directory}

[Service]
Type=oneshot
# Outside the confinement below: what may be written to has to be there.
ExecStartPre=+/usr/bin/install -d -m 0700 ${plan.directory}
ExecStart=/bin/bash ${folder}/run.sh settings=${folder}/settings when=due
TimeoutStartSec=2h
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
# The data directory, which says whose it is, is etcd's alone.
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
ProtectSystem=strict
ReadWritePaths=-${plan.directory}
# Where its lock is; shared with other scripts, so it stays.
RuntimeDirectory=etcd-by-pulumi
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
# Not more: snapshots may lie there.
ProtectHome=read-only
ProtectProc=invisible
ProcSubset=pid
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
`;
}

/**
 * Looks four times as often as a snapshot is due, so that a leader that has changed, or a snapshot that
 * failed, delays the next one by a quarter of the interval at most.
 */
function timerText(member: MemberPlan, { minutes }: SnapshotPlan): string {
  const seconds = Math.max(60, (minutes * 60) / 4);
  return `# Written by Pulumi: changes made here are undone by the next pulumi up.
[Unit]
Description=Snapshots of etcd member ${member.name}

[Timer]
OnActiveSec=60
OnUnitActiveSec=${seconds}
RandomizedDelaySec=10
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
}
