import { describe, expect, it } from "vitest";
import { readHealth } from "../../../components/etcd/health";
import { planMembers } from "../../../components/etcd/plan";

const members = planMembers([
  { name: "controller-0", privateIp: "10.0.1.10" },
  { name: "controller-1", privateIp: "10.0.1.11" },
  { name: "controller-2", privateIp: "10.0.1.12" },
]);
/** Above 2^63 and of more digits than a JavaScript number holds. */
const ids = ["18297523872340612345", "4200000000000000001", "4200000000000000003"];
const [leader] = ids;

/** What health.sh prints for three members, as etcdctl 3.7.3 writes it. */
function report(
  changes: { down?: number; alarm?: number; leaders?: string[]; listed?: string[] } = {},
): string {
  const read = members.map(
    ({ clientUrl }, index) =>
      `{"endpoint":"${clientUrl}","health":${index !== changes.down},"took":"1.687897ms"}`,
  );
  const status = members.flatMap(({ clientUrl }, index) =>
    index === changes.down
      ? []
      : `{"Endpoint":"${clientUrl}","Status":{"header":{"cluster_id":1,"member_id":${ids[index]},"revision":1,"raft_term":2},"version":"3.7.3","dbSize":20480,"leader":${changes.leaders?.[index] ?? leader},"raftIndex":8}}`,
  );
  const alarms =
    changes.alarm === undefined ? "" : `,"alarms":[{"memberID":${ids[changes.alarm]},"alarm":1}]`;
  const listed = (changes.listed ?? members.map((member) => member.peerUrl)).map(
    (url, index) => `{"ID":${ids[index] ?? "99"},"name":"m${index}","peerURLs":["${url}"]}`,
  );
  return `{"health":[${read.join(",")}],"status":[${status.join(",")}],"alarms":{"header":{}${alarms}},"members":{"members":[${listed.join(",")}]}}\n`;
}

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
      alarms: [],
    });
  });

  it("has ids to the last bit, as etcdctl prints them", () => {
    const expected = ids.map((id) => BigInt(id).toString(16));
    expect(health.members.map((member) => member.id)).toEqual(expected);
  });
});

describe("an unhealthy one says why", () => {
  it.each<[string, Parameters<typeof report>[0], string]>([
    ["a member that is down", { down: 2 }, "controller-2 does not serve reads"],
    ["an alarm", { alarm: 1 }, "controller-1 raised NOSPACE"],
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

  it("nobody answers", () => {
    const health = readHealth(
      '{"health":null,"status":null,"alarms":null,"members":null}',
      members,
    );
    expect(health.healthy).toBe(false);
    expect(health.members.every((member) => member.version === null)).toBe(true);
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
