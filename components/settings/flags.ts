import { retentionError } from "../etcd/compaction";
import type { FlagSettings } from "../etcd/flags";
import { checkExtraFlags } from "./extraFlags";
import type { SettingError } from "./reader";

/** All that can be wrong with what becomes etcd's flags. */
export function checkFlags(settings: FlagSettings): SettingError[] {
  return [
    ...checkRetention(settings),
    ...checkElection(settings),
    ...checkExtraFlags(settings.version, settings.extraFlags),
  ];
}

function checkRetention({ compactionRetention }: FlagSettings): SettingError[] {
  const text = retentionError(compactionRetention);
  return text === undefined ? [] : [{ setting: "compactionRetention", text }];
}

/** What etcd asks of the two at every start: `Validate` in its `embed/config.go`. */
function checkElection({ heartbeatIntervalMs, electionTimeoutMs }: FlagSettings): SettingError[] {
  const least = 5 * heartbeatIntervalMs;
  return electionTimeoutMs < least
    ? [
        {
          setting: "electionTimeoutMs",
          text: `is ${electionTimeoutMs}, expected at least ${least}, five times heartbeatIntervalMs: etcd does not start with less`,
        },
      ]
    : [];
}
