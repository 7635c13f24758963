import * as echarts from "echarts";
import type { Measurement } from "./figure";
import { judge } from "./judgement";
import { rowOf, type Target } from "./rows";
import { ratiosOf, ratioOf } from "./statistics";

const [width, rowHeight, top, bottom, labels] = [1000, 40, 80, 40, 400];
const colours = { met: "#2a7f4f", missed: "#b3372f", target: "#333333" };

/** Each run's ratio to its reference as a point, the median as a larger one, the target as a line. As SVG. */
export function plot(measurements: readonly Measurement[]): string {
  const rows = measurements.filter(({ reference }) => reference !== undefined);
  const shown = rows.filter(({ row }) => rowOf(row).target?.kind === "ratio");
  const chart = echarts.init(null, null, {
    ...{ renderer: "svg", ssr: true, width },
    height: top + bottom + rowHeight * shown.length,
  });
  chart.setOption(option(shown));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function option(rows: readonly Measurement[]): echarts.EChartsOption {
  const points = (of: (row: Measurement) => readonly number[], isMet: boolean) =>
    rows.flatMap((row, index) =>
      judge(row).met === isMet ? of(row).map((ratio) => [ratio, index]) : [],
    );
  const series = (isMet: boolean): echarts.SeriesOption[] => {
    const color = isMet ? colours.met : colours.missed;
    const name = isMet ? "met" : "not met";
    const runs = ({ ours, reference }: Measurement) => ratiosOf(ours, reference!);
    const median = ({ ours, reference }: Measurement) => [ratioOf(ours, reference!)];
    return [
      {
        ...{ type: "scatter", name: `a run, ${name}`, data: points(runs, isMet) },
        ...{ symbolSize: 9, itemStyle: { color, opacity: 0.45 } },
      },
      {
        ...{ type: "scatter", name: `median, ${name}`, data: points(median, isMet) },
        ...{ symbol: "diamond", symbolSize: 18, itemStyle: { color } },
      },
    ];
  };
  return {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "sans-serif" },
    title: { text: "Times the reference, run by run", left: "center", textStyle: { fontSize: 16 } },
    legend: { top: 34, itemGap: 24 },
    grid: { left: labels + 10, right: 30, top, bottom },
    xAxis: { type: "value", min: 0, axisLabel: { formatter: "{value} ×" } },
    yAxis: {
      type: "category",
      inverse: true,
      data: rows.map(({ row }) => rowOf(row).figure.replaceAll("`", "")),
      axisLabel: { width: labels, overflow: "break", color: "#000000" },
      axisTick: { show: false },
      splitLine: { show: true },
    },
    series: [
      ...series(true),
      ...series(false),
      {
        ...{ type: "scatter", name: "target", data: rows.map((row, i) => [goal(row), i]) },
        ...{ symbol: "rect", symbolSize: [3, rowHeight - 8], itemStyle: { color: colours.target } },
      },
    ],
  };
}

function goal({ row }: Measurement): number {
  const target: Target = rowOf(row).target!;
  return "atLeast" in target ? target.atLeast : target.atMost;
}
