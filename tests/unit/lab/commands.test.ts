import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { folderIn } from "../../../lab/commands";
import { routeTo } from "../../../lab/machines";
import { projectRoot } from "../../../lab/paths";

describe("the folder that pulumi is told of", () => {
  const examples = path.join(projectRoot, "examples/go");
  it.each([
    [["up"], undefined, ["up"]],
    [["--cwd", "examples/go", "up"], examples, ["up"]],
    [["up", "--cwd=examples/go", "--yes"], examples, ["up", "--yes"]],
    [["-C", "/elsewhere", "config", "set", "a", "b"], "/elsewhere", ["config", "set", "a", "b"]],
    [["config", "set", "note", "--cwdish"], undefined, ["config", "set", "note", "--cwdish"]],
  ])("of %j is %s", (words, folder, left) => {
    expect(folderIn(words)).toEqual({ folder, words: left });
  });

  it.each([[["up", "--cwd"]], [["up", "-C", ""]], [["up", "--cwd="]]])(
    "of %j is missing",
    (words) => {
      expect(() => folderIn(words)).toThrow(/is not followed by a folder$/);
    },
  );
});

describe("what is in the way of the machines' network", () => {
  it.each([
    ["the same range", [{ dst: "10.0.0.0/16", dev: "eth0" }], "10.0.0.0/16"],
    ["a part of it", [{ dst: "10.0.3.0/24", dev: "eth0" }], "10.0.3.0/24"],
    ["a host in it", [{ dst: "10.0.0.7", dev: "tun0" }], "10.0.0.7"],
    ["a larger one", [{ dst: "10.0.0.0/8", dev: "tun0" }], "10.0.0.0/8"],
    ["one that leads nowhere", [{ dst: "10.0.3.0/24" }], "10.0.3.0/24"],
    ["the second one", [{ dst: "10.1.0.0/16" }, { dst: "10.0.0.0/16" }], "10.0.0.0/16"],
    ["no default route", [{ dst: "default", dev: "eth0" }], undefined],
    ["no default route in halves", [{ dst: "0.0.0.0/1" }, { dst: "128.0.0.0/1" }], undefined],
    ["no neighbour", [{ dst: "10.1.0.0/16" }, { dst: "172.17.0.0/16" }], undefined],
    ["nothing of IPv6", [{ dst: "fe80::/64" }], undefined],
    ["nothing where there is none", [], undefined],
  ])("is %s", (_, routes, expected) => {
    expect(routeTo("10.0.0.0/16", routes)?.dst).toBe(expected);
  });
});
