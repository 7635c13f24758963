import { chmodSync } from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { readObservation } from "../../../../components/etcd/rollout/observed";
import { clusterId, FakeMachine, unit, url } from "./machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
  machine.write("bin/etcdctl", "", 0o755);
});

const endpoints = ["a", "b", "c"].map(url).join(",");

/** etcd's answers, in which the script is not interested. */
const answers = () => `
  free_mib() { echo 4711; }
  knock_at() { if accepts "$1"; then echo open; else echo refused; fi; }
  curl() { [[ ! -v SILENT ]] || { echo "curl: (28) timed out" >&2; return 28; }; echo '{"etcdcluster":"3.7.0"}'; }
  ctl() { echo "$1 \${*:2}"; echo "a warning" >&2; [[ ! -v SILENT ]]; }
  readlink() { echo ${machine.root}/opt/v3.6.1/bin/etcd; }
  timeout() { [[ $2 != /proc/* ]] || { echo "etcd Version: 3.7.3"; return; }; shift; "$@"; }`;

function observe(more = "", args: Record<string, string> = {}) {
  return machine.run("observe", {
    args: { endpoints, tls: "false", ...args },
    instead: `${answers()}\n${more}`,
  });
}

interface Document {
  answers: Record<string, string>;
  errors: Record<string, string>;
  [field: string]: unknown;
}

const document = (text: string) => JSON.parse(text) as Document;
const decoded = (all: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(all).map(([name, text]) => [name, Buffer.from(text, "base64").toString()]),
  );

describe("what a machine tells of itself", () => {
  it("is that there is nothing, where there is nothing", () => {
    const { status, stdout } = observe();
    expect(status).toBe(0);
    expect(document(stdout)).toMatchObject({
      format: 1,
      cluster: { id: "", name: "", stack: "", founded: "", restored: "" },
      dataCluster: "",
      hasData: false,
      restoreWaiting: "",
      unit: "",
      process: {
        ...{ pid: 0, version: "", digest: "", cluster: "", trusts: null, quotaBytes: "" },
        ...{ restarts: 0, state: "inactive" },
      },
      certificates: { ca: "", "peer-ca": "", server: "", peer: "", operator: "" },
      freeMiB: 4711,
    });
    expect(machine.told).toEqual(["lock etcd"]);
  });

  it("is all of it, and nothing is changed", () => {
    machine.claim({ founded: "2026-11-24T12:00:00Z", restored: "r0" });
    machine.holdData();
    machine.runs();
    machine.write("units/etcd.service", unit("on the disk"));
    machine.write("data/restored-r1/member/snap/db", "");
    machine.write("etc/pki/server.crt", "CERTIFICATE");
    machine.write("systemd/NRestarts", "2\n");
    const before = machine.files;
    const { status, stdout, stderr } = observe();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.endsWith("\n") && !stdout.trimEnd().includes("\n")).toBe(true);
    expect(document(stdout)).toMatchObject({
      cluster: {
        ...{ id: clusterId, name: "prod", stack: "acme/etcd/prod" },
        ...{ founded: "2026-11-24T12:00:00Z", restored: "r0" },
      },
      dataCluster: clusterId,
      hasData: true,
      restoreWaiting: "r1",
      unit: Buffer.from(unit("on the disk")).toString("base64"),
      process: {
        ...{ pid: 100, version: "3.7.3", digest: "old", cluster: clusterId, trusts: "1,2" },
        ...{ quotaBytes: "400", restarts: 2, state: "active" },
      },
      certificates: {
        ...{ ca: "", "peer-ca": "", peer: "", operator: "" },
        server: Buffer.from("CERTIFICATE").toString("base64"),
      },
    });
    expect(machine.files).toEqual(before);
    expect(machine.told).toEqual(["lock etcd"]);
  });

  it("is its version as it says itself, without a second process of it", () => {
    machine.runs();
    machine.serving("b");
    const telling = `curl() { echo '{"etcdserver":"3.6.16","etcdcluster":"3.6.0"}'; }`;
    expect(document(observe(telling).stdout)).toMatchObject({ process: { version: "3.6.16" } });
  });

  it("is what the program reads", () => {
    machine.claim();
    machine.holdData();
    machine.runs();
    const seen = readObservation("b", observe().stdout);
    expect(seen).toMatchObject({
      cluster: { id: clusterId },
      hasData: true,
      process: { pid: 100, version: "3.7.3", trusts: [1, 2], quotaBytes: 400 },
      view: { clusterVersion: "3.7.0" },
    });
  });

  it("is whether access is controlled, where that is asked", () => {
    machine.runs();
    machine.serving("b");
    const asked = (args = {}) => decoded(document(observe("", args).stdout).answers);
    expect(asked()).not.toHaveProperty("access");
    expect(asked({ asks_access: "true" })["access"]).toContain("auth status --write-out=json");
  });

  it("is no JSON of a stranger's", () => {
    machine.claim({ name: `x","founded":"never` });
    machine.write("data/cluster-id", `"}\u001b[31m`);
    const { stdout } = observe();
    expect(document(stdout)).toMatchObject({
      cluster: { name: "xfounded:never", founded: "" },
      dataCluster: "31m",
    });
  });

  it("is not that data is lost, where only its volume is not mounted", () => {
    machine.write("units/data.mount", "");
    const { status, stdout, stderr } = observe();
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("the data volume is not mounted");
    machine.write("mounted", "");
    expect(observe().status).toBe(0);
  });
});

