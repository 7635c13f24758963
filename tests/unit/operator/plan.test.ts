import { describe, expect, it } from "vitest";
import { describePlan } from "../../../operator/change";
import { readSettings } from "../../../components/settings/settings";
import { rawSettings } from "../../settings";

const plan = (version: string, lines: string[] = [], violations: string[] = []) => ({
  settings: readSettings({ values: rawSettings({ version }), secrets: [] }),
  lines,
  violations,
});

describe("a plan in words", () => {
  const nothing = "pulumi up has nothing to change in the cluster";

  it("says what is done, or what speaks against it", () => {
    expect(describePlan(plan("3.7.3"))).toBe(nothing);
    expect(describePlan(plan("3.7.3", ["a", "b"]))).toBe(
      "pulumi up will change the cluster:\n  a\n  b",
    );
    expect(describePlan(plan("3.7.3", ["a"], ["b"]))).toBe(
      "pulumi up would refuse this change:\n  b",
    );
  });

  it("ends with what is known of the version: its holes, or a newer patch release", () => {
    expect(describePlan(plan("3.6.14"))).toBe(
      `${nothing}\nNote: version is 3.6.14, and 3.6.16 is a newer patch release of it`,
    );
    expect(describePlan(plan("3.7.0", [], ["b"]))).toMatch(
      /refuse this change:\n {2}b\nNote: version is 3\.7\.0, which has known holes \(.*\): go to 3\.7\.3/,
    );
  });
});
