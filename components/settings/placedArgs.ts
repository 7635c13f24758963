import * as pulumi from "@pulumi/pulumi";
import type { EtcdClusterArgs } from "../etcdClusterArgs";
import { type Placed, places, withoutSlashes } from "./places";

/** What is of another kind than its place is for. */
export interface Misplaced {
  readonly place: string;
  readonly text: string;
}

/** What of the args has parts: lists are known as such, whatever is known later of what they hold. */
const groups = {
  machines: "a list",
  controllers: "an object",
  ssh: "an object",
  release: "an object",
  options: "an object",
  tls: "an object",
  snapshots: "an object",
  restore: "an object",
  clients: "an object",
} as const;

/** What of them is no setting in the table and has to be of its kind all the same: these decide who gets in. */
const switches = [
  ["tls", "enabled"],
  ["ssh", "verifyHostKeys"],
] as const;

/**
 * The args without what is null, as if nobody had said it.
 * @param misplaced takes what is of another kind than its place is for: never what it is, since it may be a key
 */
export function wellFormed(args: EtcdClusterArgs, misplaced: Misplaced[]): EtcdClusterArgs {
  const whole = withoutNulls(args);
  const expect = (place: string, value: unknown, expected: string) => {
    const kind = kindOf(value);
    if (value !== undefined && kind !== expected) {
      misplaced.push({ place, text: `is ${kind}, expected ${expected}` });
    }
  };
  for (const [place, expected] of Object.entries(groups)) {
    expect(place, whole[place as keyof typeof groups], expected);
  }
  for (const [group, field] of switches) {
    expect(`${group}.${field}`, (whole[group] as Record<string, unknown>)?.[field], "a boolean");
  }
  // One that is null would be taken away.
  for (const [name, client] of Object.entries(
    kindOf(args.clients) === "an object" ? args.clients! : {},
  )) {
    expect(`clients.${name}`, client, "an object");
  }
  const entries = (place: string, list: unknown) => {
    if (Array.isArray(list)) {
      list.forEach((one: unknown, index) => expect(`${place}[${index}]`, one, "an object"));
    }
  };
  entries("machines", whole.machines);
  const members = whole.controllers?.members;
  expect("controllers.members", members, "a list");
  entries("controllers.members", members);
  return whole;
}

/** Without fields that are null, in it and in what it holds; what is known later is left as it is. */
function withoutNulls<Value>(value: Value): Value {
  if (kindOf(value) === "a list") {
    return (value as unknown[]).map((one) => (one === null ? one : withoutNulls(one))) as Value;
  }
  if (kindOf(value) !== "an object") {
    return value;
  }
  const fields = Object.entries(value as object).filter(([, one]) => one !== null);
  return Object.fromEntries(fields.map(([key, one]) => [key, withoutNulls(one)])) as Value;
}

/** The settings in a component's args. What is not of its kind is told, and read as if nobody had said it. */
export function settingsIn(args: EtcdClusterArgs, misplaced: Misplaced[]): Placed {
  const read = Object.entries(places).map(([setting, [place, otherwise]]) => {
    const value = at(args, place);
    const wrong = value === undefined ? [] : wrongIn(place, value, otherwise);
    misplaced.push(...wrong);
    const right = wrong.length > 0 || value === undefined ? otherwise : value;
    return [setting, withoutSlashes(setting, right)];
  });
  return Object.fromEntries(read) as Placed;
}

/** What of a value, or of what it holds, is not of the kind of what is there where nobody says. */
function wrongIn(place: string, value: unknown, otherwise: unknown): Misplaced[] {
  const expected = kindOf(otherwise);
  if (kindOf(value) !== expected) {
    return [{ place, text: `is ${shown(value)}, expected ${expected}` }];
  }
  if (typeof value !== "object") {
    return [];
  }
  const isOfNumbers = Array.isArray(otherwise) && typeof otherwise[0] === "number";
  const kind = isOfNumbers ? "a number" : "a text";
  return Object.entries(value as object)
    .filter(([, one]) => kindOf(one) !== kind)
    .map(([key, one]) => ({
      place: Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`,
      text: `is ${shown(one)}, expected ${kind}`,
    }));
}

function at(args: object, place: string): unknown {
  let value: unknown = args;
  for (const step of place.split(".")) {
    value = (value as Record<string, unknown> | undefined)?.[step];
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === null) {
    return "nothing";
  }
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return "an output";
  }
  const kinds: Record<string, string> = {
    string: "a text",
    number: "a number",
    boolean: "a boolean",
    object: Array.isArray(value) ? "a list" : "an object",
  };
  return kinds[typeof value] ?? typeof value;
}

/** Of a setting, none of which is secret. */
function shown(value: unknown): string {
  if (kindOf(value) === "an output") {
    return "known later only, which addresses, hosts, host keys, ids and secrets may be";
  }
  return ["string", "number", "boolean"].includes(typeof value)
    ? JSON.stringify(value)
    : kindOf(value);
}
