import * as fs from "node:fs/promises";
import * as path from "node:path";
import { Lab } from "../../../lab/lab";
import { labDir } from "../../../lab/paths";
import { PulumiEngine, up } from "../../../lab/pulumiEngine";
import { EmptyProgram } from "../emptyProgram";
import { type Bench, type Figure, type Measurement, repeat } from "../figure";
import { pulumi } from "../pulumi";
import { sshConnections } from "../sshConnections";

const countFile = path.join(labDir, "modules.txt");
const hook = path.join(__dirname, "../countModules.cjs");

/** What the stack of three EC2 controllers asks of its machines, the backend and the host that runs it. */
export const labStack: Figure = {
  name: "stack",
  async measure(bench: Bench): Promise<Measurement[]> {
    const series = await repeat(bench, "stack", () => oneLife(bench));
    return [
      { row: "connections-first-up", ours: series.first },
      { row: "connections-noop", ours: series.noop },
      { row: "state-size", ours: series.kib },
      { row: "state-resources", ours: series.resources },
      { row: "modules", ours: series.modules, reference: series.empty },
    ];
  },
};

async function oneLife({ log }: Bench) {
  const lab = new Lab(log);
  const engine = new PulumiEngine(lab.aws);
  const empty = new EmptyProgram(engine, log);
  try {
    const { members } = await lab.up(engine, { deleteData: true });
    const most = async () =>
      Math.max(...(await Promise.all(members.map(({ machineId }) => sshConnections(machineId)))));
    const first = await most();
    await pulumi(engine, [...up, "--expect-no-changes"], log);
    const afterwards = await most();
    const { output: state } = await pulumi(engine, ["stack", "export"], log);
    const { deployment } = JSON.parse(state) as { deployment: { resources: unknown[] } };
    const env = countingEnvironment;
    await pulumi(engine, ["preview", "--expect-no-changes"], log, { env });
    const modules = await readCount();
    await empty.use(() => empty.preview(env));
    return {
      ...{ first, noop: afterwards - first, kib: Buffer.byteLength(state) / 1024 },
      ...{ resources: deployment.resources.length, modules, empty: await readCount() },
    };
  } finally {
    await lab.down();
  }
}

const countingEnvironment = { NODE_OPTIONS: `--require=${hook}`, BENCH_MODULES_FILE: countFile };

/** What the program that ran last has left; none of it stays. */
async function readCount(): Promise<number> {
  const text = await fs.readFile(countFile, "utf8");
  await fs.rm(countFile);
  return Number(text);
}
