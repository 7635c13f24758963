import { describe, expect, it } from "vitest";
import type { Measurement } from "../../../../proof/speed/figure";
import { judge } from "../../../../proof/speed/judgement";
import { table } from "../../../../proof/speed/table";

const met = (measurement: Measurement) => judge(measurement).met;

describe("a target is met", () => {
  it.each<[string, Measurement, boolean | undefined]>([
    ["at its ratio", { row: "noop-up", ours: [1.25, 1.25, 9], reference: [1, 1, 1] }, true],
    ["not above it", { row: "noop-up", ours: [1.26], reference: [1] }, false],
    ["not without its reference", { row: "noop-up", ours: [1] }, false],
    ["at least its ratio", { row: "puts", ours: [100], reference: [100] }, true],
    ["within the reference's spread", { row: "puts", ours: [91], reference: [90, 100, 110] }, true],
    ["not below the spread", { row: "puts", ours: [89], reference: [90, 100, 110] }, false],
    ["within the spread above", { row: "p99", ours: [11], reference: [9, 10, 11] }, true],
    ["not above the spread", { row: "p99", ours: [12], reference: [9, 10, 11] }, false],
    ["at most its figure", { row: "connections-first-up", ours: [5, 5, 5] }, true],
    ["not above its figure", { row: "connections-noop", ours: [2, 2, 2] }, false],
    ["never, where nothing is asked of it", { row: "state-size", ours: [1] }, undefined],
  ])("%s", (_when, measurement, expected) => expect(met(measurement)).toBe(expected));

  it("only if what must never happen did not, in any run", () => {
    const gap = { row: "write-gap", ours: [20, 20], reference: [20, 20] } as const;
    expect(met({ ...gap, beside: { "failed puts": [0, 0] } })).toBe(true);
    expect(met({ ...gap, beside: { "failed puts": [0, 1] } })).toBe(false);
    expect(met(gap)).toBe(false);
  });
});

it("the table has each row's medians, spreads, ratio and target", () => {
  const measurements: Measurement[] = [
    { row: "first-up", ours: [5, 4.5, 6], reference: [10, 10, 10] },
    { row: "noop-up", ours: [3, 3, 3], reference: [1, 2, 3] },
    { row: "connections-noop", ours: [0, 0, 0] },
    { row: "state-size", ours: [120.4, 121] },
  ];
  expect(table(measurements).split("\n").slice(2)).toEqual([
    "| `pulumi up`, three blank machines to three healthy members | 5.00 s (4.50–6.00) | 10.0 s, by hand, one machine after the other | 0.50 × | ≤ 1 × | yes |",
    "| `pulumi up`, nothing to do | 3.00 s | 2.00 s (1.00–3.00), an empty program | 1.50 × | ≤ 1.25 × | **no** |",
    "| SSH connections a machine, nothing to do | 0 | – | – | ≤ 1 | yes |",
    "| size of the state | 121 KiB (120–121) | – | – | – | – |",
  ]);
});
