import { expect, it } from "vitest";
import {
  type ChangeFigures,
  markdown,
  type Report,
  summary,
} from "../../../../proof/changes/report";

const upgrade: ChangeFigures = {
  ...{ change: "upgrade", kills: 1, seconds: 49, puts: 5880, longestWriteGapMs: 210 },
  ...{ ownStallMs: 12, failedWrites: 0, membersDownAtOnce: 1, violations: [] },
};
const report: Report = {
  ...{ date: "2026-11-22", rounds: 1, minutes: 2, versions: { pulumi: "3.259.0" } },
  machine: { cores: 2, memoryGiB: 24 },
  changes: [upgrade, { ...upgrade, change: "scaling", kills: 0, longestWriteGapMs: 340 }],
};

it("a rehearsal is summed up over its changes", () => {
  const text = summary(report).replaceAll("\n", " ");
  expect(text).toContain(
    "2 changes, `pulumi up` killed 1 times and run again. Of 11760 writes 0 f",
  );
  expect(text).toContain("the longest time without one was 340 ms; members down at once: 1.");
  expect(text).toContain("Every acknowledged write was there afterwards");
});

it("a rehearsal's report has each change, and says that nothing went wrong", () => {
  expect(markdown(report)).toContain("| upgrade | once | 49 | 5880 | 210 ms | 12 ms | 0 | 1 |");
  expect(markdown(report)).toContain("There was none.");
});

it("what went wrong in a rehearsal is named, and nothing is claimed beside it", () => {
  const bad = { ...upgrade, failedWrites: 1, violations: ["1 writes failed"] };
  const text = summary({ ...report, changes: [bad] });
  expect(text).toContain("**1 went wrong.**");
  expect(text).not.toContain("Every acknowledged write");
  expect(markdown({ ...report, changes: [bad] })).toContain("- upgrade: 1 writes failed");
});
