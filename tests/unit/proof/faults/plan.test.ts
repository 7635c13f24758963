import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faults } from "../../../../proof/faults/kinds/all";
import { planDrill } from "../../../../proof/faults/plan";

const counts = (ids: readonly string[]) =>
  ids.reduce((all, id) => all.set(id, (all.get(id) ?? 0) + 1), new Map<string, number>());

it("each fault has an id and a name of its own", () => {
  expect(new Set(faults.map(({ id }) => id)).size).toBe(faults.length);
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
});

describe("the plan of a drill", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(planDrill(faults, 7, 100)).toEqual(planDrill(faults, 7, 100));
    expect(planDrill(faults, 7, 100)).not.toEqual(planDrill(faults, 8, 100));
  });

  it("has each fault as often as its weight says, in an order left to chance", () => {
    const few = [
      { id: "a", weight: 6 },
      { id: "b", weight: 3 },
      { id: "c", weight: 1 },
    ];
    const ids = planDrill(few, 7, 103).map(({ fault }) => fault);
    // One each, and of the other hundred six, three and one in ten.
    expect(counts(ids)).toEqual(
      new Map([
        ["a", 61],
        ["b", 31],
        ["c", 11],
      ]),
    );
    expect(ids.slice(0, 61)).not.toEqual(Array(61).fill("a"));
  });

  it("has every fault, the costly ones less often, and keeps to their times", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: faults.length, max: 300 }), (seed, count) => {
        const plan = planDrill(faults, seed, count);
        expect(plan.map(({ number }) => number)).toEqual(plan.map((_, index) => index + 1));
        expect(plan).toHaveLength(count);
        const often = counts(plan.map(({ fault }) => fault));
        for (const { id, holdSeconds: [from, to] = [0, 0] } of faults) {
          expect(often.get(id)).toBeGreaterThanOrEqual(1);
          for (const { holdMs, fraction } of plan.filter(({ fault }) => fault === id)) {
            expect(holdMs).toBeGreaterThanOrEqual(from * 1000);
            expect(holdMs).toBeLessThanOrEqual(to * 1000);
            expect(fraction).toBeGreaterThanOrEqual(0);
            expect(fraction).toBeLessThanOrEqual(1);
          }
        }
        expect(often.get("kill")).toBeGreaterThanOrEqual(often.get("killed-scaling")!);
      }),
      { numRuns: 50 },
    );
  });
});
