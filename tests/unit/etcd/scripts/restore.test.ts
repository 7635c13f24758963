import * as fs from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeMachine, otherId } from "./machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
  machine.claim();
  machine.write("snapshot.db", "a snapshot");
});

/** A tool that takes any snapshot, and writes data of it. */
const tool = `
  prepare_data_directory() { told prepare; [[ ! -v BRINGS ]] || { mkdir -p "$data/member/wal"; echo "$BRINGS" >"$data/cluster-id"; }; }
  check_snapshot() { status='{"revision":7,"totalKey":3}'; }
  check_snapshot_version() { :; }
  free_mib() { echo 100000; }
  snapshot_tool() {
    [[ $* != *--help* ]] || return 0
    told "\${*:1:2}" "$(tr ' ' '\\n' <<<"$*" | grep token)"
    mkdir -p "$(sed 's/.*--data-dir=\\([^ ]*\\).*/\\1/' <<<"$*")/member/snap"
  }`;

function restore(args: Record<string, string> = {}, more = "") {
  return machine.run("restore", {
    args: { restore: "r1", token: "x-r1", uploaded: `${machine.root}/snapshot.db`, ...args },
    bundle: { credentials: "" },
    instead: `${tool}\n${more}`,
  });
}

describe("a snapshot for a member that is to begin from it", () => {
  it("becomes data beside the member's, which goes on as it is", () => {
    machine.holdData();
    const { status, stdout } = restore({ over: "true" });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ restored: "r1", status: { revision: 7 } });
    expect(machine.told).toEqual([
      "lock etcd",
      "prepare",
      "snapshot restore --initial-cluster-token=x-r1",
      "chown -R etcd:etcd made",
    ]);
    expect(machine.has("data/restored-r1/member/snap")).toBe(true);
    expect(machine.read("data/member/wal/0.wal")).toBe("what was written");
    expect(machine.has("snapshot.db")).toBe(false);
  });

  /** etcd's folder is etcd's: one that was taken over may put a link there at any moment. */
  it("is written to no place that a link in etcd's folder leads to", () => {
    machine.write("victim", "somebody's");
    const links = [".snapshot-to-restore", ".restoring-r1"].map(
      (name) => `ln -sfn ${machine.root}/victim "$data/${name}"`,
    );
    expect(restore({}, `rm() { command rm "$@"; ${links.join("; ")}; }`).status).toBe(0);
    expect(machine.read("victim")).toBe("somebody's");
    expect(machine.has("data/restored-r1/member/snap")).toBe(true);
  });

  it("is refused where a link has taken the place of the folder that it is written to", () => {
    fs.mkdirSync(path.join(machine.root, "victim"));
    const link = `make_staging() { staging=$1/.staging.x; mkdir -p "$staging"; [[ $1 != "$data" ]] || { command rm -r "$staging"; ln -s ${machine.root}/victim "$staging"; }; }`;
    const { status, stderr } = restore({}, link);
    expect(status).toBe(1);
    expect(stderr).toContain("something else took the place of");
    expect(fs.readdirSync(path.join(machine.root, "victim"))).toEqual([]);
  });

  it.each(["", "false", "yes"])("is not brought over data, unless that is meant: '%s'", (over) => {
    machine.holdData();
    const before = machine.files;
    const { status, stderr } = restore({ over });
    expect(status).toBe(1);
    expect(stderr).toContain("set restoreOverData: true");
    expect(machine.told).toEqual(["lock etcd", "prepare"]);
    expect(machine.files).toEqual(before);
  });

  it("is not brought over another cluster's data, which a volume may have brought", () => {
    const { status, stderr } = restore({ over: "true" }, `BRINGS=${otherId}`);
    expect(status).toBe(1);
    expect(stderr).toContain(`the data there is of the cluster ${otherId}`);
    expect(machine.has("data/restored-r1")).toBe(false);
  });

  // The disk is the running member's: one that fills it takes its writes away.
  it("is not brought where it does not fit beside what is there", () => {
    const { status, stderr } = restore({}, "free_mib() { echo 1; }; cp() { told cp; }");
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /has 1 MiB free, and bringing and restoring the uploaded snapshot needs 128 MiB/,
    );
    expect(machine.told).not.toContain("cp");
    expect(fs.readdirSync(machine.data)).toEqual([]);
    expect(machine.has("snapshot.db")).toBe(true);
  });

  it.each([
    ["is taken where both it and its data fit", 250 + 128, 0],
    ["is refused where only one of them does", 249 + 128, 1],
  ])("in a bucket %s", (_, free, expected) => {
    const store = `
      free_mib() { echo ${free}; }
      s3_request() {
        if [[ $3 == --head ]]; then printf 'HTTP/1.1 200 OK\r\nContent-Length: ${100 * 1024 ** 2}\r\n\r\n'; return; fi
        told get; : >snapshot; truncate --size=${100 * 1024 ** 2} snapshot
      }`;
    const { status, stderr } = restore({ uploaded: "", bucket: "b", key: "k.db" }, store);
    expect(status, stderr).toBe(expected);
    expect(machine.told.includes("get")).toBe(expected === 0);
    if (expected === 1) {
      expect(stderr).toContain("restoring s3://b/k.db needs 378 MiB beside what is there");
    }
  });

  it("in a bucket is asked for itself where the store does not tell its size", () => {
    const store = `
      s3_request() { [[ $3 != --head ]] || fail "the store says no"; told get; echo a >snapshot; }`;
    const { status, stderr } = restore({ uploaded: "", bucket: "b", key: "k.db" }, store);
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain("the store says no");
    expect(machine.told).toContain("get");
  });
});
