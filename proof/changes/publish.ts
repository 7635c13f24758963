import { publish } from "../report/publish";
import { markdown, type Report, summary } from "./report";

/** Writes what was measured in all its forms, and its summary into `docs/proof.md`. */
export function publishRehearsal(report: Report): Promise<void> {
  const files = { json: `${JSON.stringify(report, undefined, 2)}\n`, md: markdown(report) };
  return publish({ name: "rehearsal", files, section: summary(report) });
}
