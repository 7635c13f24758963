import Table from "cli-table3";
import { certificateFiles, type CertificatesHealth } from "../components/etcd/certificates";
import { diskUses, type DisksHealth, shown } from "../components/etcd/disks";
import type { ClusterHealth, MemberHealth } from "../components/etcd/health";
import { mebibytes } from "../components/etcd/mebibytes";
import { versionWarning } from "../components/etcd/versions";
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

/** When certificates end: the first of them, and how many days each has left; nothing without TLS. */
export function certificateLines({ certificates, warning }: CertificatesHealth): string[] {
  const [first] = certificates;
  return [
    ...(first === undefined
      ? []
      : [
          `certificates: the first ends on ${first.ends.slice(0, 10)}, in ${first.daysLeft} days (${first.member}'s ${first.file})`,
          certificateTable(certificates),
        ]),
    ...(warning === "" ? [] : [`WARNING: ${warning}`]),
  ];
}

/** A row for each machine; of a CA that is being changed a file has two. */
function certificateTable(certificates: CertificatesHealth["certificates"]): string {
  const table = new Table({
    head: ["days left", ...certificateFiles],
    style: { head: [], border: [] },
  });
  const members = [...new Set(certificates.map(({ member }) => member))].sort();
  const daysLeft = (member: string, file: string) =>
    certificates
      .filter((one) => one.member === member && one.file === file)
      .map((one) => one.daysLeft)
      .join(", ") || "–";
  table.push(
    ...members.map((member) => [member, ...certificateFiles.map((file) => daysLeft(member, file))]),
  );
  return table.toString();
}

/** What is free of each disk; nothing where no machine has told. */
export function diskLines({ disks, warning }: DisksHealth): string[] {
  const table = new Table({
    head: ["free on disk", ...diskUses],
    style: { head: [], border: [] },
  });
  const members = [...new Set(disks.map(({ member }) => member))].sort();
  const free = (member: string, use: string) => {
    const disk = disks.find((one) => one.member === member && one.use === use);
    return disk === undefined ? "–" : `${shown(disk.freeMiB)} of ${shown(disk.sizeMiB)}`;
  };
  table.push(...members.map((member) => [member, ...diskUses.map((use) => free(member, use))]));
  return [
    ...(members.length === 0 ? [] : [table.toString()]),
    ...(warning === "" ? [] : [`WARNING: ${warning}`]),
  ];
}

/** What members run that has known holes, or gets no fixes any more. */
export function versionLines({ members }: ClusterHealth): string[] {
  const running = [...new Set(members.flatMap(({ version }) => version ?? []))].sort();
  return running.flatMap((version) => {
    const warning = versionWarning(version);
    return warning === undefined ? [] : `WARNING: etcd ${warning}`;
  });
}

/**
 * 0: all is well; 1: the cluster is not healthy; 2: only its snapshots, certificates or disks are not as they should be,
 * or its version.
 */
export function exitStatus(
  health: ClusterHealth,
  certificates: CertificatesHealth,
  disks: DisksHealth,
): 0 | 1 | 2 {
  if (!health.healthy) {
    return 1;
  }
  const warnings = [health.snapshots, certificates, disks].map(({ warning }) => warning);
  return warnings.every((warning) => warning === "") && versionLines(health).length === 0 ? 0 : 2;
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
