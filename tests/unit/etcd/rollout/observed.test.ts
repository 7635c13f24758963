import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planMembers } from "../../../../components/etcd/plan";
import { decide } from "../../../../components/etcd/rollout/decide";
import { readObservation, type SeenMachine } from "../../../../components/etcd/rollout/observed";
import { placedUnit, unitText } from "../../../../components/etcd/unit";
import { authorityName, generationOf } from "../../../../components/pki/generations";
import { certificateOf } from "../certificate";
import {
  hostile,
  hostileText,
  id,
  many,
  printed,
  record,
  some,
  unprintable,
} from "../hostileDocuments";
import { clientUrl, names, own, peerUrl, question } from "./example";
import { cases } from "./seed";

const base64 = (text: string) => Buffer.from(text).toString("base64");

const [member] = planMembers([{ name: "a", address: "10.0.1.10" }], { tls: true });
const flags = ["--name=a", "--initial-advertise-peer-urls=https://10.0.1.10:2380", "--pre-vote"];
const unit = placedUnit(
  unitText(member!, {
    version: "3.7.3",
    binaries: "/opt/etcd/v3.7.3/bin",
    clusterName: "etcd",
    flags,
    certificateAuthorities: [2, 1],
  }),
  { clusterId: own.clusterId, trustedPem: "CA" },
);

/** What etcdctl prints, by the question; "" where it could not ask. */
interface Answers {
  readonly health?: string;
  readonly status?: string;
  readonly members?: string;
  readonly alarms?: string;
  readonly version?: string;
  readonly access?: string;
}

/** What `observe.sh` prints of a machine on which nothing has ever been, but for what is said. */
function document({ answers = {}, ...changes }: Record<string, unknown> & { answers?: Answers }) {
  const all = { health: "", status: "", members: "", alarms: "", version: "", ...answers };
  return {
    format: 1,
    now: 1795544400,
    cluster: { id: "", name: "", stack: "", founded: "", restored: "" },
    dataCluster: "",
    hasData: false,
    restoreWaiting: "",
    unit: "",
    process: {
      pid: 0,
      version: "",
      digest: "",
      cluster: "",
      trusts: null,
      quotaBytes: "",
      restarts: 0,
      state: "inactive",
    },
    certificates: { ca: "", "peer-ca": "", server: "", peer: "", operator: "" },
    freeMiB: 66000,
    doors: {},
    answers: Object.fromEntries(
      Object.entries(all).map(([question, answer]) => [question, base64(answer)]),
    ),
    errors: {},
    ...changes,
  };
}

const read = (changes: Parameters<typeof document>[0]) =>
  readObservation("a", `${JSON.stringify(document(changes))}\n`);