describe("what the members tell here", () => {
  it("is asked of all that listen, and of the own one where one answers for all", () => {
    machine.serving("b", "c");
    const { doors, answers: said } = document(observe().stdout);
    expect(doors).toEqual({ [url("a")]: "refused", [url("b")]: "open", [url("c")]: "open" });
    expect(decoded(said)).toEqual({
      health: `${url("b")},${url("c")} endpoint health --write-out=json\n`,
      status: `${url("b")},${url("c")} endpoint status --write-out=json\n`,
      members: `${url("b")} member list --write-out=json\n`,
      alarms: `${url("b")} alarm list --write-out=json\n`,
      version: `{"etcdcluster":"3.7.0"}\n`,
    });
  });

  it("is asked of the others where the own one does not listen", () => {
    expect(decoded(document(observe().stdout).answers)).toMatchObject({
      members: `${url("a")},${url("c")} member list --write-out=json\n`,
      alarms: `${url("a")},${url("c")} alarm list --write-out=json\n`,
    });
  });

  it("is not asked where nobody listens", () => {
    machine.serving();
    const { status, stdout } = observe("ctl() { told asked; }");
    expect(status).toBe(0);
    expect(new Set(Object.values(document(stdout).answers))).toEqual(new Set([""]));
    expect(machine.told).toEqual(["lock etcd"]);
  });

  it("is also that nobody answers, with what is said then", () => {
    const { status, stdout } = observe("SILENT=true");
    expect(status).toBe(0);
    const { answers: said, errors } = document(stdout);
    expect(decoded(said)).toMatchObject({ version: "" });
    expect(decoded(errors)).toMatchObject({
      health: "a warning\n",
      version: "curl: (28) timed out\n",
    });
  });

  it("is bounded where somebody talks for ever", () => {
    const { stdout } = observe('ctl() { printf "%0600000d" 0; printf "%09000d" 0 >&2; }');
    const { answers: said, errors } = document(stdout);
    expect(decoded(said)["health"]).toHaveLength(128 * 1024);
    expect(decoded(errors)["health"]).toHaveLength(4096);
  });

  it("is nothing where there is no etcdctl", () => {
    chmodSync(path.join(machine.root, "bin/etcdctl"), 0o644);
    const { status, stdout } = observe();
    expect(status).toBe(0);
    expect(new Set(Object.values(document(stdout).answers))).toEqual(new Set([""]));
  });

  it("is asked by the etcdctl that is there, where the version asked for has not arrived", () => {
    machine.write("opt/v3.6.1/bin/etcdctl", "", 0o755);
    const used = 'ctl() { echo "by $binaries"; }';
    const { stdout } = observe(used, { binaries: `${machine.root}/opt/v3.7.3/bin` });
    expect(decoded(document(stdout).answers)["health"]).toBe(`by ${machine.root}/opt/v3.6.1/bin\n`);
  });
});

describe("a door", () => {
  it.each([
    [":", "open"],
    ['echo "bash: connect: Connection refused" >&2; return 1', "refused"],
    ['echo "bash: connect: No route to host" >&2; return 1', "silent"],
    ["return 124", "silent"],
  ])("where '%s' is %s", (said, door) => {
    const knock = `timeout() { ${said}; }; observe() { knock_at http://x:1; }`;
    expect(machine.run("observe", { instead: knock })).toMatchObject({ stdout: `${door}\n` });
  });
});
