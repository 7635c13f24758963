import { beforeEach, describe, expect, it } from "vitest";
import { clusterId, FakeMachine, otherId, unit } from "./machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
});

/** Nothing of the machine that runs the tests is touched. */
const elsewhere = () =>
  `policy=${machine.root}/policy packages_installed=${machine.root}/no packages_held=${machine.root}/no`;

const remove = (purge = false) =>
  machine.run("remove", {
    args: { purge: String(purge), links: `${machine.root}/links` },
    instead: elsewhere(),
  });

function install(): void {
  machine.claim({ founded: "2026-11-24T12:00:00Z" });
  machine.holdData();
  machine.runs();
  machine.write("etc/permit", "");
  machine.write("opt/v3.7.3/by-pulumi", "");
  machine.write("opt/v3.7.3/bin/etcd", "");
  machine.write(
    "links/etcdctl",
    `#!/bin/bash\n# Written by Pulumi for cluster ${clusterId}, from ${machine.config}: etcdctl\n`,
  );
  machine.write("links/etcdutl", "of somebody else");
}

describe("what goes when a member leaves the stack", () => {
  it("is all that is its own, but for the data", () => {
    install();
    const { status, stderr } = remove();
    expect(status).toBe(0);
    expect(stderr).toContain(`the data stays in ${machine.data}`);
    expect(machine.told).toEqual([
      "lock etcd",
      "systemctl disable --quiet --now etcd",
      "systemctl daemon-reload",
    ]);
    const ours = ["etc/cluster", "etc/permit", "units/etcd.service", "opt/v3.7.3", "links/etcdctl"];
    for (const gone of ours) {
      expect([gone, machine.has(gone)]).toEqual([gone, false]);
    }
    expect(machine.has("links/etcdutl")).toBe(true);
    expect(machine.has("data/member/wal/0.wal")).toBe(true);
    expect(machine.has("data/cluster-id")).toBe(true);
  });

  it("is a snapshot that was brought for it and never taken, and nobody else's", () => {
    install();
    const files = ["b-0a1b.db", "b-c-0a1b.db", "c-0a1b.db"].map((name) => `uploads/${name}`);
    files.forEach((file) => machine.write(file, "a database"));
    const args = { uploads: `${machine.root}/uploads`, name: "b" };
    expect(machine.run("remove", { args, instead: elsewhere() })).toMatchObject({ status: 0 });
    expect(files.map((file) => machine.has(file))).toEqual([false, true, true]);
  });

  it("is the data, too, where that is asked for", () => {
    install();
    expect(remove(true)).toMatchObject({ status: 0 });
    expect(machine.has("data")).toBe(false);
  });

  it("is what is in a mount point, which stays", () => {
    install();
    const result = machine.run("remove", {
      args: { purge: "true" },
      instead: `${elsewhere()}; rmdir() { return 1; }`,
    });
    expect(result).toMatchObject({ status: 0 });
    expect(machine.has("data/member")).toBe(false);
    expect(machine.has("data")).toBe(true);
  });

  it("is nothing where nothing is", () => {
    expect(remove(true)).toMatchObject({ status: 0 });
    expect(machine.told).toEqual(["lock etcd"]);
  });

  it.each<[string, () => void]>([
    ["by its record", () => machine.claim({ id: otherId, name: "lab" })],
    ["by its unit", () => machine.write("units/etcd.service", unit("new", otherId))],
  ])("is nothing of another cluster's, and the rest of the stack goes: %s", (_, make) => {
    install();
    make();
    const before = machine.files;
    const { status, stderr } = remove(true);
    expect(status).toBe(0);
    expect(stderr).toContain("Nothing on this machine was touched");
    expect(machine.told).toEqual(["lock etcd"]);
    expect(machine.files).toEqual(before);
  });

  it.each([otherId, ""])("is no data that is not its own: '%s'", (id) => {
    install();
    machine.write("data/cluster-id", id);
    const { status, stderr } = remove(true);
    expect(status).toBe(0);
    expect(stderr).toContain("It was not touched");
    expect(machine.has("data/member/wal/0.wal")).toBe(true);
    expect(machine.has("units/etcd.service")).toBe(false);
  });
});
