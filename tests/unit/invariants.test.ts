import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { separator, testTitles } from "./testTitles";

const folder = path.join(__dirname, "../../docs");
const text = readFileSync(path.join(folder, "invariants.md"), "utf8");

/** What is said of an invariant, and the tests of each file that hold it. */
interface Invariant {
  readonly heading: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

const invariants = text.split(/^## /m).slice(1).map(readInvariant);

function readInvariant(section: string): Invariant {
  const [heading = "", ...lines] = section.split("\n");
  let file = "";
  const tests = lines.flatMap((line) => {
    file = /^- \[.+\]\((.+)\)$/.exec(line)?.[1] ?? file;
    const title = /^ {2}- (.+)$/.exec(line)?.[1];
    return title === undefined ? [] : [{ file, title }];
  });
  return { heading, tests };
}

/** Whether there is a test, or a group of them, of that title; those of the groups around it may be left out. */
function hasTest(file: string, title: string): boolean {
  const wanted = title.split(separator).join("\n");
  return testTitles(file).some((titles) => `\n${titles.join("\n")}`.endsWith(`\n${wanted}`));
}

it("there are twelve invariants, each with a number", () => {
  const numbers = invariants.map(({ heading }) => /^(\d+)\. ./.exec(heading)?.[1]);
  expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => String(index + 1)));
});

it("they name files by their paths", () => {
  for (const [, name, target] of text.matchAll(/^- \[(.+)\]\((.+)\)$/gm)) {
    expect(target).toBe(`../tests/${name}`);
  }
});

describe.each(invariants)("$heading", ({ tests }) => {
  it("is held by tests that there are", () => {
    expect(tests).not.toEqual([]);
    const missing = tests.filter(({ file, title }) => {
      const absolute = path.join(folder, file);
      return !existsSync(absolute) || !hasTest(readFileSync(absolute, "utf8"), title);
    });
    expect(missing).toEqual([]);
  });
});

describe("a test's title", () => {
  const file = `
function holds(what: string) {
  it(what, () => undefined);
}
describe.skipIf(!docker)("a cluster", () => {
  it("lives", () => undefined);
  it.each<[string, number]>([
    ["three", 3],
    [some, 5],
  ])("%s: %d", (name) => expect(name).toBe(name));
  it.each(["SIGINT"] as const)("after %s", end);
});
holds("a promise");
other("a call");
`;
  it.each([
    "a cluster",
    `a cluster${separator}lives`,
    "lives",
    "three: 3",
    "%s: %d",
    `a cluster${separator}after SIGINT`,
    "a promise",
  ])("is found: %s", (title) => {
    expect(hasTest(file, title)).toBe(true);
  });

  it.each(["live", "ives", "five: 5", ": 5", `another${separator}lives`, "a call", "what"])(
    "is not found where it is none: %s",
    (title) => {
      expect(hasTest(file, title)).toBe(false);
    },
  );
});
