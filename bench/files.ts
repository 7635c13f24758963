import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { version as pulumiSdk } from "@pulumi/pulumi/version";
import { projectRoot } from "../lab/paths";
import { run } from "../lab/run";
import { plot } from "./plot";
import { markdown, readmeSection, type Report, type Surroundings } from "./report";
import { version as etcd } from "./versions";

const folder = path.join(projectRoot, "reports");
const json = path.join(folder, "bench.json");
const readme = path.join(projectRoot, "README.md");
const marks = /(<!-- bench -->\n).*?(<!-- \/bench -->)/s;

/** What was measured before; undefined where nothing was. */
export async function readReport(): Promise<Report | undefined> {
  const text = await fs.readFile(json, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Report);
}

/** Writes the report in all its forms, and its table into the README. */
export async function writeReport(report: Report): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(json, `${JSON.stringify(report, rounded, 1)}\n`);
  await fs.writeFile(path.join(folder, "bench.md"), markdown(report));
  await fs.writeFile(path.join(folder, "bench.svg"), plot(report.rows));
  const text = await fs.readFile(readme, "utf8");
  const section = `\n${readmeSection(report)}\n\n`;
  await fs.writeFile(
    readme,
    text.replace(marks, (_all, begin: string, end: string) => begin + section + end),
  );
}

/** To the microsecond: what is beyond is no knowledge. */
const rounded = (_key: string, value: unknown) =>
  typeof value === "number" ? Number(value.toFixed(6)) : value;

/** The machine and the versions of what has a part in the figures. */
export async function surroundings(): Promise<Surroundings> {
  const pulumi = await run("pulumi", ["version"], { limitSeconds: 30 });
  return {
    cores: os.cpus().length,
    memoryGiB: Math.round(os.totalmem() / 1024 ** 3),
    processor: os.cpus()[0]?.model ?? "unknown",
    versions: {
      etcd,
      pulumi: pulumi.stdout.trim().replace(/^v/, ""),
      "@pulumi/pulumi": pulumiSdk,
      "Node.js": process.versions.node,
      Linux: os.release(),
    },
  };
}
