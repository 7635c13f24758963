import type { MemberUrls } from "../components/etcd/health";

/** Above 2^63, and of more digits than a JavaScript number holds. */
export const memberIds = ["18297523872340612345", "4200000000000000001", "4200000000000000003"];

export interface ReportChanges {
  /** The index of a member that does not answer. */
  readonly down?: number;
  /** The index of a member without space. */
  readonly alarm?: number;
  /** Whom each member takes for the leader. */
  readonly leaders?: string[];
  /** The peer URLs that are members. */
  readonly listed?: string[];
  /** What is written of snapshots, by the last part of its key. */
  readonly snapshots?: Readonly<Record<string, object>>;
  /** The time by the machine's clock, in seconds since 1970. */
  readonly now?: number;
}

/** What health.sh prints for up to three members, as etcdctl 3.7.3 writes it. */
export function healthReport(members: readonly MemberUrls[], changes: ReportChanges = {}): string {
  const read = members.map(
    ({ clientUrl }, index) =>
      `{"endpoint":"${clientUrl}","health":${index !== changes.down && changes.alarm === undefined},"took":"1.687897ms"${errorOf(index, changes)}}`,
  );
  const status = members.flatMap(({ clientUrl }, index) =>
    index === changes.down
      ? []
      : `{"Endpoint":"${clientUrl}","Status":{"header":{"cluster_id":1,"member_id":${memberIds[index]},"revision":1,"raft_term":2},"version":"3.7.3","dbSize":20480,"dbSizeInUse":16384,"leader":${changes.leaders?.[index] ?? memberIds[0]},"raftIndex":8}}`,
  );
  const alarms =
    changes.alarm === undefined
      ? ""
      : `,"alarms":[{"memberID":${memberIds[changes.alarm]},"alarm":1}]`;
  const listed = (changes.listed ?? members.map((member) => member.peerUrl)).map(
    (url, index) => `{"ID":${memberIds[index] ?? "99"},"name":"m${index}","peerURLs":["${url}"]}`,
  );
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const kvs = Object.entries(changes.snapshots ?? {}).map(([name, value]) => ({
    key: base64(`etcd-by-pulumi/snapshot/${name}`),
    value: base64(JSON.stringify(value)),
  }));
  const snapshots = `{"header":{},"kvs":${JSON.stringify(kvs)},"count":${kvs.length}}`;
  return `{"health":[${read.join(",")}],"status":[${status.join(",")}],"alarms":{"header":{}${alarms}},"members":{"members":[${listed.join(",")}]},"snapshots":${snapshots},"now":${changes.now ?? 0}}\n`;
}

/** etcdctl calls all members unhealthy while one has an alarm. */
function errorOf(index: number, { down, alarm }: ReportChanges): string {
  if (index === down) {
    return ',"error":"context deadline exceeded"';
  }
  return alarm === undefined ? "" : ',"error":"Active Alarm(s): NOSPACE "';
}
