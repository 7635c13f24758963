import { describe, expect, it } from "vitest";
import { stopToHealthySeconds } from "../../../../proof/speed/stopToHealthy";
import type { Sample } from "../../../../proof/load/probe";

/** A member that is asked every 100 ms and is down from one moment to another. */
function member(
  name: string,
  downFromMs: number,
  downToMs: number,
  why = "connect ECONNREFUSED 10.0.0.1:2379",
) {
  const samples = Array.from({ length: 100 }, (_, index): Sample => {
    const startMs = index * 100;
    const error = startMs >= downFromMs && startMs < downToMs ? { error: why } : {};
    return { startMs, endMs: startMs + 10, ...error };
  });
  return { name, samples, forgotten: false };
}

const window = { fromMs: 0, toMs: 10_000 };
const members = [member("a", 1000, 2000), member("b", 3000, 4000), member("c", 9000, 9000)];

describe("from the first stop to the last member healthy", () => {
  it("it is from the last answer before to the first one after", () =>
    // 900 to 4010.
    expect(stopToHealthySeconds({ members }, window, 2)).toBeCloseTo(3.11));

  it("only what is in the window counts", () =>
    expect(stopToHealthySeconds({ members }, { ...window, fromMs: 2500 }, 1)).toBeCloseTo(1.11));

  it("who has no leader for a moment is not stopped", () => {
    const also = [...members, member("d", 500, 700, "status 503")];
    expect(stopToHealthySeconds({ members: also }, window, 2)).toBeCloseTo(3.11);
  });

  it.each([1, 3])("another number of members than two is an error: %d", (expected) =>
    expect(() => stopToHealthySeconds({ members }, window, expected)).toThrow("2 members"),
  );
});
