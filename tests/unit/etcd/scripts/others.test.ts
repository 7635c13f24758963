import { beforeEach, describe, expect, it } from "vitest";
import { FakeMachine, peer, started, url } from "./machine";

/** The scripts that ask a running cluster to change, or prepare a member for going. */

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
  machine.claim();
  machine.serving("a", "b", "c");
});

describe("members that leave", () => {
  const depart = (...names: string[]) =>
    machine.run("depart", { args: { leaving: names.map(peer).join(",") } });

  it("are taken out one after the other", () => {
    expect(depart("a", "c")).toMatchObject({ status: 0 });
    expect(machine.told.filter((line) => line.includes("remove"))).toEqual([
      `${url("b")} member remove 1`,
      `${url("b")} member remove 3`,
    ]);
  });

  it("hand the leadership over first, to this machine's", () => {
    depart("a");
    expect(machine.told).toEqual([`${url("a")} move-leader 2`, `${url("b")} member remove 1`]);
  });

  it("hand it over to another one that stays, where this one does not take it", () => {
    machine.write("etcd/unwilling", "2\n");
    machine.write(
      "etcd/members",
      ["a", "b", "c", "d"].map((name, at) => `${started(at + 1, name)}\n`).join(""),
    );
    depart("a", "c");
    expect(machine.told.slice(0, 3)).toEqual([
      `${url("a")} move-leader 2`,
      `${url("a")} move-leader 4`,
      `${url("b")} member remove 1`,
    ]);
  });

  it("do not go while they lead and nobody takes it", () => {
    machine.write("etcd/unwilling", "2\n3\n");
    const { status, stderr } = depart("a");
    expect(status).toBe(1);
    expect(stderr).toContain(
      "none that stays takes the leadership over: Error: etcdserver: request",
    );
    expect(machine.told.join()).not.toContain("remove");
  });

  it("move no leadership where they have none", () => {
    depart("c");
    expect(machine.told).toEqual([`${url("b")} member remove 3`]);
  });

  it("may have gone", () => {
    expect(depart("x").stderr).toBe(`here: ${peer("x")} is no longer a member\n`);
    expect(machine.told).toEqual([]);
  });
});

describe("a machine that goes down for a while", () => {
  const handover = () => machine.run("handover");

  it("does not lead then", () => {
    machine.write("etcd/leader", "2\n");
    machine.write("etcd/unwilling", "1\n");
    expect(handover()).toMatchObject({ status: 0 });
    expect(machine.told).toEqual([`${url("b")} move-leader 1`, `${url("b")} move-leader 3`]);
  });

  it("hands over to nobody who cannot lead", () => {
    machine.write("etcd/leader", "2\n");
    machine.write(
      "etcd/members",
      [started(1, "a", true), started(2, "b"), started(3, "c"), ""].join("\n"),
    );
    handover();
    expect(machine.told).toEqual([`${url("b")} move-leader 3`]);
  });

  it("is missed by nobody where its member does not serve", () => {
    machine.serving("a");
    expect(handover()).toMatchObject({ status: 0 });
    expect(machine.told).toEqual([]);
  });

  it("may be the only one", () => {
    machine.write("etcd/members", `${started(2, "b")}\n`);
    machine.write("etcd/leader", "2\n");
    expect(handover()).toMatchObject({ status: 0 });
    expect(machine.told).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    ["another one does not serve", () => machine.serving("a", "b"), /others do not answer: c\./],
    [
      "one has never started",
      () =>
        machine.write("etcd/members", `${started(2, "b")}\n3, unstarted, , ${peer("c")}, , true\n`),
      /others do not answer: http:\/\/c:2380\./,
    ],
    [
      "an alarm is raised",
      () => machine.write("etcd/alarms", "memberID:1 alarm:CORRUPT "),
      /alarm/,
    ],
    [
      "nobody takes the leadership",
      () => {
        machine.write("etcd/leader", "2\n");
        machine.write("etcd/unwilling", "1\n3\n");
      },
      /it leads, and none of the others takes the leadership over/,
    ],
  ])("stays as it is when %s", (_, change, expected) => {
    change();
    const { status, stderr } = handover();
    expect(status).toBe(1);
    expect(stderr).toMatch(/this member's machine is left as it is/);
    expect(stderr).toMatch(expected);
  });

  it("stays as it is when alarms could not be asked for", () => {
    machine.write("etcd/alarms-unknown", "");
    expect(handover().status).not.toBe(0);
  });
});

describe("a cluster that goes down a version", () => {
  it.each<[string, string, string, number]>([
    ["3.6.0", "", `${url("b")} downgrade enable 3.6.0`, 0],
    ["", "", `${url("b")} downgrade cancel`, 0],
    ["3.6.0", "Error: etcdserver: cluster has a downgrade job in progress", "enable", 0],
    ["3.6.0", "Error: etcdserver: invalid downgrade target version", "enable", 1],
    ["", "Error: etcdserver: no inflight downgrade job", "cancel", 0],
    ["", "Error: etcdserver: permission denied", "cancel", 1],
  ])("to '%s', where etcd says '%s'", (target, refusal, told, status) => {
    if (refusal !== "") {
      machine.write("etcd/refusal", `${refusal}\n`);
    }
    expect(machine.run("downgrade", { args: { target } }).status).toBe(status);
    expect(machine.told.join()).toContain(told);
  });
});

describe("who serves", () => {
  const serves = (get: string) =>
    machine.run("member", {
      instead: `accepts() { :; }
        ctl() { told "$*"; ${get} }
        member() { if serves http://x:1; then echo yes; else echo no; fi; }`,
    }).stdout;

  it("is whoever answers a linearizable read", () => {
    expect(serves(":;")).toBe("yes\n");
    expect(machine.told).toEqual(["http://x:1 get --consistency=l etcd-by-pulumi/probe"]);
  });

  it.each([
    "etcdserver: permission denied",
    "etcdserver: user name is empty",
    "etcdserver: user name not found",
    "etcdserver: authentication failed, invalid user ID or password",
    "etcdserver: invalid auth token",
    "etcdserver: revision of auth store is old",
  ])("is whoever answers that one may not read: %s", (said) => {
    expect(serves(`echo 'Error: ${said}' >&2; return 1;`)).toBe("yes\n");
  });

  it.each([
    "context deadline exceeded",
    "etcdserver: request timed out",
    "etcdserver: no leader",
    "transport: authentication handshake failed: tls: bad certificate",
    "connection error: permission denied by a firewall",
    "",
  ])("is nobody who says '%s'", (said) => {
    expect(serves(`echo 'Error: ${said}' >&2; return 1;`)).toBe("no\n");
  });

  it("is told in the order in which they were asked for", () => {
    machine.serving("a", "c");
    const { stdout } = machine.run("member", {
      instead: `member() { serving ${["c", "x", "a"].map(url).join(" ")}; not_serving ${["c", "x", "b"].map(url).join(" ")}; }`,
    });
    expect(stdout).toBe(`${url("c")}\n${url("a")}\n${url("x")} ${url("b")}\n`);
  });
});
