/**
 * What is wrong with a retention, in words, or undefined. etcd itself reads a number without a unit as
 * hours or as revisions, depending on its mode; here a duration has its units, and a number is revisions.
 */
export function retentionError(retention: string): string | undefined {
  return retention === "0" || isRevisions(retention) || isDuration(retention)
    ? undefined
    : `is "${retention}", expected a duration in hours, minutes and seconds such as 1h, 30m or 1h30m, ` +
        `a number of revisions such as 10000, or 0 for no compaction`;
}

/** Whether a retention is so few revisions that hours may have been meant, as in etcd's own flag. */
export function looksLikeHours(retention: string): boolean {
  return isRevisions(retention) && retention.length <= 2;
}

/** The flags of etcd that keep a history of this length. */
export function compactionFlags(retention: string): string[] {
  const mode = isRevisions(retention) ? "revision" : "periodic";
  return [`--auto-compaction-mode=${mode}`, `--auto-compaction-retention=${retention}`];
}

function isRevisions(text: string): boolean {
  return /^[1-9]\d{0,14}$/.test(text);
}

/** Go's notation of a duration (time.ParseDuration), and not nothing. */
function isDuration(text: string): boolean {
  return /^(\d{1,5}h)?(\d{1,5}m)?(\d{1,5}s)?$/.test(text) && /[1-9]/.test(text);
}
