import * as fs from "node:fs/promises";
import * as path from "node:path";
import { projectRoot } from "../lab/paths";
import { drillPlot } from "./plot";
import { drillMarkdown, drillReport, type Report } from "./report";

const folder = path.join(projectRoot, "reports");
const readme = path.join(projectRoot, "README.md");

/** Writes the reports, and the README's table anew. */
export async function publish(report: Report): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  const write = (name: string, text: string) => fs.writeFile(path.join(folder, name), text);
  await write("drill.json", `${JSON.stringify(report, undefined, 2)}\n`);
  await write("drill.md", drillReport(report));
  await write("drill.svg", drillPlot(report));
  await fs.writeFile(readme, withTable(await fs.readFile(readme, "utf8"), report));
}

const between = /(?<=<!-- drill -->\n).*(?=<!-- \/drill -->)/s;

/** The README with this campaign's table between its markers. */
export function withTable(text: string, report: Report): string {
  return text.replace(between, () => `\n${drillMarkdown(report)}\n\n`);
}
