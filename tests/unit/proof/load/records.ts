import type { PutRecord } from "../../../../proof/load/put";

/** A put that was acknowledged at once, but for what is said of it. */
export function putRecord(told: Partial<PutRecord>): PutRecord {
  return {
    key: "key",
    value: "value",
    startMs: 0,
    endMs: 5,
    acknowledged: true,
    attempts: 1,
    ...told,
  };
}
