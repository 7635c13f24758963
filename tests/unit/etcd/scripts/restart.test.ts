import { beforeEach, describe, expect, it } from "vitest";
import { clusterId, peer, started, unit, url } from "./machine";
import { MemberMachine, restart, start } from "./memberMachine";

let machine: MemberMachine;
beforeEach(() => {
  machine = new MemberMachine();
});

describe("restarting a member that serves", () => {
  const others = { action: "restart", serve: `${url("a")},${url("c")}` };

  beforeEach(() => {
    machine.holdData();
    machine.runs();
    machine.serving("a", "b", "c");
    machine.claim({ founded: "2026-11-24T12:00:00Z" });
  });

  it("needs no more than that the others serve where another one leads", () => {
    machine.permit(others);
    const { status, stdout, stderr } = machine.member();
    const said = "here: restarting with what changed\nhere: healthy with etcd 3.7.3\n";
    expect([status, stderr]).toEqual([0, said]);
    expect(JSON.parse(stdout)).toMatchObject({ restarted: "now" });
    expect(machine.told).toEqual(["lock etcd", ...restart]);
    expect(machine.read("units/etcd.service")).toBe(unit("new"));
    expect(machine.read("etc/cluster")).toContain("founded=2026-11-24T12:00:00Z\n");
  });

  it("has systemd read its units while etcd ends, which nobody else starts with the old ones", () => {
    machine.write("systemd/NeedDaemonReload", "yes\n");
    machine.permit(others);
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual(["lock etcd", "kill 100", "systemctl daemon-reload", ...start]);
  });

  it("counts none that systemd has started by itself meanwhile: it runs what was asked for before", () => {
    machine.write("systemd/NeedDaemonReload", "yes\n");
    machine.write("at-restart", `echo 150 >${machine.root}/systemd/MainPID`);
    machine.permit(others);
    const instead = `kill() { echo 150 >${machine.root}/systemd/MainPID; }`;
    expect(machine.member({ instead }).status).toBe(1);
  });

  it("moves the leadership to the first that takes it, before anything else", () => {
    machine.write("etcd/leader", "2\n");
    machine.write("etcd/unwilling", "3\n");
    machine.permit({ ...others, lead: "3,1" });
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual([
      "lock etcd",
      `${url("b")} move-leader 3`,
      `${url("b")} move-leader 1`,
      ...restart,
    ]);
  });

  it("is refused where nobody takes the leadership, after each was asked twice", () => {
    machine.write("etcd/leader", "2\n");
    machine.write("etcd/unwilling", "3\n1\n");
    machine.permit({ ...others, lead: "3,1" });
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toContain("not restarting this healthy member: it leads, and nobody takes");
    expect(stderr).toContain("request timed out");
    expect(machine.told.filter((line) => line.includes("move-leader"))).toHaveLength(4);
    expect(machine.told.join()).not.toContain("systemctl");
    expect(machine.read("units/etcd.service")).toBe(unit("old"));
  });

  it("is refused where it leads by now, and nobody was named", () => {
    machine.write("etcd/leader", "2\n");
    machine.permit(others);
    const before = machine.files;
    expect(machine.member().stderr).toContain("nobody takes the leadership over: there is nobody");
    machine.expectNothingDone(before);
  });

  it("goes without moving it where the operator has no right to", () => {
    machine.write("etcd/leader", "2\n");
    machine.write("etcd/refusal", "Error: etcdserver: permission denied\n");
    machine.permit({ ...others, lead: "3,1" });
    const { status, stderr } = machine.member();
    expect(status).toBe(0);
    expect(stderr).toContain("restarting as the leader: writes wait for an election");
    expect(machine.told).toEqual(["lock etcd", `${url("b")} move-leader 3`, ...restart]);
  });

  it("waits on where systemd says nothing for a moment, as while it is updated", () => {
    machine.permit({ ...others, wait: 5 });
    const mute = `
      systemctl_as_ever() { :; }
      eval "$(declare -f systemctl | sed '1s/.*/systemctl_as_ever()/')"
      systemctl() {
        [[ $1 != show || ! -e ${machine.root}/mute ]] || { rm ${machine.root}/mute; return 1; }
        systemctl_as_ever "$@"
      }`;
    machine.write("at-restart", `touch ${machine.root}/mute`);
    const { status, stderr } = machine.member({ instead: mute });
    expect([status, stderr]).toEqual([0, expect.stringContaining("healthy with etcd")]);
    expect(machine.has("mute")).toBe(false);
  });

  it("is a single member's own downtime", () => {
    machine.write("etcd/members", `${started(2, "b")}\n`);
    machine.write("etcd/leader", "2\n");
    machine.permit({ action: "restart" });
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual(["lock etcd", ...restart]);
  });

  it("takes an answer about rights for serving", () => {
    machine.serving();
    machine.write("etcd/forbidding", ["a", "b", "c"].map((name) => `${url(name)}\n`).join(""));
    machine.permit(others);
    expect(machine.member().status).toBe(0);
  });

  it.each<[string, () => void, RegExp]>([
    ["another one does not serve", () => machine.serving("b", "a"), /do not answer: \S*c:2379\./],
    ["none does", () => machine.serving("b"), /do not answer: \S*a:2379 \S*c:2379\./],
    [
      "an alarm is raised",
      () => machine.write("etcd/alarms", "memberID:2 alarm:CORRUPT \n"),
      /an alarm \(memberID:2 alarm:CORRUPT \)/,
    ],
    [
      "a database is full, and the quota is no larger",
      () => machine.write("etcd/alarms", "memberID:2 alarm:NOSPACE \n"),
      /an alarm \(memberID:2 alarm:NOSPACE \)/,
    ],
    ["it does not tell who leads", () => machine.write("etcd/me-unknown", ""), /who leads/],
    [
      "alarms cannot be asked for",
      () => machine.write("etcd/alarms-unknown", ""),
      /alarms could not/,
    ],
  ])("is refused while %s, and keeps its unit", (_, change, expected) => {
    change();
    machine.permit({ ...others, lead: "1" });
    const before = machine.files;
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr).toContain("not restarting this healthy member");
    machine.expectNothingDone(before);
  });

  it("is a way out of a full database, with a larger quota", () => {
    const larger = { bundle: { unit: unit("new", clusterId, 500) } };
    machine.write("etcd/alarms", "memberID:2 alarm:NOSPACE \n");
    machine.permit(others);
    expect(machine.member(larger).status).toBe(0);
    machine.write("etcd/alarms", "memberID:2 alarm:NOSPACE \nmemberID:1 alarm:CORRUPT \n");
    machine.runs();
    machine.permit(others);
    expect(machine.member(larger).status).toBe(1);
  });

  it("is refused where its data is gone", () => {
    machine = new MemberMachine();
    machine.runs();
    machine.permit(others);
    const before = machine.files;
    expect(machine.member().stderr).toMatch(/is empty, and b was to be started as it is/);
    machine.expectNothingDone(before);
  });

  it("fails with the log where it does not come back", () => {
    machine.write("at-restart", `echo ${url("a")} >${machine.root}/etcd/serving`);
    machine.permit(others);
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /waited 0 s for this member to answer a linearizable read, in vain\nthe log of etcd/,
    );
    expect(stderr).toContain("etcd on this machine is active and not healthy");
    expect(stderr).not.toContain("No reason was given");
  });

  it("is not done while only the process before it answers", () => {
    machine.write("at-restart", `echo 100 >${machine.root}/systemd/MainPID`);
    machine.permit(others);
    expect(machine.member().status).toBe(1);
  });
});

