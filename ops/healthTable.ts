import Table from "cli-table3";
import type { ClusterHealth, MemberHealth } from "../components/etcd/health";
import { mebibytes } from "../components/etcd/mebibytes";

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
  return `${table.toString()}\n${health.healthy ? "healthy" : "NOT HEALTHY"}: ${health.verdict}`;
}

function row(member: MemberHealth): string[] {
  return [
    member.name,
    member.endpoint,
    member.healthy ? "yes" : "no",
    member.latencyMs === null ? "–" : `${member.latencyMs.toFixed(1)} ms`,
    member.version ?? "–",
    member.leader ? "leader" : "",
    databaseSize(member),
    member.alarms.join(", "),
  ];
}

function databaseSize({ dbSizeBytes: size, dbSizeInUseBytes: inUse }: MemberHealth): string {
  return size === null ? "–" : `${mebibytes(size)} (${inUse === null ? "–" : mebibytes(inUse)})`;
}
