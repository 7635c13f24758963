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
      expect.stringMatching(/^chown -R etcd:etcd .*\/data\/\.restoring-r1$/),
    ]);
    expect(machine.has("data/restored-r1/member/snap")).toBe(true);
    expect(machine.read("data/member/wal/0.wal")).toBe("what was written");
    expect(machine.has("snapshot.db")).toBe(false);
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

  it("leaves nothing where it does not fit", () => {
    const { status, stderr } = restore({}, "free_mib() { echo 1; }");
    expect(status).toBe(1);
    expect(stderr).toMatch(/has 1 MiB free, and restoring needs 128 MiB/);
    expect(machine.has("data/.snapshot-to-restore")).toBe(false);
    expect(machine.has("snapshot.db")).toBe(true);
  });
});
