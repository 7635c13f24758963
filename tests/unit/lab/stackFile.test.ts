import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { tempFolder } from "../../tempFolder";

const place = vi.hoisted(() => ({ root: "" }));
vi.mock("../../../lab/paths", () => ({
  get projectRoot() {
    return place.root;
  },
  get labDir() {
    return path.join(place.root, ".lab");
  },
  makeLabDir: () => mkdirSync(path.join(place.root, ".lab"), { recursive: true }),
}));

describe("the file of the lab's stack of another program", () => {
  let file: string;
  let folder: string;
  beforeEach(() => {
    vi.resetModules();
    place.root = tempFolder();
    folder = path.join(place.root, "program");
    mkdirSync(folder);
    for (const [where, name] of [
      [place.root, "etcd"],
      [folder, "shop"],
    ] as const) {
      writeFileSync(path.join(where, "Pulumi.yaml"), `name: ${name}\n`);
    }
    file = path.join(folder, "Pulumi.lab.yaml");
  });
  const load = () => import("../../../lab/stackFile.js");

  it("is written again with what the engine has noted, and goes with the lab", async () => {
    const { writeStackFileElsewhere, removeStackFiles } = await load();
    await writeStackFileElsewhere(folder, { a: 1 });
    writeFileSync(file, `encryptionsalt: v1:x\n${readFileSync(file, "utf8")}`);
    await writeStackFileElsewhere(folder, { b: 2 });
    expect(readFileSync(file, "utf8")).toBe("encryptionsalt: v1:x\nconfig:\n  shop:b: 2\n");
    await removeStackFiles();
    expect(existsSync(file)).toBe(false);
  });

  it("is never somebody else's, also afterwards", async () => {
    const { writeStackFileElsewhere, removeStackFiles } = await load();
    writeFileSync(file, "config: {}\n");
    await expect(writeStackFileElsewhere(folder, { a: 1 })).rejects.toThrow("is there already");
    await removeStackFiles();
    expect(readFileSync(file, "utf8")).toBe("config: {}\n");
  });

  it("the lab's own gets settings by whichever name they have, and new ones", async () => {
    const { writeStackFile, changeLabStackFile, labSettings } = await load();
    await writeStackFile({ "etcd:version": "3.6.16", other: 1 });
    await changeLabStackFile({ version: "3.7.3", clients: { a: {} } });
    expect(await labSettings()).toEqual({ version: "3.7.3", other: 1, clients: { a: {} } });
  });
});
