import { describe, expect, it } from "vitest";
import { readHealth } from "../../../../components/etcd/health";
import { planMembers } from "../../../../components/etcd/plan";
import { duration } from "../../../../components/etcd/snapshots/health";
import { healthReport, type ReportChanges } from "../../../healthReport";

const members = planMembers([{ name: "a", address: "10.0.1.10" }], { tls: true });
const now = Date.parse("2026-11-21T12:00:00Z") / 1000;
const taken = { time: now - 600, revision: 17, bytes: 20512, where: "s3://b/k.db", minutes: 60 };
const failed = { time: now - 120, member: "a", reason: "s3://b/k.db: AccessDenied" };

const snapshots = (changes: ReportChanges["snapshots"]) =>
  readHealth(healthReport(members, { snapshots: changes!, now }), members).snapshots;

describe("what became of the snapshots", () => {
  it("is nothing yet in a new cluster", () => {
    expect(snapshots({})).toEqual({ last: undefined, failure: undefined, warning: "" });
  });

  it("is the last one, with its age", () => {
    expect(snapshots({ taken })).toEqual({
      last: {
        at: "2026-11-21T11:50:00.000Z",
        ageSeconds: 600,
        revision: 17,
        sizeBytes: 20512,
        where: "s3://b/k.db",
      },
      failure: undefined,
      warning: "",
    });
  });

  it("is a failure since then, and how old the last good one is", () => {
    const found = snapshots({ taken, failed });
    expect(found.failure).toEqual({
      at: "2026-11-21T11:58:00.000Z",
      member: "a",
      reason: "s3://b/k.db: AccessDenied",
    });
    expect(found.warning).toBe(
      "the snapshot on a failed 2 min ago, and the last good one is 10 min old: s3://b/k.db: AccessDenied",
    );
  });

  it("is a failure without any before it", () => {
    expect(snapshots({ failed }).warning).toBe(
      "the snapshot on a failed 2 min ago, and there is none: s3://b/k.db: AccessDenied",
    );
  });

  it.each<[string, unknown]>([
    ["a time to come", { ...taken, time: 99999999999 }],
    ["a time that is none", { ...taken, time: "yesterday" }],
    ["a size that is none", { ...taken, bytes: -1 }],
    ["codes for a terminal", { ...taken, where: "s3://b/\u001b]0;mine\u0007" }],
    ["no object", "x"],
    ["an empty object", {}],
  ])("is told to be a stranger's where a client has written %s", (_, said) => {
    const { last, failure, warning } = snapshots({ taken: said as typeof taken, failed });
    expect([last, failure]).toEqual([undefined, undefined]);
    expect(warning).toMatch(
      /^the record of the last snapshot in the cluster is none that a member/,
    );
  });

  it("is a failure without what a terminal would take for an order, and not for ever", () => {
    const reason = `\u001b[2Jno\troom ${"x".repeat(1000)}`;
    const { failure } = snapshots({ failed: { ...failed, reason } });
    expect(failure!.reason).toMatch(/^ \[2Jno room x+$/);
    expect(failure!.reason).toHaveLength(500);
  });

  it.each([
    [{ minutes: 60, time: now - 89 * 60 }, false],
    [{ minutes: 60, time: now - 91 * 60 }, true],
    [{ minutes: 1, time: now - 299 }, false],
    [{ minutes: 1, time: now - 301 }, true],
    [{ minutes: 0, time: now - 86400 * 365 }, false],
  ])("with %j stale is %s", (changes, isStale) => {
    const { warning } = snapshots({ taken: { ...taken, ...changes } });
    expect(warning.includes("one is due every")).toBe(isStale);
  });

  it("does not decide whether the cluster is healthy", () => {
    const report = healthReport(members, { snapshots: { failed }, now });
    expect(readHealth(report, members).healthy).toBe(true);
  });

  it("is unknown where the cluster does not answer", () => {
    const report = healthReport(members).replace(/"snapshots":\{.*?\]\S*?\}/, '"snapshots":null');
    expect(readHealth(report, members).snapshots.last).toBeUndefined();
  });
});

it.each([
  [-5, "0 s"],
  [59, "59 s"],
  [119, "119 s"],
  [120, "2 min"],
  [7199, "119 min"],
  [7200, "2 h"],
  [172800, "2 d"],
])("%d seconds are %s", (seconds, text) => expect(duration(seconds)).toBe(text));
