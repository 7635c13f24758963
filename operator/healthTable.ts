import Table from "cli-table3";
import type { CertificatesHealth } from "../components/etcd/certificates";
import type { ClusterHealth, MemberHealth } from "../components/etcd/health";
import { mebibytes } from "../components/etcd/mebibytes";
import { duration, type SnapshotHealth } from "../components/etcd/snapshots/health";

/** The health of a cluster as a table and its verdict, for people. */
export function healthTable(health: ClusterHealth): string {
  const table = new Table({
    head: [
      ...["member", "endpoint", "healthy", "latency", "version", "leader"],
      ...["size (in use)", "alarms"],
    ],
    style: { head: [], border: [] },
  });
  table.push(...health.members.map(row));
  return [
    table.toString(),
    snapshotLine(health.snapshots),
    `${health.healthy ? "healthy" : "NOT HEALTHY"}: ${health.verdict}`,
  ].join("\n");
}

/** When certificates end, the first of them; nothing without TLS. */
export function certificateLines({ certificates, warning }: CertificatesHealth): string[] {
  const [first] = certificates;
  return [
    ...(first === undefined
      ? []
      : [
          `certificates: the first ends on ${first.ends.slice(0, 10)}, in ${first.daysLeft} days (${first.member}'s ${first.file})`,
        ]),
    ...(warning === "" ? [] : [`WARNING: ${warning}`]),
  ];
}

function snapshotLine({ last, warning }: SnapshotHealth): string {
  const found =
    last === undefined
      ? "no snapshot yet"
      : `last snapshot: ${duration(last.ageSeconds)} ago, ${mebibytes(last.sizeBytes)}, revision ${last.revision}, ${last.where}`;
  return warning === "" ? found : `${found}\nWARNING: ${warning}`;
}

function row(member: MemberHealth): string[] {
  return [
    member.name,
    member.endpoint,
    member.healthy ? "yes" : "no",
    member.latencyMs === undefined ? "–" : `${member.latencyMs.toFixed(1)} ms`,
    member.version ?? "–",
    member.leader ? "leader" : "",
    databaseSize(member),
    member.alarms.join(", "),
  ];
}

function databaseSize({ dbSizeBytes: size, dbSizeInUseBytes: inUse }: MemberHealth): string {
  return size === undefined
    ? "–"
    : `${mebibytes(size)} (${inUse === undefined ? "–" : mebibytes(inUse)})`;
}
