import { statSync } from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { clusterId, FakeMachine, otherId } from "./machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
  machine.claim();
});

const decided = `update=u1\ncluster=${clusterId}\nmember=b\naction=restart\nunit=new\nhas_data=true\npid=100\nvia=\nremove=\nrename=\nadd=false\nlead=1f,3\nserve=https://a:2379,https://c:2379\ninitial=a=https://a:2380\ntoken=${clusterId}\nwait=120\n`;

function leave(permit: string, lifetime = "600") {
  return machine.run("turn", { asked: "leave\n", args: { lifetime }, bundle: { permit } });
}

it("a permit is left as it was decided, for root alone, and for a while", () => {
  const before = Math.floor(Date.now() / 1000);
  expect(leave(decided)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  const permit = machine.read("etc/permit")!;
  expect(permit.startsWith(decided)).toBe(true);
  const expires = Number(/^expires=(\d+)\n$/.exec(permit.slice(decided.length))![1]);
  expect(expires - before - 600).toBeGreaterThanOrEqual(0);
  expect(expires - before - 600).toBeLessThan(30);
  expect(statSync(path.join(machine.root, "etc/permit")).mode & 0o777).toBe(0o600);
  // What a killed update's script does to the member has to end first.
  expect(machine.told).toEqual(["lock etcd"]);
});

it("a permit without a line's end at its end has its end all the same", () => {
  leave(decided.trimEnd());
  expect(machine.read("etc/permit")).toMatch(/\nwait=120\nexpires=\d+\n$/);
});

it.each([
  ["a line of another name", `${decided}expires=99999999999\n`, /has the line 'expires=9+'/],
  [
    "a value with a space",
    decided.replace("a=https", "a --force=https"),
    /has the line 'initial=a /,
  ],
  [
    "a value with a quote",
    decided.replace("pid=100", "pid=$(reboot)"),
    /has the line 'pid=\$\(reb/,
  ],
  [
    "another cluster",
    decided.replace(clusterId, otherId),
    /for the cluster 'fedc\w+', and this is/,
  ],
  ["no cluster", decided.replace(/cluster=.*\n/, ""), /for the cluster '', and this is/],
])("a permit with %s is not left", (_, permit, expected) => {
  const { status, stderr } = leave(permit);
  expect(status).toBe(1);
  expect(stderr).toMatch(expected);
  expect(stderr).toContain("Nothing was changed");
  expect(machine.has("etc/permit")).toBe(false);
});

it("a permit lasts a number of seconds", () => {
  expect(leave(decided, "").stderr).toContain("lifetime is '', expected seconds");
  expect(machine.has("etc/permit")).toBe(false);
});

describe("a turn", () => {
  const looking = (more: string, bundle: Record<string, string> = {}) =>
    machine.run("turn", {
      asked: "look\n",
      args: { lifetime: "600" },
      bundle,
      instead: `observe() { lock "$service"; cat; echo '{"seen":"all"}'; }\n${more}`,
    });

  it("tells what it sees in one line, and takes what is decided by it", () => {
    const { status, stdout, stderr } = looking("", { permit: decided });
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '{"seen":"all"}\n',
      stderr: "",
    });
    expect(machine.read("etc/permit")?.startsWith(decided)).toBe(true);
    // It does not let go of the member in between.
    expect(machine.told).toEqual(["lock etcd"]);
  });

  it("leaves the machine as it is where nothing is decided", () => {
    const before = machine.files;
    expect(looking("")).toMatchObject({ status: 0, stderr: "" });
    expect(machine.files).toEqual(before);
  });

  it("does not hold the member's lock for somebody who is gone", () => {
    const [before, start] = [machine.files, performance.now()];
    const gone = looking(`eval "$(declare -f turn | sed 's/TMOUT=.*/TMOUT=1/')"
      check_identity() { exec < <(exec sleep 20 2>/dev/null); }`);
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(gone).toMatchObject({ status: 1, stdout: '{"seen":"all"}\n' });
    expect(gone.stderr).toContain("did not arrive whole");
    expect(machine.files).toEqual(before);
  });

  it("that nobody says has come does not last for ever", () => {
    const late = machine.run("turn", {
      asked: "",
      instead: `eval "$(declare -f turn | sed 's/-t "$turn_comes_within"/-t 0.1/')"
        take_arguments() { exec < <(exec sleep 2); }`,
    });
    expect(late.stderr).toContain("nobody said that it is this member's turn");
    expect(machine.told).toEqual([]);
  });
});
