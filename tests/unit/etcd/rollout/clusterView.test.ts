import { describe, expect, it } from "vitest";
import { ClusterView, knownMembers } from "../../../../components/etcd/rollout/clusterView";
import {
  clientUrl,
  desired,
  idOf,
  membersOf,
  names,
  observed,
  type ObservedChanges,
  peerUrl,
} from "./example";

const known = knownMembers(desired());
const viewOf = (seen: ObservedChanges = {}) => new ClusterView(observed(seen), known);
const cutOff = {
  answers: new Map(names.map((name) => [clientUrl(name), "silent" as const])),
  members: [],
  alarms: [],
  clusterVersion: "3.5.0",
};

it("a member is known at all the addresses that it was asked for at", () => {
  const moved = { peerUrl: "https://10.0.9.9:2380", clientUrl: "https://10.0.9.9:2379" };
  const later = desired({ members: membersOf(["a", "d"], { a: moved }) });
  expect(knownMembers(later, undefined, desired({ members: membersOf(["a"]) }))).toEqual([
    {
      name: "a",
      peerUrls: [moved.peerUrl, peerUrl("a")],
      clientUrls: [moved.clientUrl, clientUrl("a")],
    },
    { name: "d", peerUrls: [peerUrl("d")], clientUrls: [clientUrl("d")] },
  ]);
});

describe("what several machines see", () => {
  it("is told by the one that sees most members serve", () => {
    const view = viewOf({ machines: { a: { view: cutOff } } });
    expect(view.members).toHaveLength(3);
    expect(view.version).toBe("3.6.0");
  });

  it("a member serves where anybody sees it serve, though it does not itself", () => {
    const view = viewOf({ machines: { a: { view: cutOff } } });
    expect(names.map((name) => view.answer(name))).toEqual(["serves", "serves", "serves"]);
  });

  it("a member that nobody sees serve is as its own machine says", () => {
    const doors = { answers: new Map([[clientUrl("b"), "refused" as const]]) };
    expect(viewOf({ machines: { b: { view: doors } }, silent: true }).answer("b")).toBe("refused");
  });

  it("a member of which nobody says anything is silent", () => {
    expect(viewOf({ all: [] }).answer("b")).toBe("silent");
    expect(viewOf({ all: [] }).isServed).toBe(false);
  });

  it("a member may be reached at an address that only the others know", () => {
    const elsewhere = "https://10.0.9.9:4001";
    const view = viewOf({
      entries: { b: { clientUrls: [elsewhere] } },
      answers: { b: "refused" },
      machines: {
        a: {
          view: {
            answers: new Map([
              [clientUrl("a"), "serves" as const],
              [elsewhere, "serves" as const],
            ]),
          },
        },
      },
    });
    expect(view.serves("b")).toBe(true);
  });
});

describe("the version of a cluster that does not say it", () => {
  const mute = { clusterVersion: undefined };

  it("is that of its oldest member", () => {
    const machines = { b: { process: { version: "3.5.35" } } };
    expect(viewOf({ ...mute, machines }).version).toBe("3.5.35");
  });

  it.each<[string, ObservedChanges]>([
    ["one cannot be seen", { machines: { b: "gone" } }],
    ["nobody has looked at one", { all: ["a", "c"] }],
    ["one does not run", { machines: { b: { process: { version: "" } } } }],
    ["one runs something else", { machines: { b: { process: { version: "dev" } } } }],
  ])("is not known where %s", (_, seen) => {
    expect(viewOf({ ...mute, ...seen }).version).toBeUndefined();
  });
});

describe("who leads", () => {
  it("is told by the members themselves", () => expect(viewOf({ leader: "c" }).leader).toBe("c"));

  it("is nobody where nobody knows of one", () => {
    const none = Object.fromEntries(names.map((name) => [name, { leader: "0" }]));
    expect(viewOf({ status: none }).leader).toBeUndefined();
  });

  it("may be somebody whom nobody asked for", () => {
    const view = viewOf({ leader: "x" });
    expect([view.leader, view.leaderId]).toEqual([undefined, idOf("x")]);
  });
});

it("the largest database counts", () => {
  expect(viewOf({ status: { b: { dbSizeBytes: 99_999 } } }).databaseBytes).toBe(99_999);
  expect(viewOf({ silent: true }).databaseBytes).toBe(0);
});
