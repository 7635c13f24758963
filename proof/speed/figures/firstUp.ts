import { blankId } from "../../../lab/blankMachines";
import { BlankCluster } from "../blankCluster";
import { ByHand } from "../byHand";
import { EmptyProgram } from "../emptyProgram";
import { type Bench, type Figure, type Measurement, repeat } from "../figure";
import { sshConnections } from "../sshConnections";
import { version } from "../versions";

/** From three blank machines to three healthy members, by the program and by hand. */
export const firstUp: Figure = {
  name: "first-up",
  async measure(bench: Bench): Promise<Measurement[]> {
    const cluster = new BlankCluster(bench.log);
    const empty = new EmptyProgram(cluster.engine, bench.log);
    const series = await cluster.use(() =>
      repeat(bench, "first up", async () => {
        const { up, connections } = await byPulumi(cluster);
        const serial = await byHand(cluster, (steps) => steps.oneAfterTheOther());
        const engine = await empty.use(() => empty.up());
        const parallel = await byHand(cluster, (steps) => steps.inParallel());
        return { up, serial, engine, parallel, less: up - engine, connections };
      }),
    );
    return [
      { row: "first-up", ours: series.up, reference: series.serial },
      {
        row: "first-up-less-engine",
        ours: series.less,
        reference: series.parallel,
        beside: { "empty program's up, s": series.engine },
      },
      { row: "connections-existing", ours: series.connections },
    ];
  },
};

async function byPulumi(cluster: BlankCluster) {
  await cluster.boot(3);
  const counts = () => Promise.all(cluster.blanks.map(({ ip }) => sshConnections(blankId(ip))));
  const before = await counts();
  const up = await cluster.up();
  const connections = Math.max(...(await counts()).map((count, index) => count - before[index]!));
  await cluster.healthyOutputs();
  await cluster.clear();
  return { up, connections };
}

async function byHand(
  cluster: BlankCluster,
  measure: (steps: ByHand) => Promise<number>,
): Promise<number> {
  await cluster.boot(3);
  const seconds = await measure(await ByHand.prepare(cluster.site, cluster.blanks, version));
  await cluster.clear();
  return seconds;
}
