import { LosslessNumber } from "lossless-json";

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

/** A document larger than this is no answer of a member's machine: one has some tens of KiB. */
export const largestAnswer = 1024 * 1024;

/** The objects of a list; what is none is left out. */
export function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null)
    : [];
}

/** An object; an empty one of anything else. */
export function object(value: unknown): Record<string, unknown> {
  return objects([value])[0] ?? {};
}

/** A text of the characters that names, ids, URLs and times have; "" of anything else. */
export function word(value: unknown): string {
  return typeof value === "string" && /^[\w./:+@[\]-]{1,200}$/.test(value) ? value : "";
}

/** A text, or a number as it was written; "" of anything else. */
export function textOf(value: unknown): string {
  const isPlain = ["string", "number"].includes(typeof value) || value instanceof LosslessNumber;
  return isPlain ? String(value) : "";
}

/** The text that base64 holds; "" of anything else. */
export function decoded(value: unknown): string {
  return typeof value === "string" ? Buffer.from(value, "base64").toString() : "";
}

export function natural(value: unknown): number {
  const number = Number(textOf(value));
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}

/** Ids are unsigned 64-bit: a JavaScript number would round them. "" of what is none. */
export function hexId(value: unknown): string {
  const text = textOf(value);
  return /^\d{1,20}$/.test(text) ? BigInt(text).toString(16) : "";
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

/** The same of each line. */
export function plainLines(text: string): string {
  return text.split("\n").map(withoutControls).join("\n");
}
