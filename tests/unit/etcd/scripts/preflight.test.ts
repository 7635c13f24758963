import { beforeEach, describe, expect, it } from "vitest";
import { FakeMachine, otherId, unit } from "./machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
});

/** A machine that is ready for a member. */
const ready = `
  check_tools() { :; }
  check_address() { :; }
  date() { echo 1000; }
  du() { printf '3072\\t%s\\n' "$3"; }
  free_mib() { echo 5000; }
  ss() { [[ $* != *2379* ]] || echo "LISTEN etcd"; }`;

function findings(args: Record<string, string> = {}, more = ""): string[] {
  const { status, stdout, stderr } = machine.run("preflight", {
    args: { address: "localhost", ports: "2380", quota: "2", now: "1000", ...args },
    instead: `${ready}\n${more}`,
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((line) => line !== "");
}

describe("a machine that is looked at before the first change", () => {
  it("may be blank, or this cluster's", () => {
    expect(findings()).toEqual([]);
    machine.claim();
    machine.runs();
    machine.holdData();
    machine.write("systemd/FragmentPath", "/etc/systemd/system/etcd.service\n");
    expect(findings({ ports: "2379" })).toEqual([]);
  });

  it.each(["", otherId])("is not another cluster's, for the cluster '%s'", (cluster) => {
    machine.claim();
    machine.runs();
    machine.holdData();
    const [record, running, data, ...more] = findings({
      cluster,
      cluster_name: "lab",
      stack: "b/e/l",
    });
    const whose = cluster === "" ? "not made yet" : otherId;
    for (const finding of [record, running, data]) {
      expect(finding).toContain(`this is for the cluster lab (${whose}) of the stack b/e/l`);
    }
    expect(record).toMatch(/belongs to the cluster prod \(0123\w+\) of the stack acme\/etcd\/prod/);
    expect(running).toMatch(/runs a member of the cluster prod \(0123\w+\)/);
    expect(data).toMatch(/the data there is of the cluster 0123/);
    expect(more).toEqual([]);
  });

  it("has no unit of nobody knows which cluster", () => {
    machine.write("units/etcd.service", unit("new").replace(/.*CLUSTER_ID.*\n/, ""));
    expect(findings()).toEqual([expect.stringContaining("(without an id)")]);
  });

  it("has no data of nobody knows which cluster", () => {
    machine.holdData("");
    const expected = [
      expect.stringContaining("holds the data of an etcd that this stack did not make"),
    ];
    expect(findings()).toEqual(expected);
    expect(findings({ cluster: "" })).toEqual(expected);
  });

  it("may have its own data on a new system", () => {
    machine.holdData();
    expect(findings()).toEqual([]);
  });

  it("has nothing of somebody else's in the way", () => {
    machine.write("systemd/FragmentPath", "/lib/systemd/system/etcd.service\n");
    machine.write("etc/pki/ca.crt", "");
    expect(findings({ ports: "2379,2380" })).toEqual([
      expect.stringContaining(
        "there is an etcd.service already (/lib/systemd/system/etcd.service, in",
      ),
      expect.stringContaining("etc/pki is there, and this stack did not make it"),
      "port 2379 is in use by etcd",
    ]);
  });

  it.each([
    [1029, ""],
    [1030, "30 s behind"],
    [971, ""],
    [970, "30 s ahead"],
    [1299, "299 s behind"],
  ])("has a clock that differs by less than 30 s: %d", (now, expected) => {
    const found = findings({ now: String(now) });
    expect(found).toHaveLength(expected === "" ? 0 : 1);
    expect(found.join()).toContain(expected);
  });

  it("reaches the other members' ports, were it to be turned away", () => {
    const others = ["b=10.0.0.2:2379", "b=10.0.0.2:2380", "c=10.0.0.3:2379", "d=10.0.0.4:2380"];
    const answers = `timeout() {
      case $4 in
        *10.0.0.2/2379) ;;
        *10.0.0.2/2380) echo "bash: connect: Connection refused"; return 1 ;;
        *10.0.0.3/2379) return 124 ;;
        *10.0.0.4/2380) echo "bash: connect: No route to host"; return 1 ;;
      esac
    }`;
    expect(findings({ others: others.join(",") }, answers).sort()).toEqual([
      expect.stringContaining(
        "port 2379 of c (10.0.0.3) cannot be reached from here: no answer within 5 s. Look for a firewall",
      ),
      expect.stringContaining(
        "port 2380 of d (10.0.0.4) cannot be reached from here: no way there",
      ),
    ]);
    expect(findings({ others: "" })).toEqual([]);
  });

  it("has room for a database and more, of which its own data is a part", () => {
    const scarce = "free_mib() { [[ $1 == /opt* ]] && echo 1024 || echo 1000; }";
    expect(findings({}, scarce)).toEqual([
      expect.stringMatching(/data has 1000 MiB free, expected 3072/),
    ]);
    machine.claim();
    machine.holdData();
    expect(findings({}, scarce)).toEqual([]);
  });

  it("has room for a release, unless it has a member that runs one", () => {
    const scarce = "free_mib() { [[ $1 == /opt* ]] && echo 1023 || echo 9999; }";
    expect(findings({}, scarce)).toEqual([expect.stringMatching(/opt has 1023 MiB free/)]);
    machine.claim();
    machine.runs();
    expect(findings({}, scarce)).toEqual([]);
  });
});
