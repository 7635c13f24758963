import { describe as group, expect, it } from "vitest";
import {
  type Defragmentation,
  describe,
  isOutOfSpace,
  readDefragmentation,
  warnings,
  whyStillFull,
} from "../../../components/etcd/defragmentation";
import { clusterHealth as health } from "./exampleHealth";

const mebibyte = 1024 ** 2;
const outOfSpace = { members: { b: { alarms: ["NOSPACE"] } } };

/** Of a database of 99 MiB, of which `left` are left in MiB, with a quota of 100 MiB. */
const done = (left: number): Defragmentation => ({
  before: { sizeBytes: 99 * mebibyte, inUseBytes: left * mebibyte },
  after: { sizeBytes: left * mebibyte, inUseBytes: left * mebibyte },
  quotaBytes: 100 * mebibyte,
});

group("before the first member", () => {
  it("there is nothing to say of three members with room", () => {
    expect(warnings(health(), { compact: false })).toEqual([]);
  });

  it.each([
    [["a"], /^This is the only member: nobody is answered/],
    [["a", "b"], /^Of two members one does not answer .* cannot do without the other$/],
  ])("%s: somebody does not answer", (all, expected) => {
    expect(warnings(health({ all }), { compact: true })).toEqual([expect.stringMatching(expected)]);
  });

  it("the alarm and the way out are explained, unless that is taken already", () => {
    expect(warnings(health(outOfSpace), { compact: false })).toEqual([
      expect.stringMatching(/takes no writes .* The way out is --compact: it drops the history/),
    ]);
    expect(warnings(health(outOfSpace), { compact: true })).toEqual([]);
  });
});

it.each([
  [{}, false],
  [outOfSpace, true],
  [{ members: { b: { alarms: ["CORRUPT"] } } }, false],
])("%j: out of space is %s", (changes, expected) => {
  expect(isOutOfSpace(health(changes))).toBe(expected);
});

group("what a member tells of it", () => {
  it("is read as it was printed", () => {
    expect(readDefragmentation(JSON.stringify(done(1)))).toEqual(done(1));
  });

  it.each([
    "",
    "no JSON",
    JSON.stringify({ ...done(1), quotaBytes: null }),
    JSON.stringify({ ...done(1), after: { sizeBytes: "none", inUseBytes: 1 } }),
    JSON.stringify({ ...done(1), before: "\u001b[2J" }),
  ])("is nothing that an alarm is disarmed on: %j", (text) => {
    expect(() => readDefragmentation(text)).toThrow(
      "it was defragmented, and does not tell the sizes of its database",
    );
  });
});

it("sizes are in mebibytes", () => {
  expect(describe("a", done(1.5))).toBe("a: 99.0 MiB → 1.5 MiB of 100.0 MiB");
});

group("the alarm", () => {
  it("may go when every member has a tenth of its quota free", () => {
    expect(whyStillFull({ a: done(90), b: done(1) })).toBeUndefined();
  });

  it("stays when one has less, with the ways on", () => {
    const why = whyStillFull({ a: done(1), b: done(90.5), c: done(99) });
    expect(why).toContain(
      "The alarm stays: b still has 90.5 MiB of 100.0 MiB in use, c still has 99.0 MiB of 100.0 MiB in use,",
    );
    expect(why).toMatch(/Delete keys, or raise quotaGiB \(8 at most\) and run pulumi up/);
  });
});
