import { describe, expect, it } from "vitest";
import { picture, type Scene } from "../../../../proof/tour/picture";
import { putRecord } from "../load/records";

const served = (endMs: number) => ({ startMs: endMs - 5, endMs });
const failed = (endMs: number) => ({ startMs: endMs - 5, endMs, error: "ECONNREFUSED" });

const scene: Scene = {
  title: "An upgrade",
  seconds: 12.4,
  members: [
    { name: "controller-0", samples: [failed(98_000), served(99_990)] },
    { name: "controller-1", samples: [served(97_500), failed(99_000), failed(99_990)] },
    { name: "c2", samples: [] },
    { name: "c3", samples: [failed(99_990)] },
  ],
  puts: [
    putRecord({ startMs: 99_985, endMs: 99_990 }),
    putRecord({ startMs: 99_100, endMs: 99_980 }),
    putRecord({ startMs: 97_500, endMs: 97_530 }),
    putRecord({ startMs: 97_000, endMs: 99_990, acknowledged: false }),
    putRecord({ startMs: 1_000, endMs: 1_010 }),
  ],
  nowMs: 100_000,
  said: "etcd-controller-1 updating",
};

describe("a picture of a cluster under load", () => {
  it("has who serves and who does not, the slowest puts, and what pulumi says", () => {
    expect(picture(scene, 120).split("\n")).toEqual([
      "An upgrade (12 s)",
      "  controller-0  ● serves",
      "  controller-1  ○ does not serve, for 2.5 s",
      "  c2            … not asked yet",
      "  c3            ○ has not served yet",
      `  slowest put of each second: ${" ".repeat(57)}▂ ▆`,
      "  2 puts in the last second, 4 in all, 1 failed",
      "  pulumi: etcd-controller-1 updating",
    ]);
  });

  it("fits a narrow terminal", () => {
    const lines = picture(scene, 40).split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBe(39);
  });

  it.each([
    [0, "▁"],
    [20, "▂"],
    [199, "▄"],
    [200, "▅"],
    [5000, "█"],
  ])("draws a put of %i ms as %s", (ms, bar) => {
    const puts = [putRecord({ startMs: 99_990 - ms, endMs: 99_990 })];
    expect(picture({ ...scene, puts }, 120)).toContain(`${" ".repeat(59)}${bar}\n`);
  });
});
