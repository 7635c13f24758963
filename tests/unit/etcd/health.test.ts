import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHealth } from "../../../components/etcd/health";
import { planMembers } from "../../../components/etcd/plan";
import { healthReport, memberIds, type ReportChanges } from "../../healthReport";
import {
  hostile,
  hostileText,
  id,
  many,
  printed,
  record,
  some,
  unprintable,
} from "./hostileDocuments";
import { cases } from "./rollout/seed";

const members = planMembers(
  [
    { name: "controller-0", address: "10.0.1.10" },
    { name: "controller-1", address: "10.0.1.11" },
    { name: "controller-2", address: "10.0.1.12" },
  ],
  { tls: true },
);
const ids = memberIds;
const report = (changes: ReportChanges = {}) => healthReport(members, changes);

describe("a healthy cluster", () => {
  const health = readHealth(report(), members);

  it("is healthy", () => {
    expect(health).toMatchObject({ healthy: true, verdict: "all 3 members are healthy" });
  });

  it("tells of each member", () => {
    expect(health.members[0]).toEqual({
      name: "controller-0",
      endpoint: "https://10.0.1.10:2379",
      healthy: true,
      latencyMs: 1.688,
      version: "3.7.3",
      id: "fdeddd04781794f9",
      leader: true,
      dbSizeBytes: 20480,
      dbSizeInUseBytes: 16384,
      alarms: [],
    });
  });

  it("has ids to the last bit, as etcdctl prints them", () => {
    const expected = ids.map((id) => BigInt(id).toString(16));
    expect(health.members.map((member) => member.id)).toEqual(expected);
  });
});

describe("an unhealthy one says why", () => {
  it.each<[string, ReportChanges, string]>([
    ["a member that is down", { down: 2 }, "controller-2 does not serve reads"],
    [
      "an alarm, with the way out",
      { alarm: 1 },
      "controller-1 raised NOSPACE: a database has reached quotaGiB, and the cluster takes no writes until there is room. The way out: npm run defrag -- --compact",
    ],
    [
      "two that lead",
      { leaders: [ids[0]!, ids[1]!, ids[0]!] },
      "2 members say that they lead, expected 1",
    ],
    ["nobody who leads", { leaders: ["0", "0", "0"] }, "0 members say that they lead, expected 1"],
    [
      "a member that is not in the stack",
      { listed: [...members.map((m) => m.peerUrl), "https://10.0.1.99:2380"] },
      "m3 is a member and not in this stack",
    ],
    [
      "a member that the cluster does not know",
      { listed: members.slice(0, 2).map((m) => m.peerUrl) },
      "controller-2 is not a member",
    ],
  ])("%s", (_, changes, expected) => {
    expect(readHealth(report(changes), members)).toMatchObject({
      healthy: false,
      verdict: expected,
    });
  });

  it("but serves reads while an alarm is raised, which may be tolerated", () => {
    const health = readHealth(report({ alarm: 1 }), members, ["NOSPACE"]);
    expect(health).toMatchObject({ healthy: true, verdict: "all 3 members are healthy" });
    expect(health.members.map((member) => member.alarms)).toEqual([[], ["NOSPACE"], []]);
    expect(readHealth(report({ alarm: 1 }), members, ["CORRUPT"]).healthy).toBe(false);
  });

  it("nobody answers", () => {
    const health = readHealth(
      '{"health":null,"status":null,"alarms":null,"members":null}',
      members,
    );
    expect(health.healthy).toBe(false);
    expect(health.members.every((member) => member.version === undefined)).toBe(true);
  });
});

it.each([
  ["912µs", 0.912],
  ["1.2s", 1200],
  ["15ns", 0],
])("%s is %d ms", (took, expected) => {
  const text = report().replace("1.687897ms", took);
  expect(readHealth(text, members).members[0]!.latencyMs).toBe(expected);
});

