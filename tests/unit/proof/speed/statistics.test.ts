import { describe, expect, it } from "vitest";
import { ratioOf, ratiosOf, summarize } from "../../../../proof/speed/statistics";

describe("several runs", () => {
  it.each([
    [[3], { median: 3, least: 3, most: 3 }],
    [[5, 1, 3], { median: 3, least: 1, most: 5 }],
    [[4, 1, 2, 10], { median: 3, least: 1, most: 10 }],
  ])("%j are %j", (runs, expected) => expect(summarize(runs)).toEqual(expected));

  it("are left in their order", () => {
    const runs = [3, 1, 2];
    summarize(runs);
    expect(runs).toEqual([3, 1, 2]);
  });

  it("of none there is no figure", () => expect(() => summarize([])).toThrow());
});

describe("the ratio to the reference", () => {
  it("is that of the medians", () => expect(ratioOf([2, 4, 9], [1, 2, 3])).toBe(2));

  it("of each run is to the reference of its own turn", () =>
    expect(ratiosOf([2, 4, 9], [1, 2, 3])).toEqual([2, 2, 3]));
});
