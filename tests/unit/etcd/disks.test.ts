import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { disksHealth, readDisks, type SeenDisk } from "../../../components/etcd/disks";
import { diskLines, exitStatus } from "../../../operator/healthTable";
import { runScript } from "./runScript";

const GiB = 1024;
const disk = (use: SeenDisk["use"], freeMiB: number, mount: string): SeenDisk => ({
  use,
  mount,
  sizeMiB: 20 * GiB,
  freeMiB,
});
const disks = (data: number, root = 5 * GiB, snapshots = 5 * GiB) => [
  disk("data", data, "/var/lib/etcd"),
  disk("root", root, "/"),
  disk("snapshots", snapshots, "/snapshots"),
];
const member = (own: readonly SeenDisk[], databaseMiB: number | undefined = 100) => ({
  name: "a",
  disks: own,
  databaseBytes: databaseMiB === undefined ? undefined : databaseMiB * 1024 ** 2,
});
const warningOf = (own: readonly SeenDisk[], databaseMiB?: number) =>
  disksHealth([member(own, databaseMiB)], 2 * 1024 ** 3).warning;

describe("a disk has room", () => {
  it.each<[string, readonly SeenDisk[], number?]>([
    ["for all that the database may grow by, and its log", disks(2048 - 100 + 512)],
    ["though the database is larger than its quota", disks(512), 3 * GiB],
    ["for the next snapshot", disks(5 * GiB, 512, 100)],
  ])("%s", (_, own, databaseMiB) => expect(warningOf(own, databaseMiB)).toBe(""));

  it.each<[string, readonly SeenDisk[], RegExp]>([
    ["data", disks(2459), /^a has 2\.4 GiB free on \/var\/lib\/etcd \(data\), and 2\.4 GiB may be/],
    ["root", disks(5 * GiB, 511), /^a has 511 MiB free on \/ \(root\), and 512 MiB may be needed/],
    ["snapshots", disks(5 * GiB, 512, 99), /free on \/snapshots \(snapshots\), and 100 MiB may be/],
  ])("or it is told: %s", (_, own, expected) => {
    expect(warningOf(own)).toMatch(expected);
    expect(warningOf(own)).toMatch(/: make room or the disk larger \(dataVolumeGiB\), keep fewer/);
  });

  it("or nobody knows, and that is told", () => {
    const unseen = { ...member([]), problem: "no SSH connection" };
    expect(disksHealth([unseen], 2 * 1024 ** 3).warning).toBe(
      "the disks of a cannot be seen: no SSH connection",
    );
  });

  it("for all that is on it", () => {
    const shared = (free: number) =>
      (["data", "root", "snapshots"] as const).map((use) => disk(use, free, "/"));
    expect(warningOf(shared(2460 + 512 + 100))).toBe("");
    expect(warningOf(shared(2460 + 512 + 99))).toMatch(
      /^a has 3\.0 GiB free on \/ \(data, root and snapshots\), and 3\.0 GiB may be needed/,
    );
  });
});

describe("what a machine says of its disks", () => {
  it("is what they are", () => {
    const words = "upkeep data=/nowhere/yet config=/nowhere settings=/nowhere";
    const said = JSON.parse(runScript("upkeep", words).stdout) as Record<string, unknown>;
    const seen = readDisks(said["disks"]);
    expect(seen.map(({ use }) => use)).toEqual(["data", "root", "snapshots"]);
    expect(seen[0]).toMatchObject({ mount: "/" });
    expect(seen[0]!.sizeMiB).toBeGreaterThan(0);
    expect(said["snapshots"]).toBeNull();
  });

  it("is nothing where it is something else, whatever that is", () => {
    fc.assert(
      fc.property(fc.anything(), (said) => {
        expect(readDisks(said)).toEqual([]);
      }),
      { numRuns: 200 },
    );
    const much = { mount: "/", sizeMiB: 1e18, freeMiB: 1 };
    expect(readDisks({ data: much, root: { ...much, sizeMiB: "1" } })).toEqual([]);
  });
});

it("disks are shown side by side, and one that is short of room has a status of its own", () => {
  const full = disksHealth([member(disks(100))], 2 * 1024 ** 3);
  const [table, warning] = diskLines(full);
  expect(table).toContain("100 MiB of 20.0 GiB");
  expect(warning).toMatch(/^WARNING: a has 100 MiB free/);
  const none = { disks: [], warning: "" };
  expect(diskLines(none)).toEqual([]);
  const healthy = { healthy: true, verdict: "", members: [], snapshots: { warning: "" } };
  const certificates = { certificates: [], warning: "" };
  expect(exitStatus(healthy, certificates, full)).toBe(2);
  expect(exitStatus(healthy, certificates, none)).toBe(0);
});
