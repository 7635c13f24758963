import { readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { readReport } from "../../../../proof/speed/files";
import { plot } from "../../../../proof/speed/plot";
import {
  type DatedMeasurement,
  markdown,
  summary,
  type Report,
  updated,
} from "../../../../proof/speed/report";

const here = { cores: 2, memoryGiB: 24, processor: "a processor", versions: { etcd: "3.7.3" } };
const noop: DatedMeasurement = {
  ...{ row: "noop-up", date: "2026-11-20", ours: [2, 2, 2, 2, 2], reference: [1, 1, 1, 1, 1] },
};
const state: DatedMeasurement = { row: "state-size", date: "2026-11-21", ours: [1, 1, 1, 1, 1] };

describe("a report that is there already", () => {
  const before: Report = { surroundings: here, rows: [noop, state] };

  it("keeps what was not measured now, each with its date, in the table's order", () => {
    const now = { ...state, date: "2026-11-22", ours: [2, 2, 2, 2, 2] };
    expect(updated(before, here, [now]).rows).toEqual([noop, now]);
  });

  it("keeps nothing of another machine", () =>
    expect(updated(before, { ...here, cores: 4 }, [state]).rows).toEqual([state]));

  it("keeps what was measured with other versions: its date tells", () =>
    expect(updated(before, { ...here, versions: {} }, [state]).rows).toEqual([noop, state]));
});

it("a row that is not met is explained in the report", () => {
  expect(markdown({ surroundings: here, rows: [noop] })).toContain("not met");
  const met = { ...noop, ours: [1, 1, 1, 1, 1] };
  expect(markdown({ surroundings: here, rows: [met] })).not.toContain("is not met");
});

it("the plot is an SVG with the rows that have a ratio", () => {
  const svg = plot([noop, state]);
  expect(svg).toMatch(/^<svg /);
  expect(svg).toContain("nothing to do");
  expect(svg).not.toContain("size of the state");
});

it("docs/proof.md has the table of the latest report", async () => {
  const report = await readReport();
  const proof = readFileSync(path.join(__dirname, "../../../../docs/proof.md"), "utf8");
  const [, shown] = proof.split(/<!-- \/?bench -->\n/);
  expect(shown!.trim()).toBe(report === undefined ? "" : summary(report));
});
