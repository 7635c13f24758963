import { beforeEach, describe, expect, it } from "vitest";
import type { ScriptName } from "../../../../components/etcd/scripts";
import { clusterId, FakeMachine, otherId, unit } from "./machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
});

/** What on a machine is not this cluster's, and how it is said. */
const strangers: [string, () => void, RegExp][] = [
  [
    "it is another cluster's, by its record",
    () => machine.claim({ id: otherId, name: "lab", stack: "bob/etcd/lab" }),
    /belongs to the cluster lab \(fedc\w+\) of the stack bob\/etcd\/lab, and this is for the cluster prod \(0123\w+\) of the stack acme\/etcd\/prod\. .*sudo rm \S+\/etc\/cluster/,
  ],
  [
    "its unit is another cluster's",
    () => machine.write("units/etcd.service", unit("new", otherId)),
    /runs a member of the cluster prod \(fedc\w+\) of another stack.*sudo rm \S+\/units\/etcd\.service/,
  ],
  [
    "its unit is of nobody knows which",
    () => machine.write("units/etcd.service", unit("new").replace(/.*CLUSTER_ID.*\n/, "")),
    /cluster prod \(without an id\)/,
  ],
  [
    "somebody else set etcd up",
    () => machine.write("units/etcd.service", "[Unit]\nDescription=etcd\n"),
    /was not written by Pulumi: an etcd that somebody else set up/,
  ],
  [
    "its data is another cluster's",
    () => machine.holdData(otherId),
    /cluster-id says that the data there is of the cluster fedc.*sudo rm -r \S+\/cluster-id/,
  ],
  [
    "its data is of nobody knows which",
    () => machine.holdData(""),
    /holds the data of an etcd that this stack did not make, or no longer knows/,
  ],
];

describe.each<[ScriptName, string?]>([
  ["turn"],
  ["member"],
  ["restore"],
  ["handover"],
  ["depart"],
  ["access"],
  ["downgrade"],
  ["defrag"],
  ["disarm"],
  ["snapshot", "settings"],
])("%s changes nothing and asks nobody", (script, settings) => {
  const run = () =>
    machine.run(script, {
      args: settings === undefined ? {} : { settings: `${machine.root}/${settings}`, when: "now" },
      asked: script === "turn" ? "leave\n" : "",
      bundle: { permit: "action=keep\n", unit: "" },
    });

  beforeEach(() => {
    machine.claim();
    machine.write("settings", "");
  });

  it.each(script === "member" ? strangers : strangers.slice(0, 1))("where %s", (...stranger) => {
    const [, make, expected] = stranger;
    make();
    const before = machine.files;
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr).toContain("Nothing was changed");
    expect(machine.files).toEqual(before);
    expect(machine.told.filter((line) => line !== "lock etcd")).toEqual([]);
  });

  it("where the machine has not been claimed", () => {
    machine = new FakeMachine();
    machine.write("settings", "");
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toMatch(/has not been claimed for the cluster prod .* Nothing was changed\./);
    expect(machine.told.filter((line) => line !== "lock etcd")).toEqual([]);
  });
});

describe("claiming a machine", () => {
  const claim = () =>
    machine.run("stage", { instead: 'stage() { take_arguments "$@"; claim_machine; }' });

  it("writes whose it is, for all to read", () => {
    expect(claim()).toMatchObject({ status: 0 });
    expect(machine.read("etc/cluster")).toBe(
      `id=${clusterId}\nname=prod\nstack=acme/etcd/prod\nfounded=\nrestored=\n`,
    );
  });

  it("leaves its own record as it is", () => {
    machine.claim({ founded: "2026-11-24T12:00:00Z", restored: "r1" });
    const before = machine.files;
    expect(claim()).toMatchObject({ status: 0, stderr: "" });
    expect(machine.files).toEqual(before);
  });

  it("takes back what comes with the data and the unit of its own", () => {
    machine.holdData();
    machine.runs();
    expect(claim()).toMatchObject({ status: 0 });
    expect(machine.read("etc/cluster")).toContain(`id=${clusterId}\n`);
  });

  it.each(strangers)("is refused where %s", (_, make, expected) => {
    make();
    const before = machine.files;
    const { status, stderr } = claim();
    expect(status).toBe(1);
    expect(stderr).toMatch(expected);
    expect(machine.files).toEqual(before);
  });

  it.each(["", "prod", clusterId.toUpperCase(), `${clusterId}0`])(
    "is refused for the id '%s'",
    (cluster) => {
      const { status, stderr } = machine.run("stage", {
        args: { cluster },
        instead: 'stage() { take_arguments "$@"; claim_machine; }',
      });
      expect(status).toBe(1);
      expect(stderr).toContain("expected 32 hexadecimal characters. Nothing was changed");
      expect(machine.has("etc/cluster")).toBe(false);
    },
  );
});

it("a mark changes one line of the record", () => {
  machine.claim({ restored: "r1" });
  machine.run("member", {
    instead: 'member() { take_arguments "$@"; mark founded today; mark founded now; }',
  });
  expect(machine.read("etc/cluster")!.split("\n").sort()).toEqual([
    "",
    "founded=now",
    `id=${clusterId}`,
    "name=prod",
    "restored=r1",
    "stack=acme/etcd/prod",
  ]);
});

it("a record's words are a stranger's: no control codes, no quotes, and not for ever", () => {
  machine.claim({ id: otherId, name: `lab\u001b[31m"'$(reboot)`, stack: "x".repeat(5000) });
  const { stderr } = machine.run("disarm");
  expect(stderr).toContain(
    `the cluster lab31mreboot (${otherId}) of the stack ${"x".repeat(200)}, `,
  );
});
