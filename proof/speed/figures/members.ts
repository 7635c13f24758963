import { BlankCluster } from "../blankCluster";
import { type Bench, type Figure, type Measurement, repeat } from "../figure";

/** Blank machines to a healthy cluster, by how many members it has. */
export const members: Figure = {
  name: "members",
  async measure(bench: Bench): Promise<Measurement[]> {
    const cluster = new BlankCluster(bench.log);
    const up = async (count: number) => {
      await cluster.boot(count);
      const seconds = await cluster.up();
      await cluster.healthyOutputs();
      await cluster.clear();
      return seconds;
    };
    const series = await cluster.use(() =>
      repeat(bench, "members", async () => ({
        one: await up(1),
        three: await up(3),
        five: await up(5),
        seven: await up(7),
      })),
    );
    return [
      {
        row: "members",
        ours: series.seven,
        reference: series.three,
        beside: { "one member, s": series.one, "five members, s": series.five },
      },
    ];
  },
};
