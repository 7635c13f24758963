import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import * as semver from "semver";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { newest } from "../../components/etcd/versions";
import { projectRoot } from "../../lab/paths";

const read = (name: string) => readFileSync(path.join(projectRoot, name), "utf8");

const own = JSON.parse(read("package.json")) as {
  license: string;
  engines: { node: string };
  scripts: Record<string, string>;
};
const { license, engines, scripts } = own;
const filesIn = (folder: string, ending: string) =>
  readdirSync(path.join(projectRoot, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name));
const workflows = filesIn(".github/workflows", ".yml");
const labAction = ".github/actions/lab/action.yml";

it.each([...filesIn("", ".md"), ...filesIn("docs", ".md"), ...workflows])(
  "%s names commands that there are",
  (file) => {
    const named = [...read(file).matchAll(/\bnpm (?:run ([\w:-]+)|(test)\b)/g)].map(
      ([, run, test]) => run ?? test!,
    );
    expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([]);
  },
);

it("CONTRIBUTING.md names files and folders that there are", () => {
  const named = [...read("CONTRIBUTING.md").matchAll(/(?<=[` ])([\w.-]+)\/[\w./-]*(?=[` ])/g)];
  // Others are etcd's.
  const own = named.filter(([, folder]) => existsSync(path.join(projectRoot, folder!)));
  expect(own.length).toBeGreaterThan(20);
  const paths = own.map(([name]) => name);
  expect(paths.filter((name) => !existsSync(path.join(projectRoot, name)))).toEqual([]);
});

it("LICENSE is the one that package.json names", () => {
  const [, name, version] = /^\s*(\w+) License\n\s*Version (\S+),/.exec(read("LICENSE"))!;
  expect(license).toBe(`${name}-${version}`);
});

describe("the versions of Node.js", () => {
  const preferred = read(".nvmrc").trim();

  it("include .nvmrc's", () => {
    expect(semver.subset(preferred, engines.node)).toBe(true);
  });

  it("are those of Pulumi's SDK", () => {
    const sdk = JSON.parse(read("node_modules/@pulumi/pulumi/package.json")) as typeof own;
    expect(engines.node).toBe(sdk.engines.node);
  });

  it("are tested from the oldest that is said to work to .nvmrc's", () => {
    const { jobs } = parse(read(".github/workflows/ci.yml")) as {
      jobs: { unit: { strategy: { matrix: { node: string[] } } } };
    };
    const [, oldest] = /Node\.js 22 or later \((\S+) works/.exec(read("README.md"))!;
    expect(jobs.unit.strategy.matrix.node).toEqual([oldest, preferred]);
  });
});

it("whatever an action is, it is pinned by its commit, with its version beside it", () => {
  const uses = [labAction, ...workflows].flatMap((file) =>
    [...read(file).matchAll(/\buses: (.+)$/gm)].map(([, action]) => action!),
  );
  const others = uses.filter((action) => !action.startsWith("./"));
  expect(others.length).toBeGreaterThan(5);
  expect(others.filter((action) => !/^[\w/-]+@[0-9a-f]{40} # v[\d.]+$/.test(action))).toEqual([]);
});

describe("renovate.json", () => {
  const { customManagers } = JSON.parse(read("renovate.json")) as {
    customManagers: { managerFilePatterns: string[]; matchStrings: string[] }[];
  };

  /** What the regular expressions of the manager of this file capture there, as Renovate does. */
  function captured(file: string): Record<string, string>[] {
    return customManagers
      .filter(({ managerFilePatterns }) => managerFilePatterns.includes(file))
      .flatMap(({ matchStrings }) => matchStrings)
      .flatMap((pattern) => [...read(file).matchAll(new RegExp(pattern, "g"))])
      .map(({ groups }) => ({ ...groups }));
  }

  it("finds etcd's newest versions", () => {
    expect(captured("components/etcd/versions.ts")).toEqual(
      Object.entries(newest).map(([minor, currentValue]) => ({ minor, currentValue })),
    );
  });

  it("finds the Pulumi CLI that CI installs", () => {
    const { runs } = parse(read(labAction)) as {
      runs: { steps: { with?: Record<string, string> }[] };
    };
    const versions = runs.steps.flatMap((step) => step.with?.["pulumi-version"] ?? []);
    expect(versions).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    expect(captured(labAction)).toEqual([{ currentValue: versions[0] }]);
  });

  it("has no other of its own", () => {
    const files = customManagers.flatMap(({ managerFilePatterns }) => managerFilePatterns);
    expect(files).toEqual(["components/etcd/versions.ts", labAction]);
  });
});
