import * as echarts from "echarts";
import type { Report } from "./report";

const rowHeight = 26;
const frame = { top: 70, bottom: 60, left: 330, right: 30 };

/** A strip plot as SVG: each injection's longest time without a write and without a read, by fault. */
export function drillPlot({ results, date, seed }: Report): string {
  const faults = [...new Set(results.map(({ fault }) => fault))].sort().reverse();
  const points = (kind: "write" | "read") =>
    // A logarithmic axis has no zero.
    results.map(({ fault, longestWithoutMs }) => [Math.max(1, longestWithoutMs[kind]), fault]);
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: 960,
    height: frame.top + frame.bottom + rowHeight * faults.length,
  });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#fff",
      title: {
        text: "The longest time without a write, and without a read, of each injection",
        subtext: `${results.length} injections, ${date}, seed ${seed}`,
        textStyle: { fontSize: 15 },
      },
      legend: { top: 8, right: 20 },
      grid: frame,
      xAxis: {
        type: "log",
        name: "milliseconds",
        nameLocation: "middle",
        nameGap: 30,
      },
      yAxis: { type: "category", data: faults, jitter: 12, axisTick: { show: false } },
      series: [
        { ...strip("without a write", "#c0392b"), data: points("write") },
        { ...strip("without a read", "#2471a3"), data: points("read") },
      ],
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function strip(name: string, color: string) {
  return { type: "scatter", name, symbolSize: 7, itemStyle: { color, opacity: 0.65 } } as const;
}
