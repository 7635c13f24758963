import * as echarts from "echarts";
import type { Report } from "./report";
import { unavailableLimitMs } from "./result";

const rowHeight = 26;
const frame = { top: 70, bottom: 60, left: 350, right: 30 };

/** A strip plot as SVG: each injection's longest time without a write and without a read, by fault. */
export function drillPlot({ results, date, seed }: Report): string {
  const faults = [...new Set(results.map(({ fault }) => fault))].sort().reverse();
  const points = (kind: "write" | "read") =>
    results.map(({ fault, longestWithoutMs }) => [longestWithoutMs[kind], fault]);
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
        left: 10,
        text: "The longest time without a write, and without a read, of each injection",
        subtext: `${results.length} injections, ${date}, seed ${seed}`,
        textStyle: { fontSize: 15 },
      },
      legend: { top: 30, right: 130, itemGap: 60 },
      grid: frame,
      xAxis: {
        type: "log",
        min: ({ min }: { min: number }) => 10 ** Math.floor(Math.log10(Math.max(1, min))),
        max: 2 * unavailableLimitMs,
        name: "milliseconds",
        nameLocation: "middle",
        nameGap: 30,
      },
      yAxis: {
        type: "category",
        data: faults,
        jitter: 12,
        axisTick: { show: false },
        splitLine: { show: true },
      },
      series: [
        { ...strip("without a write", "#c0392b"), data: points("write"), markLine: limit },
        { ...strip("without a read", "#2471a3"), data: points("read") },
      ],
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** From here on it is a violation. */
const limit = {
  silent: true,
  symbol: "none",
  lineStyle: { color: "#555" },
  label: { formatter: "limit" },
  data: [{ xAxis: unavailableLimitMs }],
};

function strip(name: string, color: string) {
  return { type: "scatter", name, symbolSize: 7, itemStyle: { color, opacity: 0.65 } } as const;
}
