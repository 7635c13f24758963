import { publish } from "../report/publish";
import { drillPlot } from "./plot";
import { drillMarkdown, drillReport, type Report } from "./report";

/** Writes the campaign's report in all its forms, and its table into `docs/proof.md`. */
export function publishCampaign(report: Report): Promise<void> {
  const files = {
    json: `${JSON.stringify(report, undefined, 2)}\n`,
    md: drillReport(report),
    svg: drillPlot(report),
  };
  return publish({ name: "drill", files, section: drillMarkdown(report) });
}
