import { textOf, word } from "./strangers";

/** What etcdctl says in JSON, understood: for the health of a cluster, and for what a change of it rests on. */

/**
 * What is told only after the read has succeeded: etcd looks at rights after the linearizable part of it
 * (api/v3rpc/rpctypes/error.go), and etcdctl asks for alarms, with which it calls every member unhealthy, at the end.
 */
const hasRead =
  /^Active Alarm\(s\)|^Unable to fetch the alarm list|etcdserver: (?:permission denied|user name is empty|user name not found|authentication failed|invalid auth token|revision of auth store is old)/;

/** Whether a member has answered a linearizable read, by its entry in `endpoint health`: access control is no outage. */
export function hasServed(entry: Readonly<Record<string, unknown>> | undefined): boolean {
  return entry?.["health"] === true || hasRead.test(textOf(entry?.["error"]));
}

/** etcd's AlarmType (api/etcdserverpb/rpc.proto). */
const alarmNames = new Map([
  ["1", "NOSPACE"],
  ["2", "CORRUPT"],
]);

/** An alarm by its name, by its entry in `alarm list`. */
export function alarmName(entry: Readonly<Record<string, unknown>>): string {
  const alarm = textOf(entry["alarm"]);
  return alarmNames.get(alarm) ?? `alarm ${word(alarm)}`;
}
