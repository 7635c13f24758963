import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { tempFolder } from "../../../tempFolder";
import { runScript } from "../runScript";
import { clusterId, otherId } from "./machine";
import { MemberMachine, start } from "./memberMachine";

describe("beginning from a snapshot", () => {
  const restored = { action: "restore", token: `${clusterId}-r1` };
  let machine: MemberMachine;

  beforeEach(() => {
    machine = new MemberMachine();
    machine.holdData();
    machine.runs();
    machine.write("data/restored-r1/member/snap/db", "what was restored");
    machine.write("data/restored-r0/member/snap/db", "an older request");
    machine.servesWhenStarted();
  });

  it("keeps what was there aside, and is recorded", () => {
    machine.permit(restored);
    const { status, stdout } = machine.member();
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty("restored");
    expect(machine.told).toEqual(["lock etcd", "systemctl stop etcd", ...start]);
    expect(machine.read("data/before-restore-r1/wal/0.wal")).toBe("what was written");
    expect(machine.read("data/member/snap/db")).toBe("what was restored");
    expect(machine.has("data/member/wal/0.wal")).toBe(false);
    expect(machine.has("data/restored-r1")).toBe(false);
    expect(machine.has("data/restored-r0")).toBe(false);
    expect(machine.read("data/cluster-id")).toBe(`${clusterId}\n`);
    expect(machine.read("etc/cluster")).toMatch(/^restored=r1$/m);
    expect(machine.read("etc/cluster")).toMatch(/^founded=2/m);
  });

  it("keeps both where some was kept before", () => {
    machine.write("data/before-restore-r1/wal/0.wal", "what was before that");
    machine.permit(restored);
    expect(machine.member().status).toBe(0);
    expect(machine.read("data/before-restore-r1/wal/0.wal")).toBe("what was before that");
    const kept = Object.entries(machine.files).filter(([file]) => file.includes("before-restore"));
    expect(kept.map(([, text]) => text)).toContain("what was written");
  });

  it("begins on a blank machine, too, where nothing is to be stopped", () => {
    machine = new MemberMachine();
    machine.write("data/restored-r1/member/snap/db", "what was restored");
    machine.servesWhenStarted();
    machine.permit(restored);
    expect(machine.member().status).toBe(0);
    expect(machine.told).toEqual(["lock etcd", ...start]);
  });

  it("is put in its place with etcd's rights alone: a link in etcd's folder leads nowhere else", () => {
    const watch = ["mv", "tee", "chmod"].map(
      (tool) =>
        `${tool}() { [[ "$*" != *"$data/"* ]] || told "${tool} as \${as:-root}"; command ${tool} "$@"; }`,
    );
    const changes = () => {
      machine.servesWhenStarted();
      machine.permit(restored);
      expect(machine.member({ instead: watch.join("\n") }).status).toBe(0);
      return machine.told.filter((line) => / as (root|etcd)$/.test(line));
    };
    expect(changes()).toEqual(["mv as etcd", "mv as etcd"]);
    machine = new MemberMachine();
    machine.write("data/restored-r1/member/snap/db", "what was restored");
    expect(changes()).toEqual(["tee as etcd", "chmod as etcd", "mv as etcd", "mv as etcd"]);
  });

  it("is known as this cluster's, wherever it was ended", () => {
    machine = new MemberMachine();
    machine.write("data/restored-r1/member/snap/db", "what was restored");
    machine.servesWhenStarted();
    machine.permit(restored);
    const ended = 'mv() { command mv "$@"; [[ $2 != */restored-r1/member ]] || exit 9; }';
    expect(machine.member({ instead: ended }).status).toBe(9);
    machine.permit(restored);
    expect(machine.member()).toMatchObject({ status: 0 });
    expect(machine.read("data/member/snap/db")).toBe("what was restored");
  });

  it("goes on where it was ended: what was restored is not moved aside", () => {
    machine.permit(restored);
    expect(machine.member({ instead: "mark() { exit 9; }" }).status).toBe(9);
    expect(machine.read("data/member/snap/db")).toBe("what was restored");
    machine.permit(restored);
    expect(machine.member().status).toBe(0);
    expect(machine.read("data/member/snap/db")).toBe("what was restored");
    expect(machine.read("data/before-restore-r1/wal/0.wal")).toBe("what was written");
    expect(machine.read("etc/cluster")).toMatch(/^restored=r1$/m);
  });

  it("is refused where what runs does not stop", () => {
    machine.permit(restored);
    const stuck = "timeout() { [[ $* != *stop* ]]; }";
    expect(machine.member({ instead: stuck }).stderr).toContain("did not stop within 120 s");
    expect(machine.read("data/member/wal/0.wal")).toBe("what was written");
  });

  it.each([
    ["nothing waits", `${clusterId}-r2`],
    ["the token is of no restore", clusterId],
    ["the token is another cluster's", `${otherId}-r1`],
  ])("is refused where %s", (_, token) => {
    machine.permit({ ...restored, token });
    const before = machine.files;
    expect(machine.member().stderr).toContain("no restored data waits for b");
    machine.expectNothingDone(before);
  });
});

it("a start may take longer the larger the member's own database is, were nobody there to tell its size", () => {
  const folder = tempFolder();
  const limit = () => runScript("member", `data=${folder}; permit[wait]=120; limit`).stdout.trim();
  expect(limit()).toBe("120");
  mkdirSync(path.join(folder, "member/snap"), { recursive: true });
  const file = path.join(folder, "member/snap/db");
  writeFileSync(file, "");
  // Sparse: it takes no room.
  truncateSync(file, 2 * 1024 ** 3);
  expect(limit()).toBe(String(120 + Math.floor(4096 / 14)));
});
