import { beforeEach, describe, expect, it } from "vitest";
import { clusterId, peer, started, unit, url } from "./machine";
import { start, MemberMachine } from "./memberMachine";

let machine: MemberMachine;
beforeEach(() => {
  machine = new MemberMachine();
});

describe("founding", () => {
  const founding = { action: "found", initial: `a=${peer("a")},b=${peer("b")}` };

  it("is a first start as a new cluster, and over with the first health", () => {
    machine.write(
      "at-restart",
      `cp ${machine.root}/run/flags ${machine.root}/flags; echo ${url("b")} >>${machine.root}/etcd/serving`,
    );
    machine.permit(founding);
    const { status, stdout } = machine.member();
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ member: "b", version: "3.7.3" });
    expect(JSON.parse(stdout)).toHaveProperty("founded");
    expect(machine.told).toEqual(["lock etcd", ...start]);
    expect(machine.read("flags")).toBe(
      `FIRST_START_FLAGS=--initial-cluster=a=${peer("a")},b=${peer("b")} --initial-cluster-state=new --initial-cluster-token=${clusterId}\n`,
    );
    expect(machine.has("run/flags")).toBe(false);
    expect(machine.read("data/cluster-id")).toBe(`${clusterId}\n`);
    expect(machine.read("etc/cluster")).toMatch(/^founded=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m);
    expect(machine.read("units/etcd.service")).toBe(unit("new"));
  });

  it("is refused where the member was healthy before", () => {
    machine.claim({ founded: "2026-11-24T12:00:00Z" });
    machine.permit(founding);
    const before = machine.files;
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toMatch(/was healthy in the cluster prod .* on 2026-11-24T12:00:00Z/);
    expect(stderr).toContain("set restoreFrom");
    machine.expectNothingDone(before);
  });

  it("is refused where there is data", () => {
    machine.holdData();
    machine.permit(founding);
    const before = machine.files;
    expect(machine.member().stderr).toContain("has data, and b was to begin without any");
    machine.expectNothingDone(before);
  });

  it("is not over while the member is not healthy", () => {
    machine.permit(founding);
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toContain("the log of etcd");
    expect(machine.read("etc/cluster")).toContain("founded=\n");
  });
});

describe("joining", () => {
  const listed = (...lines: string[]) => machine.write("etcd/members", `${lines.join("\n")}\n`);
  const learner = (name = "") =>
    `9, ${name ? "started" : "unstarted"}, ${name}, ${peer("b")}, ${name && url("b")}, true`;

  beforeEach(() => {
    // What etcd does when it is started: it tells its name and its URL.
    machine.write(
      "at-restart",
      `cp ${machine.root}/run/flags ${machine.root}/flags
       sed -i 's/^\\([29]\\), [a-z]*, b*, \\(.*\\), \\(http:.*\\)*, /\\1, started, b, \\2, http:\\/\\/b:2379, /' ${machine.root}/etcd/members`,
    );
  });

  it("takes the dead entry out, then adds a learner, starts it, and has it promoted", () => {
    machine.permit({ action: "join", add: true, remove: "2" });
    const { status, stdout, stderr } = machine.member();
    expect(stderr).not.toContain("in vain");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty("joined");
    expect(machine.told).toEqual([
      "lock etcd",
      `${url("a")} member remove 2`,
      `${url("a")} member add b --learner --peer-urls=${peer("b")}`,
      ...start,
      `${url("a")} member promote 9`,
    ]);
    expect(machine.read("flags")).toBe(
      `FIRST_START_FLAGS=--initial-cluster=a=${peer("a")},c=${peer("c")},b=${peer("b")} --initial-cluster-state=existing --initial-cluster-token=${clusterId}\n`,
    );
    expect(machine.read("data/cluster-id")).toBe(`${clusterId}\n`);
    expect(machine.read("etc/cluster")).toMatch(/^founded=2/m);
  });

  it("adds nothing where the cluster waits for it", () => {
    listed(started(1, "a"), `2, started, b, ${peer("b")}, , false`);
    machine.serving("a", "b");
    machine.permit({ action: "join", add: false });
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual(["lock etcd", ...start]);
  });

  it("takes what an earlier try has left: a learner that never started", () => {
    listed(started(1, "a"), learner());
    machine.permit({ action: "join", add: true });
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual(["lock etcd", ...start, `${url("a")} member promote 9`]);
  });

  it.each([
    ["a voter", started(2, "b")],
    ["a learner that has started", learner("b")],
    ["a voter that never started", `2, started, b, ${peer("b")}, , false`],
  ])("takes over nothing else: %s", (_, entry) => {
    listed(started(1, "a"), entry);
    machine.permit({ action: "join", add: true });
    const before = machine.files;
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toContain("not as a learner that never started");
    machine.expectNothingDone(before);
  });

  it("waits for nobody that has started by now", () => {
    machine.permit({ action: "join", add: false });
    const before = machine.files;
    expect(machine.member().stderr).toContain(
      "was seen to wait for b, and now its entry is '2, started",
    );
    machine.expectNothingDone(before);
  });

  it("takes nobody else out", () => {
    machine.permit({ action: "join", add: true, remove: "3" });
    const before = machine.files;
    expect(machine.member().stderr).toContain(
      "the member 3, which was to be taken out, is not b's",
    );
    machine.expectNothingDone(before);
  });

  it("finds out what is out already", () => {
    listed(started(1, "a"));
    machine.permit({ action: "join", add: true, remove: "2" });
    expect(machine.member().status).toBe(0);
    expect(machine.told[1]).toContain("member add b");
  });

  it("does not wait for rights", () => {
    machine.write("etcd/refusal", "Error: etcdserver: permission denied\n");
    machine.permit({ action: "join", add: true, remove: "2" });
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /no right to change the membership: Error: etcdserver: permission denied/,
    );
    expect(machine.told).toEqual(["lock etcd", `${url("a")} member remove 2`]);
  });

  it("says why the cluster does not let it", () => {
    machine.write("etcd/refusal", "Error: etcdserver: unhealthy cluster\n");
    listed(started(1, "a"));
    machine.permit({ action: "join", add: true });
    const once = 'try_for() { shift 2; "$@"; }';
    expect(machine.member({ instead: once }).stderr).toContain(
      "asked for 120 s to take a new member, and did not: Error: etcdserver: unhealthy cluster",
    );
    expect(machine.has("units/etcd.service")).toBe(false);
  });

  it("is refused where there is data, or another process", () => {
    machine.holdData();
    machine.permit({ action: "join", add: true });
    expect(machine.member().stderr).toContain("has data, and b was to begin without any");
    machine = new MemberMachine();
    machine.runs();
    machine.permit({ action: "join", add: true });
    expect(machine.member().stderr).toContain("etcd runs here while");
    expect(machine.told).toEqual(["lock etcd"]);
  });

  it("gives etcd no flags by a name that the cluster has for another member", () => {
    listed(started(1, "a --data-dir=/tmp"), learner());
    machine.permit({ action: "join", add: true });
    expect(machine.member().stderr).toContain("has characters that no name or URL of ours has");
    expect(machine.told).toEqual(["lock etcd"]);
  });
});
