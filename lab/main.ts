// npm run lab [-- COMMAND]: the whole program on three local machines. See `usage`.
import { parseArgs } from "node:util";
import { askHealth } from "../components/etcd/remote/health";
import { healthTable } from "../operator/healthTable";
import type { StackOutputs } from "../operator/stack";
import { runInTerminal } from "../operator/terminal";
import { etcdctlCommand, etcdctlLine, sshCommand } from "./client";
import { ensureDocker } from "./docker";
import type { Engine } from "./engine";
import { Lab, type Phase } from "./lab";

const usage = `npm run lab                        three machines and the cluster on them
npm run lab -- health              asks every member now
npm run lab -- ssh controller-1    a shell on a machine, or one command: ssh controller-1 uptime
npm run lab -- etcdctl ...         etcdctl with the client's certificate: etcdctl member list
npm run lab -- down                takes everything away but the download cache (.lab/cache)

--engine pulumi|in-process         instead of the best that is here`;

async function main(): Promise<number> {
  const [command = "up", ...rest] = process.argv.slice(2).filter((word) => word !== "--");
  // What follows these is somebody else's command line.
  if (command === "ssh" || command === "etcdctl") {
    const outputs = await runningOutputs();
    const [name = "", ...remote] = rest;
    const [program, ...words] =
      command === "ssh"
        ? [...(await sshCommand(outputs, name)), ...remote]
        : [...(await etcdctlCommand(outputs)), ...rest];
    return runInTerminal(program!, words);
  }
  const { values, positionals } = parseArgs({
    args: [command, ...rest],
    options: { engine: { type: "string" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  switch (positionals[0] ?? "up") {
    case "up":
      return up(engineName(values.engine));
    case "down":
      await new Lab(console.log).down();
      return 0;
    case "health":
      return health(await runningOutputs());
    default:
      console.error(`"${positionals[0]}" is not a command of the lab.\n\n${usage}`);
      return 2;
  }
}

function engineName(name: string | undefined): Engine["name"] | undefined {
  if (name !== undefined && name !== "pulumi" && name !== "in-process") {
    throw new Error(`--engine is "${name}", expected pulumi or in-process`);
  }
  return name;
}

async function up(wanted: Engine["name"] | undefined): Promise<number> {
  const lab = new Lab(console.log);
  const engine = await lab.engine(wanted);
  console.log(
    engine.name === "pulumi"
      ? "The program runs under the Pulumi engine, with a double in place of AWS."
      : "The program runs in process, without the Pulumi engine: it can create and tear down; changes need the Pulumi CLI.",
  );
  // `down` takes everything, so nothing needs to be said of data that stays.
  const outputs = await lab.up(engine, { deleteData: true });
  console.log(`\n${phaseTable(lab.phases)}\n`);
  for (const { name, privateIp, machineId } of outputs.members) {
    console.log(`${name}  ${privateIp}  ${machineId}`);
  }
  const code = await health(outputs);
  console.log(`\nA client of the cluster:\n\n${await etcdctlLine(outputs)} member list\n`);
  console.log(usage);
  return code;
}

function phaseTable(phases: Phase[]): string {
  return phases
    .map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}`)
    .join("\n");
}

async function health(outputs: StackOutputs): Promise<number> {
  const found = await askHealth(outputs);
  console.log(healthTable(found));
  return found.healthy ? 0 : 1;
}

async function runningOutputs(): Promise<StackOutputs> {
  const engine = await new Lab(() => undefined).running();
  if (engine === undefined) {
    throw new Error("the lab is not up: npm run lab");
  }
  await ensureDocker(() => undefined);
  return engine.outputs();
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(`lab: ${error.message}`);
    process.exitCode = 1;
  },
);
