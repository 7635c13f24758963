import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SnapshotHealth } from "../../../../components/etcd/snapshots/health";
import { readSeenSnapshots, withSeenSnapshots } from "../../../../components/etcd/snapshots/seen";

const good: SnapshotHealth = {
  last: {
    ...{ at: "2026-11-21T11:50:00.000Z", ageSeconds: 60, revision: 17, sizeBytes: 1, where: "a" },
  },
  failure: undefined,
  warning: "",
};
const none: SnapshotHealth = { last: undefined, failure: undefined, warning: "" };
const day = 86400;
const seen = (ageSeconds: number | undefined, toldSeconds = 30 * day, minutes = 60) => ({
  ...{ minutes, ageSeconds, toldSeconds },
});

describe("snapshots that have stopped", () => {
  it("are told, however good the record in the cluster looks, which any client can write", () => {
    const { warning } = withSeenSnapshots(good, [seen(3 * day), seen(9 * day), seen(undefined)]);
    expect(warning).toMatch(
      /^the newest snapshot on the machines is 3 d old, and one is due every 60 minutes, whatever the record/,
    );
  });

  it("are told where the record is gone, and where there never was one", () => {
    expect(withSeenSnapshots(none, [seen(3 * day)]).warning).toMatch(/^the newest .* is 3 d old/);
    expect(withSeenSnapshots(none, [seen(undefined)]).warning).toMatch(/^no machine has a snap/);
    expect(withSeenSnapshots(none, [seen(undefined)]).warning).not.toContain("the record");
  });

  it.each([
    ["one machine has one in time", [seen(3 * day), seen(5399), seen(undefined)]],
    ["the machines were told just now", [seen(undefined, 5399), seen(3 * day, 600)]],
    ["a machine is new", [seen(3 * day), seen(undefined, 60)]],
    ["they are taken on request only", [seen(3 * day, 9 * day, 0)]],
    ["a machine cannot be asked, which may have one", [seen(3 * day), undefined]],
    ["nobody can be asked", [undefined]],
    ["there is nobody", []],
  ])("are not where %s", (_, machines) => {
    expect(withSeenSnapshots(good, machines)).toEqual(good);
  });

  it("leave a warning that there is as it is", () => {
    const failed = { ...good, warning: "the snapshot on a failed" };
    expect(withSeenSnapshots(failed, [seen(3 * day)])).toEqual(failed);
  });
});

describe("what a machine says of its snapshots", () => {
  it("are ages by its own clock", () => {
    expect(readSeenSnapshots({ now: 1000, minutes: 60, newest: 900, told: 100 })).toEqual(
      seen(100, 900),
    );
    expect(readSeenSnapshots({ now: 1000, minutes: 0, newest: 0, told: 2000 })).toEqual(
      seen(undefined, 0, 0),
    );
  });

  it("is nothing where it is something else", () => {
    expect(readSeenSnapshots({})).toBeUndefined();
    const told = fc.record({ now: fc.anything(), minutes: fc.string(), newest: fc.anything() });
    fc.assert(fc.property(told, (said) => readSeenSnapshots(said) === undefined));
  });
});