describe("a machine", () => {
  it("on which nothing has ever been has nothing to tell", () => {
    expect(read({})).toEqual({
      name: "a",
      seen: true,
      cluster: { id: "", name: "", stack: "", founded: "", restored: "" },
      dataCluster: "",
      hasData: false,
      restoreWaiting: "",
      process: {
        pid: 0,
        version: "",
        digest: "",
        cluster: "",
        quotaBytes: 0,
        restarts: 0,
        isUp: false,
      },
      certificates: [],
      view: {
        answers: new Map(),
        status: new Map(),
        members: undefined,
        alarms: undefined,
        clusterVersion: undefined,
      },
    });
  });

  it("tells whose it is, what it has and what runs", () => {
    const cluster = {
      id: own.clusterId,
      name: "etcd",
      stack: own.stack,
      founded: "2026-11-24T10:00:00Z",
      restored: "1a2b3c4d",
    };
    const process = {
      pid: 4711,
      version: "3.7.3",
      digest: unit.digest,
      cluster: own.clusterId,
      trusts: "1,2",
      quotaBytes: "8589934592",
      restarts: 2,
      state: "active",
    };
    const seen = read({
      cluster,
      process,
      unit: base64(unit.text),
      hasData: true,
      dataCluster: own.clusterId,
      restoreWaiting: "5e6f7a8b",
    });
    expect(seen).toMatchObject({
      cluster,
      hasData: true,
      dataCluster: own.clusterId,
      restoreWaiting: "5e6f7a8b",
      flags,
      unitVersion: "3.7.3",
      process: {
        pid: 4711,
        version: "3.7.3",
        digest: unit.digest,
        cluster: own.clusterId,
        trusts: [1, 2],
        quotaBytes: 8589934592,
        restarts: 2,
        isUp: true,
      },
    });
  });

  it("on which etcd is on its way, or ends again and again, is not up", () => {
    const process = { pid: 99, restarts: 7, state: "activating" };
    expect(read({ process }).process).toMatchObject({ pid: 99, restarts: 7, isUp: false });
  });

  it("whose process trusts nothing, and one of which nobody knows, are two things", () => {
    expect(read({ process: { trusts: "" } }).process.trusts).toEqual([]);
    expect(read({ process: { trusts: null } }).process).not.toHaveProperty("trusts");
  });

  it("has a certificate with an issuer and an end", () => {
    const server = base64(certificateOf(authorityName("etcd", "clients", 17)));
    const { issuedBy, certificates } = read({ certificates: { server } });
    expect(issuedBy).toBe(17);
    expect(certificates).toMatchObject([{ file: "server", issuedBy: 17 }]);
    expect(Number(certificates[0]!.ends)).toBeGreaterThan(Date.now());
  });

  it("whose certificate is broken can be seen all the same: an update repairs it", () => {
    const server = base64("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
    const seen = read({ certificates: { server } });
    expect(seen).not.toHaveProperty("issuedBy");
    expect(seen.certificates).toEqual([]);
  });

  it.each([1, 2, 17])("a certificate's issuer names its generation: %d", (generation) => {
    for (const realm of ["clients", "peers"] as const) {
      const name = authorityName("etcd", realm, generation);
      expect(generationOf(`O=etcd\nCN=${name}`)).toBe(generation);
    }
  });
});

describe("how the members answer", () => {
  const answer = (entry: string, doors = {}) =>
    read({ answers: { health: `[${entry}]` }, doors }).view.answers.get(clientUrl("a"));
  const entry = (rest: string) => `{"endpoint":"${clientUrl("a")}",${rest}}`;
  const failed = (error: string) => entry(`"health":false,"took":"1ms","error":"${error}"`);

  it.each<[string, string, string]>([
    ["one that serves", entry('"health":true,"took":"1.687897ms"'), "serves"],
    ["one that says nothing in time", failed("context deadline exceeded"), "silent"],
    ["one without a leader", failed("etcdserver: no leader"), "silent"],
    ["a learner", failed("etcdserver: rpc not supported for learner"), "silent"],
    ["one with an alarm", failed("Active Alarm(s): NOSPACE "), "serves"],
    ["one whose alarms nobody may ask for", failed("Unable to fetch the alarm list"), "serves"],
    // B8: with access control on, who may not read is answered after the linearizable part.
    ["one without a user", failed("etcdserver: user name is empty"), "serves"],
    ["one whose user is not there", failed("etcdserver: user name not found"), "serves"],
    ["one whose user may not", failed("etcdserver: permission denied"), "serves"],
    ["one with another token", failed("etcdserver: invalid auth token"), "serves"],
    [
      "one with another password",
      failed("etcdserver: authentication failed, invalid user ID or password"),
      "serves",
    ],
    [
      "one whose rights are changing",
      failed("etcdserver: revision of auth store is old"),
      "serves",
    ],
  ])("%s", (_, said, expected) => expect(answer(said)).toBe(expected));

  it.each([
    ["refused", "refused"],
    ["silent", "silent"],
    ["open", "silent"],
    ["whatever", "silent"],
  ])("a door that is %s, and no health, is %s", (door, expected) => {
    const seen = read({ doors: { [clientUrl("a")]: door } });
    expect(seen.view.answers.get(clientUrl("a"))).toBe(expected);
  });

  it("who serves is no closed door", () => {
    expect(answer(entry('"health":true'), { [clientUrl("a")]: "refused" })).toBe("serves");
  });

  it("nobody is known where nobody was asked", () => {
    expect(read({ answers: { health: "null" } }).view.answers).toEqual(new Map());
  });
});

// Above 2^63, and of more digits than a JavaScript number holds; as decimals and in hexadecimal.
const ids = [
  ["18297523872340612345", "fdeddd04781794f9"],
  ["9372538179322589801", "8211f1d0f64f3269"],
  ["10501334649042878790", "91bc3c398fb3c146"],
] as const;

/** What etcdctl prints of three members, led by the second one. */
function answersOf(version: string, status: string, storage: string): Answers {
  const header = `"header":{"cluster_id":17237436991929493444,"member_id":${ids[0][0]},"raft_term":2}`;
  const members = names.map(
    (name, index) =>
      `{"ID":${ids[index]![0]},"name":"${name}","peerURLs":["${peerUrl(name)}"],"clientURLs":["${clientUrl(name)}"]}`,
  );
  const all = names.map(
    (name, index) =>
      `{"Endpoint":"${clientUrl(name)}","Status":{"header":{"cluster_id":17237436991929493444,"member_id":${ids[index]![0]},"revision":1,"raft_term":2},"version":"${version}","dbSize":20480,"leader":${ids[1][0]},"raftIndex":9,"raftTerm":2,"raftAppliedIndex":9,"dbSizeInUse":16384${status}}}`,
  );
  const minor = version.split(".").slice(0, 2).join(".");
  return {
    health: `[${names.map((name) => `{"endpoint":"${clientUrl(name)}","health":true,"took":"1.687897ms"}`).join(",")}]`,
    status: `[${all.join(",")}]`,
    members: `{${header},"members":[${members.join(",")}]}`,
    alarms: `{${header}}`,
    version: `{"etcdserver":"${version}","etcdcluster":"${minor}.0"${storage}}`,
  };
}

describe.each([
  ["3.4.45", "", ""],
  ["3.5.35", "", ""],
  ["3.6.16", ',"storageVersion":"3.6.0","dbSizeQuota":2147483648', ',"storage":"3.6.0"'],
  [
    "3.7.3",
    ',"storageVersion":"3.7.0","dbSizeQuota":2147483648,"downgradeInfo":{}',
    ',"storage":"3.7.0"',
  ],
])("what etcdctl of %s prints", (version, status, storage) => {
  const { view } = read({ answers: answersOf(version, status, storage) });

  it("tells who the members are, to the last bit", () => {
    expect(view.members).toEqual(
      names.map((name, index) => ({
        id: ids[index]![1],
        name,
        peerUrls: [peerUrl(name)],
        clientUrls: [clientUrl(name)],
        isLearner: false,
      })),
    );
  });

  it("tells of each member, and who leads", () => {
    expect([...view.status.keys()]).toEqual(names.map(clientUrl));
    expect(view.status.get(clientUrl("a"))).toEqual({
      id: ids[0][1],
      version,
      leader: ids[1][1],
      raftIndex: 9,
      dbSizeBytes: 20480,
    });
  });

  it("tells what the cluster has agreed on", () => {
    expect(view.clusterVersion).toBe(`${version.split(".").slice(0, 2).join(".")}.0`);
    expect(view.alarms).toEqual([]);
    expect([...view.answers.values()]).toEqual(["serves", "serves", "serves"]);
  });
});

describe("the members", () => {
  const membersOf = (members: string) => read({ answers: { members } }).view.members;

  it("that have never started have neither a name nor client URLs", () => {
    const said = `{"members":[{"ID":7372431398652117520,"peerURLs":["${peerUrl("d")}"],"isLearner":true}]}`;
    expect(membersOf(said)).toEqual([
      {
        id: "6650234bd7988210",
        name: "",
        peerUrls: [peerUrl("d")],
        clientUrls: [],
        isLearner: true,
      },
    ]);
  });

  // What is not understood is not "nobody": who is left out would not be asked before a restart.
  const good = `{"ID":1,"name":"a","peerURLs":["${peerUrl("a")}"],"clientURLs":["${clientUrl("a")}"]}`;
  it.each([
    [""],
    ["null"],
    ["{}"],
    ["Error: etcdserver: user name is empty"],
    ['{"members":null}'],
    ['{"members":[]}'],
    ['{"members":"nobody"}'],
    [`{"members":{"0":${good}}}`],
    [`{"members":[${good},null]}`],
    [`{"members":[${good},{"name":"b"}]}`],
    [`{"members":[${good},{"ID":-1,"peerURLs":["${peerUrl("b")}"]}]}`],
    [`{"members":[${good},{"ID":{"toString":1},"peerURLs":["${peerUrl("b")}"]}]}`],
    [`{"members":[${good},{"ID":2,"peerURLs":[]}]}`],
    [`{"members":[${good},{"ID":2,"peerURLs":["${peerUrl("b")}"],"clientURLs":["\\u001b[2J"]}]}`],
    [`{"members":[${good},{"ID":2,"peerURLs":["${peerUrl("b")}"],"clientURLs":"x"}]}`],
  ])("are not known by %j", (said) => expect(membersOf(said)).toBeUndefined());

  it("are known by as much as is understood", () =>
    expect(membersOf(`{"members":[${good}]}`)).toHaveLength(1));
});

describe("alarms", () => {
  const alarmsOf = (alarms: string) => read({ answers: { alarms } }).view.alarms;

  it.each<[string, unknown]>([
    ['{"header":{}}', []],
    [
      `{"header":{},"alarms":[{"memberID":${ids[0][0]},"alarm":1}]}`,
      [{ member: ids[0][1], alarm: "NOSPACE" }],
    ],
    [
      '{"alarms":[{"memberID":1,"alarm":2},{"memberID":2,"alarm":7}]}',
      [
        { member: "1", alarm: "CORRUPT" },
        { member: "2", alarm: "alarm 7" },
      ],
    ],
    [
      '{"alarms":[{"memberID":1,"alarm":"constructor"}]}',
      [{ member: "1", alarm: "alarm constructor" }],
    ],
    ['{"alarms":[{}]}', [{ member: "", alarm: "alarm " }]],
    ["", undefined],
    ["null", undefined],
    ["[", undefined],
    ['"none"', undefined],
    ['{"alarms":"none"}', undefined],
    ['{"alarms":[null]}', undefined],
  ])("%s", (said, expected) => expect(alarmsOf(said)).toEqual(expected));
});

it.each([
  ['{"etcdserver":"3.6.16","etcdcluster":"3.6.0"}', "3.6.0"],
  ['{"etcdserver":"3.6.16","etcdcluster":"not_decided"}', undefined],
  ["null", undefined],
  ["404 page not found", undefined],
])("the cluster's version by %s", (version, expected) =>
  expect(read({ answers: { version } }).view.clusterVersion).toBe(expected),
);

it.each<[string, boolean | undefined]>([
  ['{"header":{"member_id":1},"enabled":true,"authRevision":7}', true],
  ['{"header":{"member_id":1},"authRevision":1}', false],
  ['{"enabled":true}', undefined],
  ["null", undefined],
])("whether access is controlled by %s", (access, expected) =>
  expect(read({ answers: { access } }).view.isControlled).toBe(expected),
);

describe("what is no observation", () => {
  it.each<[string, RegExp]>([
    ["", /^a answered with something that is no JSON/],
    ["\u001b[2J{", /^a answered with something that is no JSON: no observation$/],
    ["null", /^a answered without "cluster"/],
    ["5", /^a answered without "cluster"/],
    ["[]", /^a answered without "cluster"/],
    ['{"cluster":{},"process":null}', /^a answered without "process"/],
    ['{"cluster":{},"process":{},"answers":{}}', /^a answered without "certificates"/],
    ['{"cluster":{},"process":{},"certificates":{},"answers":{}}', /^a answered without "doors"/],
    [" ".repeat(2 * 1024 * 1024), /^a answered with 2097152 characters, expected at most 1048576$/],
  ])("%j", (text, expected) => expect(() => readObservation("a", text)).toThrow(expected));
});

describe("a machine that was taken over", () => {
  const url = some(clientUrl("a"));

  const answer = {
    health: many(record({ endpoint: url, health: some(true), error: hostileText })),
    status: many(
      record({
        Endpoint: url,
        Status: record({
          header: record({ member_id: id }),
          version: some("3.6.16"),
          leader: id,
          raftIndex: id,
          dbSize: id,
        }),
      }),
    ),
    members: record({
      members: many(
        record({
          ID: id,
          name: some("a"),
          peerURLs: many(some(peerUrl("a"))),
          clientURLs: many(url),
          isLearner: some(true),
        }),
      ),
    }),
    alarms: record({ alarms: many(record({ memberID: id, alarm: some(1) })) }),
    version: record({ etcdcluster: some("3.6.0") }),
  };
  const encoded = (one: fc.Arbitrary<unknown>) =>
    fc.oneof(
      { weight: 6, arbitrary: one.map((value) => base64(printed(value))) },
      { weight: 1, arbitrary: hostileText.map(base64) },
      { weight: 1, arbitrary: hostile },
    );
  const documents = fc
    .record({
      cluster: record({
        id: some(own.clusterId),
        name: some("etcd"),
        stack: some(own.stack),
        founded: some("2026-11-24T10:00:00Z"),
        restored: some("1a2b3c4d"),
      }),
      dataCluster: some(own.clusterId),
      hasData: some(true),
      restoreWaiting: some("1a2b3c4d"),
      unit: encoded(hostileText.map((text) => `${unit.text}\n  --name=${text}\n  --\u001b[2J`)),
      process: record({
        pid: some(4711),
        version: some("3.6.16"),
        digest: some(unit.digest),
        cluster: some(own.clusterId),
        trusts: some("1,2"),
        quotaBytes: some("8589934592"),
        restarts: some(3),
        state: some("active"),
      }),
      certificates: record({ server: encoded(hostileText), ca: some("") }),
      doors: record({ [clientUrl("a")]: some("refused"), "\u001b[2J": some("refused") }),
      answers: record(
        Object.fromEntries(Object.entries(answer).map(([name, one]) => [name, encoded(one)])),
      ),
      errors: hostile,
    })
    .map((value) => JSON.stringify(value));

  function expectHarmless(text: string): SeenMachine | undefined {
    try {
      const seen = readObservation("a", text);
      expect(unprintable(seen)).toEqual([]);
      const ids = [...(seen.view.members ?? []), ...seen.view.status.values()].map(({ id }) => id);
      expect(ids.filter((one) => !/^[0-9a-f]{0,17}$/.test(one))).toEqual([]);
      expect(seen.view.members).not.toEqual([]);
      return seen;
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toMatch(/^a answered with[^\p{C}]*$/u);
      return undefined;
    }
  }

  it("tells nothing that a terminal, a file name or a decision could fall for", () => {
    fc.assert(
      fc.property(documents, (text) => void expectHarmless(text)),
      cases(1000),
    );
  });

  it("gets no further with any text at all", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostileText,
          fc.json(),
          hostile.map((value) => JSON.stringify(value) ?? ""),
        ),
        (text) => void expectHarmless(text),
      ),
      cases(1000),
    );
  });

  it("gets no further with answers of any depth and size", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(read({ answers: { members: deep, health: deep } }).view.members).toBeUndefined();
    const wide = `{"members":[${"0,".repeat(200_000)}0]}`;
    expect(read({ answers: { members: wide } }).view.members).toBeUndefined();
  });

  it("puts no code for a terminal into what is said of it", () => {
    fc.assert(
      fc.property(documents, (text) => {
        const seen = expectHarmless(text);
        fc.pre(seen !== undefined);
        const decision = decide(question({ observed: { machines: [seen] } }));
        expect(unprintable(decision)).toEqual([]);
      }),
      cases(300),
    );
  });
});
