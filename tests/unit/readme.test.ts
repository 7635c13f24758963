import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { drillMarkdown, drillReport, type Report } from "../../proof/faults/report";
import { markdown, type Report as Rehearsed, summary } from "../../proof/changes/report";
import { withSection } from "../../proof/report/publish";

const read = (name: string) => readFileSync(path.join(__dirname, "../..", name), "utf8");

const proof = read("docs/proof.md");

interface Declaration {
  readonly type: string;
  readonly default: unknown;
  readonly description: string;
}

function row([name, { default: value, description }]: [string, Declaration]): string {
  const isEmpty = ["", "[]", "{}"].includes(
    typeof value === "string" ? value : JSON.stringify(value),
  );
  const shown = name === "controllers" ? "controller-0 to -2, see `Pulumi.yaml`" : code(value);
  return `| \`${name}\` | ${isEmpty ? "" : shown} | ${description} |`;
}

function code(value: unknown): string {
  const items = Array.isArray(value) ? (value as unknown[]) : [value];
  return items.map((item) => `\`${String(item)}\``).join(", ");
}

it("the README is read in one go", () => {
  expect(read("README.md").split("\n").length).toBeLessThanOrEqual(151);
});

it("links lead somewhere", () => {
  const markdown = ["", "docs"].flatMap((folder) =>
    readdirSync(path.join(__dirname, "../..", folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => path.join(folder, name)),
  );
  expect(markdown).toEqual(
    expect.arrayContaining(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]),
  );
  for (const file of markdown) {
    for (const [, link, anchor] of read(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
      const target = link === "" ? file : path.join(path.dirname(file), link!);
      expect(existsSync(path.join(__dirname, "../..", target)), `${file}: ${link}`).toBe(true);
      if (anchor !== undefined) {
        expect(anchorsOf(read(target)), `${file}: ${link}#${anchor}`).toContain(anchor);
      }
    }
  }
});

/** What GitHub makes of headings: links lead to them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

it("docs/reference.md has Pulumi.yaml's settings", () => {
  const { config } = parse(read("Pulumi.yaml")) as { config: Record<string, Declaration> };
  const expected = [
    "| setting | default | what it is |",
    "| --- | --- | --- |",
    ...Object.entries(config).map(row),
  ];
  const [, table] = read("docs/reference.md").split(/<!-- \/?settings -->\n/);
  expect(table!.trim().split("\n")).toEqual(expected);
});

const examples = readdirSync(path.join(__dirname, "../../examples"));
it.each(examples.filter((name) => name.endsWith(".yaml")))(
  "docs/machines.md shows examples/%s as it is",
  (file) => {
    const lines = read(`examples/${file}`).split("\n");
    const settings = lines.filter((line) => !line.startsWith("#")).join("\n");
    expect(read("docs/machines.md")).toContain(`\`\`\`yaml\n${settings}\`\`\`\n`);
  },
);

it.each([
  ["typescript", "examples/component/index.ts"],
  ["yaml", "examples/yaml/Pulumi.yaml"],
])("docs/component.md shows the example in %s as it is", (language, file) => {
  expect(read("docs/component.md")).toContain(`\`\`\`${language}\n${read(file)}\`\`\`\n`);
});

it("docs/proof.md sums up the rehearsal that is in docs/reports/", () => {
  const report = JSON.parse(read("docs/reports/rehearsal.json")) as Rehearsed;
  expect(proof).toBe(withSection(proof, "rehearsal", summary(report)));
  expect(read("docs/reports/rehearsal.md")).toBe(markdown(report));
});

it("docs/proof.md has the table of the drill that is in docs/reports/, and the README its verdict", () => {
  const report = JSON.parse(read("docs/reports/drill.json")) as Report;
  expect(proof).toBe(withSection(proof, "drill", drillMarkdown(report)));
  const lost = report.results.reduce((sum, one) => sum + one.writes.lost, 0);
  expect(read("README.md").includes("no acknowledged write was lost")).toBe(lost === 0);
  expect(read("docs/reports/drill.md")).toBe(drillReport(report));
});
