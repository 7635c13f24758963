import { retentionMistake } from "../etcd/compaction";
import type { FlagSettings } from "../etcd/flags";
import { checkExtraFlags } from "./extraFlags";
import type { Mistake } from "./reader";

/** All that can be wrong with what becomes etcd's flags. */
export function checkFlags(settings: FlagSettings): Mistake[] {
  return [
    ...checkRetention(settings),
    ...checkElection(settings),
    ...checkExtraFlags(settings.version, settings.extraFlags),
  ];
}

function checkRetention({ compactionRetention }: FlagSettings): Mistake[] {
  const text = retentionMistake(compactionRetention);
  return text === undefined ? [] : [{ setting: "compactionRetention", text }];
}

/** What etcd asks of the two at every start: `Validate` in its `embed/config.go`. */
function checkElection({ heartbeatMs, electionMs }: FlagSettings): Mistake[] {
  const least = 5 * heartbeatMs;
  return electionMs < least
    ? [
        {
          setting: "electionMs",
          text: `is ${electionMs}, expected at least ${least}, five times heartbeatMs: etcd does not start with less`,
        },
      ]
    : [];
}
