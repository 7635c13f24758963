import { beforeEach, describe, expect, it } from "vitest";
import { otherId, unit, url } from "./machine";
import { later, MemberMachine } from "./memberMachine";

let machine: MemberMachine;
beforeEach(() => {
  machine = new MemberMachine();
});

describe("without a permit that fits", () => {
  beforeEach(() => {
    machine.holdData();
    machine.runs();
    machine.serving("a", "b", "c");
  });

  it.each<[string, () => void, RegExp]>([
    ["there is none", () => undefined, /no permit: .*without --target.*Nothing was changed/],
    [
      "it has expired",
      () => machine.permit({ expires: later - 7200 }),
      /has expired \(3\d{3} s ago\)/,
    ],
    ["it never ends", () => machine.permit({ expires: "" }), /has expired/],
    [
      "it is another cluster's",
      () => machine.permit({ cluster: otherId }),
      /for the cluster 'fedc/,
    ],
    ["it is another member's", () => machine.permit({ member: "c" }), /for the member 'c'/],
    ["it is for another unit", () => machine.permit({ unit: "older" }), /for the unit 'older'/],
    ["the process is another", () => machine.permit({ pid: 99 }), /process 99, and now it is 100/],
    [
      "data has gone",
      () => machine.permit({ has_data: false }),
      /has_data=false, and now it is true/,
    ],
    [
      "the action is unknown",
      () => machine.permit({ action: "destroy" }),
      /which this script does not know/,
    ],
  ])("nothing is changed: %s", (_, write, expected) => {
    write();
    if (machine.has("etc/permit") && !machine.read("etc/permit")!.includes("action=")) {
      machine.write("etc/permit", `${machine.read("etc/permit")}action=restart\n`);
    }
    const before = machine.files;
    const { status, stderr } = machine.member();
    expect(status).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr).toContain("Nothing was changed");
    machine.expectNothingDone(before);
  });

  it("nothing is changed: the unit that arrived is not the one it is for", () => {
    machine.permit({ action: "restart" });
    const before = machine.files;
    const { stderr } = machine.member({ bundle: { unit: unit("newest") } });
    expect(stderr).toContain("for the unit that arrived 'new', and this is 'newest'");
    machine.expectNothingDone(before);
  });

  it("nothing is changed: etcd does not take its flags, and the permit stays", () => {
    machine.permit({ action: "restart" });
    machine.write("bin/etcd", "#!/bin/sh\necho 'bad flag' >&2\nexit 2\n", 0o755);
    const before = machine.files;
    expect(machine.member().stderr).toContain(
      "etcd 3.7.3 refuses its flags: bad flag. Nothing was changed",
    );
    expect(machine.told).toEqual(["lock etcd"]);
    expect(machine.files).toEqual(before);
  });

  it("nothing is changed on another cluster's machine", () => {
    machine.claim({ id: otherId });
    machine.permit({ action: "restart" });
    const before = machine.files;
    expect(machine.member().stderr).toContain("belongs to the cluster prod (fedc");
    expect(machine.told).toEqual(["lock etcd"]);
    expect(machine.files).toEqual(before);
  });

  it("nothing is changed while the data volume is not mounted", () => {
    machine.write("units/data.mount", "# Written by Pulumi\n");
    machine.permit({ action: "restart" });
    const before = machine.files;
    expect(machine.member().stderr).toContain("the data volume is not mounted");
    expect(machine.told).toEqual(["lock etcd"]);
    expect(machine.files).toEqual(before);
  });

  it("a permit is used once", () => {
    machine.permit({ action: "restart", serve: url("a") });
    machine.servesWhenStarted();
    expect(machine.member().status).toBe(0);
    expect(machine.has("etc/permit")).toBe(false);
    expect(machine.member().stderr).toContain("no permit");
  });

  it("a process that ends again and again may be another one by now, for whom it is to be started", () => {
    machine.permit({ action: "start", pid: 99 });
    machine.write("systemd/NRestarts", "3\n");
    machine.serving("a", "c");
    machine.servesWhenStarted();
    expect(machine.member()).toMatchObject({ status: 0 });
    machine.permit({ action: "restart", pid: 99 });
    expect(machine.member().stderr).toContain("process 99, and now it is 200");
  });
});
