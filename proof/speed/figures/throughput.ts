import { quote } from "../../../components/etcd/scripts";
import { type Target, targetOf } from "../../load/target";
import { BlankCluster } from "../blankCluster";
import { copyCertificate, untilHealthy } from "../byHand";
import { certificateByHand } from "../certificateByHand";
import { closedLoop } from "../closedLoop";
import { type Bench, type Figure, type Measurement, repeat } from "../figure";
import { type Places, unitByHand } from "../unitByHand";
import { version } from "../versions";

const service = "etcd-by-hand";

/** The same binary with other certificates and another data directory, on the same disk. */
const places: Places = {
  binaries: `/opt/etcd/v${version}/bin`,
  certificates: `/etc/${service}`,
  data: `/var/lib/${service}`,
};

/** Puts to our cluster and to one of the first guide's units on the same machines, in turn. */
export const throughput: Figure = {
  name: "throughput",
  async measure(bench: Bench): Promise<Measurement[]> {
    const cluster = new BlankCluster(bench.log);
    const series = await cluster.use(async () => {
      await cluster.boot(3);
      await cluster.up();
      const ours = targetOf(await cluster.healthyOutputs());
      const byHand = await addByHand(cluster);
      return repeat(bench, "throughput", async () => {
        const first = await underLoad(cluster, "etcd", ours);
        const second = await underLoad(cluster, service, byHand);
        return {
          ...{ puts: first.putsPerSecond, p99: first.p99Ms },
          ...{ putsByHand: second.putsPerSecond, p99ByHand: second.p99Ms },
        };
      });
    });
    return [
      { row: "puts", ours: series.puts, reference: series.putsByHand },
      { row: "p99", ours: series.p99, reference: series.p99ByHand },
    ];
  },
};

/** Runs one of the two clusters alone. */
async function underLoad({ site, blanks }: BlankCluster, unit: string, target: Target) {
  const other = unit === service ? "etcd" : service;
  const everywhere = (command: string) =>
    Promise.all(blanks.map(({ ip }) => site.on(ip, `sudo systemctl ${command}`)));
  await everywhere(`stop ${other}`);
  await everywhere(`start --no-block ${unit}`);
  await untilHealthy(blanks, target.credentials!);
  return closedLoop(target);
}

async function addByHand({ site, blanks }: BlankCluster): Promise<Target> {
  const credentials = await certificateByHand(blanks.map(({ ip }) => ip));
  const { certificates, data } = places;
  for (const blank of blanks) {
    await copyCertificate(site, blank.ip, credentials);
    const unit = unitByHand(blank, blanks, places);
    await site.on(
      blank.ip,
      [
        `sudo mkdir -p ${certificates} ${data}`,
        `sudo chmod 700 ${data}`,
        `sudo cp ca.pem kubernetes-key.pem kubernetes.pem ${certificates}/`,
        `echo ${quote(unit)} | sudo tee /etc/systemd/system/${service}.service >/dev/null`,
        "sudo systemctl daemon-reload",
      ].join(" && "),
    );
  }
  const members = blanks.map(({ name, ip }) => ({ name, clientUrl: `https://${ip}:2379` }));
  return { members, credentials };
}
