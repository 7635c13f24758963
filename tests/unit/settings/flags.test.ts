import { describe, expect, it } from "vitest";
import { mistakesIn } from "../../settings";

describe("a mistake is found and named", () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      "heartbeats that an election would not wait for",
      { heartbeatMs: 300 },
      "electionMs is 1000, expected at least 1500, five times heartbeatMs: etcd does not start with less",
    ],
    [
      "an election that etcd calls too long",
      { electionMs: 50001 },
      'electionMs is "50001", expected a whole number from 5 to 50000',
    ],
    [
      "no heartbeat",
      { heartbeatMs: 0 },
      'heartbeatMs is "0", expected a whole number from 1 to 10000',
    ],
  ])("%s", (_, changes, expected) => {
    expect(mistakesIn(changes)).toEqual([expected]);
  });

  it.each(["7d", "1 h", "h", "0m", "-1h", "1.5h", "30m1h", "0x10", "1e4", "007", ""])(
    "a retention that is none: %j",
    (compactionRetention) => {
      expect(mistakesIn({ compactionRetention })).toEqual([
        `compactionRetention is "${compactionRetention}", expected a duration in hours, minutes and seconds ` +
          "such as 1h, 30m or 1h30m, a number of revisions such as 10000, or 0 for no compaction",
      ]);
    },
  );
});

describe("what etcd takes is taken", () => {
  it.each<Record<string, unknown>>([
    { compactionRetention: "90s" },
    { compactionRetention: "1h0m30s" },
    { compactionRetention: 10000 },
    { compactionRetention: 0 },
    { heartbeatMs: 200 },
    { heartbeatMs: 10000, electionMs: 50000 },
  ])("%j", (changes) => {
    expect(mistakesIn(changes)).toEqual([]);
  });
});
