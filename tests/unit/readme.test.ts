import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { drillMarkdown, drillReport, type Report } from "../../proof/faults/report";
import { markdown, type Report as Rehearsed, summary } from "../../proof/changes/report";
import { withSection } from "../../proof/report/publish";

const read = (name: string) => readFileSync(path.join(__dirname, "../..", name), "utf8");

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

it("the README's table of settings is Pulumi.yaml's", () => {
  const { config } = parse(read("Pulumi.yaml")) as { config: Record<string, Declaration> };
  const expected = [
    "| setting | default | what it is |",
    "| --- | --- | --- |",
    ...Object.entries(config).map(row),
  ];
  const [, table] = read("README.md").split(/<!-- \/?settings -->\n/);
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

it("the README's summary of the rehearsal is of the one in docs/reports/", () => {
  const report = JSON.parse(read("docs/reports/rehearsal.json")) as Rehearsed;
  expect(read("README.md")).toBe(withSection(read("README.md"), "rehearsal", summary(report)));
  expect(read("docs/reports/rehearsal.md")).toBe(markdown(report));
});

it("the README's table of the drill is of the campaign in docs/reports/", () => {
  const report = JSON.parse(read("docs/reports/drill.json")) as Report;
  expect(read("README.md")).toBe(withSection(read("README.md"), "drill", drillMarkdown(report)));
  expect(read("docs/reports/drill.md")).toBe(drillReport(report));
});
