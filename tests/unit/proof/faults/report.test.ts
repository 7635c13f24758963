import { describe, expect, it } from "vitest";
import type { Result } from "../../../../proof/faults/drill";
import { drillPlot } from "../../../../proof/faults/plot";
import {
  drillMarkdown,
  drillReport,
  type Report,
  violationsOf,
} from "../../../../proof/faults/report";

const result: Result = {
  injection: { number: 1, fault: "kill", pick: 4, fraction: 0.5, holdMs: 0 },
  ...{ fault: "etcd killed", member: "controller-1", version: "3.7.3", notes: [] },
  ...{ seconds: 9, healedBy: "itself", healthyAfterSeconds: 3.1, ownStallMs: 12 },
  longestWithoutMs: { write: 120, read: 210 },
  writes: { acknowledged: 1000, failed: 2, lost: 0 },
  ...{ operations: 900, linearizable: "yes", violations: [] },
};
const again: Result = {
  ...result,
  ...{ injection: { ...result.injection, number: 2 }, healedBy: "one pulumi up" },
  longestWithoutMs: { write: 90, read: 1400 },
};
const report: Report = {
  ...{ date: "2026-11-21", form: "short", seed: 7, minutes: 4.5 },
  machine: { cores: 2, memoryGiB: 24, kernel: "6.1" },
  versions: { etcd: "3.7.3" },
  notRun: [{ name: "a clock that jumps", reason: "there is one clock" }],
  results: [result, { ...result, fault: "a full disk", linearizable: "not checked" }, again],
};

describe("the report of a drill", () => {
  it("has a row for each fault, with the worst that was measured, and one for all", () => {
    const lines = drillMarkdown(report).split("\n");
    expect(lines.filter((line) => line.startsWith("|")).slice(2)).toEqual([
      "| a full disk | 1 | itself | 120 ms | 210 ms | 2 | 0 | not checked |",
      "| etcd killed | 2 | itself 1, one pulumi up 1 | 120 ms | 1400 ms | 4 | 0 | 2 of 2 |",
      "| all | 3 | itself 2, one pulumi up 1 | 120 ms | 1400 ms | 6 | 0 | 2 of 2 |",
    ]);
    expect(lines.at(-1)).toBe("Not run: a clock that jumps; there is one clock.");
  });

  it("tells of violations, and where they were", () => {
    const bad = {
      ...report,
      results: [{ ...result, linearizable: "no" as const, violations: ["a bad thing"] }],
    };
    expect(violationsOf(bad)).toEqual(["injection 1, etcd killed (controller-1): a bad thing"]);
    expect(drillMarkdown(bad)).toContain("**1 violation**");
    expect(drillReport(bad)).toContain("- injection 1, etcd killed (controller-1): a bad thing");
    expect(drillReport(report)).toContain("There was none.");
  });

  it("says that histories were not checked, and why", () => {
    expect(drillMarkdown({ ...report, notChecked: "there is no Go" })).toContain(
      "Not checked: there is no Go.",
    );
  });

  it("is drawn: a point for each injection's longest time without a write, and one for reads", () => {
    const svg = drillPlot(report);
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain("etcd killed");
    expect(svg).toContain("without a read");
  });
});