describe("starting a member that does not serve", () => {
  beforeEach(() => {
    machine.holdData();
    machine.runs({ pid: 0 });
    machine.servesWhenStarted();
  });

  it("asks nobody", () => {
    machine.permit({ action: "start", via: "" });
    const { status, stdout } = machine.member();
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty("started");
    expect(machine.told).toEqual(["lock etcd", ...start]);
  });

  it("tells the cluster its new address first", () => {
    machine.write(
      "etcd/members",
      `${started(1, "a")}\n2, started, b, http://old:2380, http://old:2379, false\n`,
    );
    machine.permit({ action: "start", rename: "2" });
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual([
      "lock etcd",
      `${url("a")} member update 2 --peer-urls=${peer("b")}`,
      ...start,
    ]);
  });

  it("renames nobody else", () => {
    machine.permit({ action: "start", rename: "3" });
    const before = machine.files;
    expect(machine.member().stderr).toContain(
      "the member 3, whose address was to change, is not b",
    );
    machine.expectNothingDone(before);
  });

  it("is refused where it serves by now", () => {
    machine.runs();
    machine.serving("a", "b", "c");
    machine.permit({ action: "start" });
    const before = machine.files;
    expect(machine.member().stderr).toContain(
      "not restarting this healthy member: it did not serve when",
    );
    machine.expectNothingDone(before);
  });

  it("has it promoted where it was left a learner", () => {
    machine.write("at-restart", "");
    machine.write("etcd/members", `${started(1, "a")}\n${started(2, "b", true)}\n`);
    machine.permit({ action: "start" });
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual(["lock etcd", ...start, `${url("a")} member promote 2`]);
  });

  it("is refused where its data is gone", () => {
    machine = new MemberMachine();
    machine.permit({ action: "start" });
    const before = machine.files;
    expect(machine.member().stderr).toContain("is empty, and b was to be started as it is");
    machine.expectNothingDone(before);
  });

  it("does not wait for one that ends again and again", () => {
    machine.write("at-restart", `echo 5 >${machine.root}/systemd/NRestarts`);
    machine.permit({ action: "start", wait: 60 });
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toContain("the log of etcd");
    expect(stderr).not.toContain("waited");
  });
});

describe("keeping what runs", () => {
  beforeEach(() => {
    machine.holdData();
    machine.runs({ digest: "new" });
    machine.serving("a", "b", "c");
  });

  it("places what lies beside it, and its unit where that was another's", () => {
    machine.write("units/etcd.service", unit("refused before"));
    machine.permit({ action: "keep" });
    const { status, stdout } = machine.member();
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty("unchanged");
    expect(machine.told).toEqual(["lock etcd", "place the rest"]);
    expect(machine.read("units/etcd.service")).toBe(unit("new"));
  });

  it("is refused where something else runs", () => {
    machine.runs({ digest: "old" });
    machine.permit({ action: "keep" });
    const before = machine.files;
    expect(machine.member().stderr).toContain("was started with another unit than is asked for");
    machine.expectNothingDone(before);
  });

  it("has it promoted where it was left a learner", () => {
    machine.serving("a", "c");
    machine.write("etcd/members", `${started(1, "a")}\n${started(2, "b", true)}\n`);
    machine.permit({ action: "keep" });
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual(["lock etcd", "place the rest", `${url("a")} member promote 2`]);
  });
});
