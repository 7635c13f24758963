/** What a machine or a client of the cluster says: it may have been taken over, so none of it is believed unread. */

/** The object that a text is the JSON of; an empty one where it is none. */
export function objectIn(text: string): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether it is a text of this form, and of no more than 1024 characters. */
export function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && value.length <= 1024 && pattern.test(value);
}

/** Where a snapshot is: `s3://BUCKET/KEY`, or `HOST:PATH`. */
export const placePattern = /^[\w./:@+-]+$/;

/** Without what a terminal would take for an order. */
export function withoutControls(text: string): string {
  return text.replace(/\p{C}+/gu, " ");
}
