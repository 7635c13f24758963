import * as fc from "fast-check";
import { clientUrl, own } from "./rollout/example";

/** What a machine that was taken over may say: documents of hostile values, in the place of each that is expected. */

/** Texts that are no names: codes for a terminal, other letters, paths, numbers, very long ones. */
export const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\u001b[2J\u001b]0;owned\u0007",
    "../../../etc/passwd",
    "a\nb",
    "\u202e",
    "__proto__",
    "constructor",
    "toString",
    own.clusterId,
    clientUrl("a"),
    "active",
    "serves",
    "x".repeat(201),
    "9".repeat(400),
    "-1",
    "1e999",
  ),
);

const scalar = fc.oneof(
  hostileText,
  fc.boolean(),
  fc.constant(null),
  fc.double(),
  fc.maxSafeInteger(),
);
export const hostile: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(hostileText, fc.constantFrom("toString", "valueOf", "length", "members", "ID")),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
})).value;

/** A record of these fields, each of them there or not, and of anything or of what is expected. */
export const record = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.record(fields, { requiredKeys: [] }) },
    { weight: 1, arbitrary: hostile },
  );
/** What is expected, or anything. */
export const some = (value: unknown) => fc.oneof(fc.constant(value), hostile);

export const id = fc.oneof(some("18297523872340612345"), fc.bigInt({ min: -5n, max: 2n ** 70n }));

export const many = (one: fc.Arbitrary<unknown>) =>
  fc.oneof(fc.array(one, { maxLength: 4 }), hostile);

/** As etcdctl prints: numbers of any size. */
export const printed = (value: unknown) =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === "bigint" ? `#${one}#` : one,
  )?.replaceAll(/"#(-?\d+)#"/g, "$1") ?? "";

/** Every text in a value, keys too. */
function texts(value: unknown): string[] {
  if (typeof value === "string") {
    return [value];
  }
  if (value instanceof Map) {
    return texts([...(value as Map<unknown, unknown>)]);
  }
  return typeof value === "object" && value !== null && !(value instanceof Date)
    ? Object.entries(value).flatMap(([key, one]) => [key, ...texts(one)])
    : [];
}

export const unprintable = (value: unknown) => texts(value).filter((one) => /\p{C}/u.test(one));