it("that one may not read is an answer: access control is no outage", () => {
  const member = {
    name: "a",
    clientUrl: "https://10.0.1.10:2379",
    peerUrl: "https://10.0.1.10:2380",
  };
  const answer = (error: string) =>
    readHealth(
      JSON.stringify({
        health: [{ endpoint: member.clientUrl, health: false, error }],
        status: null,
        alarms: null,
        members: null,
        snapshots: null,
        now: 1,
      }),
      [member],
    ).members[0]!.healthy;
  expect(answer("etcdserver: user name is empty")).toBe(true);
  expect(answer("etcdserver: permission denied")).toBe(true);
  expect(answer("etcdserver: authentication failed, invalid user ID or password")).toBe(true);
  expect(answer("Unable to fetch the alarm list")).toBe(true);
  expect(answer("context deadline exceeded")).toBe(false);
});

describe("alarms", () => {
  const [member] = members as [(typeof members)[number]];
  const said = (alarms: unknown) =>
    readHealth(
      JSON.stringify({
        health: [{ endpoint: member.clientUrl, health: true, took: "1ms" }],
        status: [
          {
            Endpoint: member.clientUrl,
            Status: { header: { member_id: 1 }, leader: 1, version: "3.7.3" },
          },
        ],
        alarms,
        members: { members: [{ ID: 1, name: member.name, peerURLs: [member.peerUrl] }] },
        snapshots: null,
        now: 1,
      }),
      [member],
    );

  it("that there are none is said, and not taken for true where nobody could ask", () => {
    expect(said({ alarms: [] }).healthy).toBe(true);
    expect(said(null)).toMatchObject({
      healthy: false,
      verdict: "whether an alarm is raised could not be asked for",
    });
  });

  it("of whom nobody knows counts, too: it stays raised when its member has left", () => {
    expect(said({ alarms: [{ memberID: 77, alarm: 1 }] })).toMatchObject({
      healthy: false,
      verdict: expect.stringMatching(/^the member 4d raised NOSPACE/) as string,
    });
  });
});

describe("a machine that was taken over", () => {
  const [{ clientUrl, peerUrl }] = members as [(typeof members)[number]];
  const base64 = (value: unknown) => Buffer.from(printed(value)).toString("base64");
  const snapshot = record({
    time: some(1),
    revision: some(2),
    bytes: some(3),
    where: some("s3://b/k"),
    minutes: some(60),
    member: some("controller-0"),
    reason: hostileText,
  });
  const kv = (name: string) =>
    record({
      key: some(base64Of(`etcd-by-pulumi/snapshot/${name}`)),
      value: fc.oneof(snapshot.map(base64), hostile),
    });
  const documents = record({
    health: many(
      record({
        endpoint: some(clientUrl),
        health: some(true),
        took: fc.oneof(some("1.2ms"), fc.constantFrom("1.2.3ms", `${"9".repeat(400)}s`)),
        error: hostileText,
      }),
    ),
    status: many(
      record({
        Endpoint: some(clientUrl),
        Status: record({
          header: record({ member_id: id }),
          version: some("3.7.3"),
          leader: id,
          dbSize: id,
          dbSizeInUse: id,
        }),
      }),
    ),
    alarms: record({ alarms: many(record({ memberID: id, alarm: some(1) })) }),
    members: record({
      members: many(record({ ID: id, name: some("m0"), peerURLs: many(some(peerUrl)) })),
    }),
    snapshots: record({ kvs: many(fc.oneof(kv("taken"), kv("failed"))) }),
    now: some(100),
  }).map(printed);

  it("tells nothing that a terminal could fall for, and no number that is none", () => {
    fc.assert(
      fc.property(fc.oneof(documents, hostileText, fc.json()), (text) => {
        let health;
        try {
          health = readHealth(text, members);
        } catch (error) {
          expect((error as Error).message).toMatch(/^its answer (is no JSON|has \d+ characters)/);
          return;
        }
        expect(unprintable(health)).toEqual([]);
        expect(health.members.map(({ name }) => name)).toEqual(members.map(({ name }) => name));
        for (const { latencyMs, dbSizeBytes, dbSizeInUseBytes } of health.members) {
          for (const number of [latencyMs, dbSizeBytes, dbSizeInUseBytes]) {
            expect(number === undefined || Number.isFinite(number)).toBe(true);
          }
        }
      }),
      cases(1000),
    );
  });

  it("does not answer for ever", () => {
    expect(() => readHealth(" ".repeat(2 * 1024 * 1024), members)).toThrow(
      "its answer has 2097152 characters, expected at most 1048576",
    );
  });
});

function base64Of(text: string): string {
  return Buffer.from(text).toString("base64");
}
