import { describe, expect, it } from "vitest";
import { readSnapshot } from "../../../../components/etcd/remote/snapshot";

const said = {
  file: "/var/lib/etcd-snapshots/etcd-20261124T120000Z-r4711-v3.7.3.db",
  where: "s3://etcd-snapshots-1a2b/etcd/0011/etcd-20261124T120000Z-r4711-v3.7.3.db",
  sha256: "a".repeat(64),
  status: { hash: 1, revision: 4711, totalKey: 12, totalSize: 20480 },
};

describe("what a machine says of a snapshot", () => {
  it("is which one it is", () => {
    const status = { revision: 4711, totalKey: 12, totalSize: 20480 };
    expect(readSnapshot("a", JSON.stringify(said))).toEqual({ member: "a", ...said, status });
    const shared = { ...said, file: "/srv/s/etcd-a-1-20261124T120000Z-r4711-v3.7.3.db" };
    expect(readSnapshot("a-1", JSON.stringify(shared)).file).toBe(shared.file);
    const elsewhere = { ...said, where: "a:/var/lib/etcd-snapshots/etcd.db" };
    expect(readSnapshot("a", JSON.stringify(elsewhere)).where).toBe(elsewhere.where);
  });

  it.each<[string, unknown]>([
    ["the name of a program of ours", { ...said, file: "/var/lib/etcd-snapshots/run.mjs" }],
    [
      "a name with a path back",
      { ...said, file: "/tmp/../etcd-20261124T120000Z-r1-v3.7.3.db/../../run.mjs" },
    ],
    ["a name with a command", { ...said, file: "/tmp/$(id)/etcd-20261124T120000Z-r1-v3.7.3.db" }],
    ["a name of two lines", { ...said, file: `${said.file}\n` }],
    ["no name", { ...said, file: undefined }],
    ["codes for a terminal", { ...said, where: "s3://b/\u001b]0;mine\u0007" }],
    ["words without an end", { ...said, where: "x".repeat(2000) }],
    ["no checksum", { ...said, sha256: "" }],
    ["a number that is none", { ...said, status: { ...said.status, revision: "\u001b[2J" } }],
    ["no object", ["x"]],
    ["nothing", null],
  ])("is nothing to go by where it is %s", (_, words) =>
    expect(() => readSnapshot("a", JSON.stringify(words))).toThrow(
      /^a did not say which snapshot it has taken/,
    ),
  );

  it("is nothing to go by where it is no JSON, and is not shown", () => {
    expect(() => readSnapshot("a", "\u001b[2J{")).toThrow(/^a did not say [ -~]*$/);
  });
});
