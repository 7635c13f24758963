import { setTimeout as sleep } from "node:timers/promises";
import { askHealth } from "../../../components/etcd/remote/health";
import { LiveMachine } from "../../../components/etcd/remote/machine";
import { runOverSsh } from "../../../components/etcd/remote/ssh";
import type { StackOutputs } from "../../../operator/stack";
import { now, type Window } from "../../load/clock";
import { Sampler } from "../../load/sampler";
import { targetOf } from "../../load/target";
import { Writer } from "../../load/writer";
import { writerFigures } from "../../load/writerFigures";
import { BlankCluster } from "../blankCluster";
import { type Bench, type Figure, type Measurement, repeat } from "../figure";
import { stopToHealthySeconds } from "../stopToHealthy";
import { olderVersion, version } from "../versions";

/** How long the writer runs before and after what is measured, in ms. */
const settleMs = 1000;

/** A rolling upgrade of three members under a writer, beside the restart of one. */
export const rolling: Figure = {
  name: "rolling",
  async measure(bench: Bench): Promise<Measurement[]> {
    const cluster = new BlankCluster(bench.log);
    // A gap has more chance in it than a time: twice the runs.
    const twice = { ...bench, runs: 2 * bench.runs };
    const series = await cluster.use(() => repeat(twice, "rolling", () => upgrade(cluster)));
    return [
      {
        row: "rolling-upgrade",
        ours: series.stopToHealthy,
        reference: series.restart.map((seconds) => 3 * seconds),
        beside: { "the whole pulumi up, s": series.wholeUp },
      },
      {
        row: "write-gap",
        ours: series.gap,
        reference: series.restartGap,
        beside: {
          "failed puts": series.failed,
          "puts tried again": series.retried,
          "less what the writer itself stood still, ms": series.watchedGap,
          "the same of the restart, ms": series.watchedRestartGap,
        },
      },
    ];
  },
};

async function upgrade(cluster: BlankCluster) {
  await cluster.boot(3);
  await cluster.up({ version: olderVersion });
  const outputs = await cluster.healthyOutputs();
  const target = targetOf(outputs);
  const writer = new Writer(target, { putsPerSecond: 100 });
  const sampler = new Sampler(target, { periodMs: 20, path: "/health" });
  let wholeUp = 0;
  let [restarted, upgraded]: Window[] = [];
  try {
    restarted = await windowOf(() => restartLeader(outputs));
    upgraded = await windowOf(async () => {
      wholeUp = await cluster.up({ version });
    });
  } finally {
    await Promise.all([writer.stop(), sampler.stop()]);
  }
  await cluster.healthyOutputs();
  await cluster.clear();
  const [writes, samples] = [writer.history(), sampler.history()];
  const during = writerFigures(writes, upgraded);
  const restart = writerFigures(writes, restarted);
  return {
    stopToHealthy: stopToHealthySeconds(samples, upgraded, 3),
    restart: stopToHealthySeconds(samples, restarted, 1),
    wholeUp,
    gap: during.longestGapMs,
    restartGap: restart.longestGapMs,
    watchedGap: during.longestWatchedGapMs,
    watchedRestartGap: restart.longestWatchedGapMs,
    failed: during.failed.length + restart.failed.length,
    retried: during.retried,
  };
}

async function windowOf(work: () => Promise<void>): Promise<Window> {
  const fromMs = now();
  await sleep(settleMs);
  await work();
  await sleep(settleMs);
  return { fromMs, toMs: now() };
}

/** As the program does it with each member: the leadership moved away, then stopped and started. */
async function restartLeader(outputs: StackOutputs): Promise<void> {
  const leader = (await askHealth(outputs)).members.find((member) => member.leader);
  if (leader === undefined) {
    throw new Error("no member leads, so none can be restarted as the leader");
  }
  const machine = new LiveMachine(leader.name, outputs);
  await machine.succeed("handover", machine.etcdctl);
  // Returns when systemd has been told by etcd that it serves.
  const { code, output } = await runOverSsh(machine.target, "sudo systemctl restart etcd");
  if (code !== 0) {
    throw new Error(`restarting ${leader.name} ended with ${code}: ${output}`);
  }
}
