import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "simple-statistics";
import type { MemberOutput } from "../../../components/outputs";
import { lastLines, run } from "../../../lab/run";
import type { Fault, Scene } from "../fault";
import { memberOf, onMachine } from "../machine";

const chain = "DRILL";

/** What a partition lets through of what members say to each other. */
type Way = "in" | "out";

/** A member's packets to and from the others' peer ports, and its own. */
function peerRules(scene: Scene, way: Way, what: string): string[] {
  const port = Number(new URL(memberOf(scene).peerUrl).port);
  const from = way === "in" ? "INPUT" : "OUTPUT";
  return ["--dport", "--sport"].map(
    (side) => `iptables -A ${chain}-${from} -p tcp ${side} ${port} ${what}`,
  );
}

/** Rules in chains of their own, so that all of them go at once. */
async function addRules(scene: Scene, rules: readonly string[]): Promise<void> {
  const chains = ["INPUT", "OUTPUT"].flatMap((from) => [
    `iptables -N ${chain}-${from}`,
    `iptables -I ${from} -j ${chain}-${from}`,
  ]);
  await onMachine(scene, [...chains, ...rules].join("\n"));
}

async function removeRules(scene: Scene): Promise<void> {
  const lines = ["INPUT", "OUTPUT"].flatMap((from) => [
    `iptables -D ${from} -j ${chain}-${from} || true`,
    `iptables -F ${chain}-${from} || true`,
    `iptables -X ${chain}-${from} || true`,
  ]);
  // Some of it is not there where making it failed half-way; what is left then is said.
  await onMachine(
    scene,
    `{ ${lines.join("\n")}; } 2>/dev/null
     if iptables -S | grep ${chain}; then exit 1; fi`,
  );
}

/** Clients still reach it: those of a partitioned leader must not be told that it can write or read. */
function partitioned(victim: "leader" | "follower"): Fault {
  return {
    id: `partition-${victim}`,
    name: `${victim} cut off from the other members`,
    weight: 8,
    victim,
    healedBy: "itself",
    holdSeconds: [3, 6],
    inject: (scene) =>
      addRules(scene, [
        ...peerRules(scene, "in", "-j DROP"),
        ...peerRules(scene, "out", "-j DROP"),
      ]),
    heal: removeRules,
  };
}

const oneWay: Fault = {
  id: "one-way",
  name: "member cut off in one direction",
  weight: 8,
  victim: "any",
  healedBy: "itself",
  holdSeconds: [3, 6],
  inject: async (scene) => {
    const way = scene.injection.fraction < 0.5 ? "in" : "out";
    scene.note(way === "in" ? "hears nothing" : "is not heard");
    await addRules(scene, peerRules(scene, way, "-j DROP"));
  },
  heal: removeRules,
};

/** TCP makes up for them, late. */
const lossy: Fault = {
  id: "lossy",
  name: "packets between a member and the others lost",
  weight: 8,
  victim: "any",
  healedBy: "itself",
  holdSeconds: [4, 8],
  inject: async (scene) => {
    const percent = Math.round(10 + 20 * scene.injection.fraction);
    scene.note(`${percent} % each way`);
    const lost = `-m statistic --mode random --probability ${percent / 100} -j DROP`;
    await addRules(scene, [...peerRules(scene, "in", lost), ...peerRules(scene, "out", lost)]);
  },
  heal: removeRules,
};

/**
 * As behind a line that is too thin: half of what the member sends fits through, and what waits makes all
 * of it late. Not by netem, which few kernels have built in; tbf is in all that Docker runs on.
 */
const slow: Fault = {
  id: "slow",
  name: "slow network of a member",
  weight: 8,
  victim: "any",
  healedBy: "itself",
  holdSeconds: [4, 8],
  // Tried in a network of its own, which is gone with the command.
  whyNot: async () => {
    const tried = await run("unshare", ["--net", "tc", ...queue("lo", "1mbit", 50).split(" ")], {
      limitSeconds: 10,
    });
    return tried.failed
      ? `there is no tc tbf here (${lastLines(tried.all, 1).replace(/\.$/, "") || tried.code})`
      : undefined;
  },
  inject: async (scene) => {
    const waitMs = Math.round(50 + 150 * scene.injection.fraction);
    await onMachine(
      scene,
      `sent() { cat /sys/class/net/eth0/statistics/tx_bytes; }
       before=$(sent)
       sleep 1
       half=$((($(sent) - before) * 8 / 2))
       tc ${queue("eth0", "${half}bit", waitMs)}`,
    );
    await sleep(1000);
    const lateMs = await connectMs(memberOf(scene));
    scene.note(`half of its bandwidth, its answers ${lateMs} ms late`);
    if (lateMs < waitMs / 4) {
      throw new Error(`its answers are ${lateMs} ms late, expected some ${waitMs}`);
    }
  },
  heal: async (scene) => {
    await onMachine(scene, "tc qdisc del dev eth0 root 2>/dev/null || true");
  },
};

/** In the words of tc: packets beyond a rate wait, this long at most. */
function queue(device: string, rate: string, waitMs: number): string {
  return `qdisc add dev ${device} root tbf rate ${rate} burst 8kb latency ${waitMs}ms`;
}

/** How long a member takes to answer a client that wants to connect, in ms: the median of five. */
async function connectMs({ privateIp, clientUrl }: MemberOutput): Promise<number> {
  const times: number[] = [];
  while (times.length < 5) {
    const startMs = performance.now();
    const socket = connect({ host: privateIp, port: Number(new URL(clientUrl).port) });
    await once(socket, "connect", { signal: AbortSignal.timeout(10_000) });
    times.push(performance.now() - startMs);
    socket.destroy();
  }
  return Math.round(median(times));
}

export const networkFaults: readonly Fault[] = [
  partitioned("follower"),
  partitioned("leader"),
  oneWay,
  lossy,
  slow,
];
