import * as os from "node:os";
import { machineSize } from "../report/machine";
import { publish, published } from "../report/publish";
import { versionsInUse } from "../report/versions";
import { plot } from "./plot";
import { markdown, summary, type Report, type Surroundings } from "./report";
import { version as etcd } from "./versions";

const name = "bench";

/** What was measured before; undefined where nothing was. */
export function readReport(): Promise<Report | undefined> {
  return published<Report>(name);
}

/** Writes the report in all its forms, and its table into `docs/proof.md`. */
export function writeReport(report: Report): Promise<void> {
  const files = {
    json: `${JSON.stringify(report, rounded, 1)}\n`,
    md: markdown(report),
    svg: plot(report.rows),
  };
  return publish({ name, files, section: summary(report) });
}

/** To the microsecond: what is beyond is no knowledge. */
const rounded = (_key: string, value: unknown) =>
  typeof value === "number" ? Number(value.toFixed(6)) : value;

/** The machine and the versions of what has a part in the figures. */
export async function surroundings(): Promise<Surroundings> {
  return {
    ...machineSize(),
    processor: os.cpus()[0]?.model ?? "unknown",
    versions: { etcd, ...(await versionsInUse()), Linux: os.release() },
  };
}
