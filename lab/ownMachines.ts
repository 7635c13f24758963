import { existsSync } from "node:fs";
import * as path from "node:path";
import { quote } from "../components/etcd/scripts";
import { UsageError } from "../operator/commandLine";
import { writeSshFiles } from "../operator/sshFiles";
import { type Blank, BlankMachines } from "./blankMachines";
import { makeSshDir } from "./client";
import { openLab } from "./commands";
import { mirrorSettings } from "./lab";
import { newest } from "../components/etcd/versions";
import { projectRoot } from "./paths";
import { labStack, stackFile, writeStackFileElsewhere } from "./stackFile";

/** More than a lab on one host is good for. */
const most = 9;

/**
 * Boots blank machines, as somebody has them, and makes a stack for them: of this program, or of one of the
 * examples, which take their addresses and host keys as they are written here.
 */
export async function ownMachines(words: readonly string[]): Promise<number> {
  const [count, folder, ...others] = words;
  const wanted = Number(count);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > most || others.length > 0) {
    throw new UsageError(`expected how many machines, from 1 to ${most}, and perhaps a folder`);
  }
  const lab = await openLab();
  if ((await lab.running()) !== undefined) {
    throw new Error("the lab is up already: npm run lab -- down");
  }
  const program = path.resolve(projectRoot, folder ?? ".");
  if (program !== projectRoot && existsSync(stackFile(labStack, program))) {
    throw new Error(`${stackFile(labStack, program)} is there already: move it away`);
  }
  const engine = (await lab.pulumi()).elsewhere(program);
  const site = new BlankMachines();
  const blanks = Array.from({ length: wanted }, (_, index) => ({
    name: `node-${index}`,
    ip: `10.0.1.${10 + index}`,
  }));
  await site.prepareNetwork(await lab.range(), console.error);
  await Promise.all(blanks.map((blank) => site.bootBlank(blank)));
  const place = mirrorSettings(site.gateway);
  if (program === projectRoot) {
    await site.configure(engine, { ...place, ...ownSettings(site, blanks) });
  } else {
    const settings = { ...place, ...exampleSettings(site, blanks) };
    await writeStackFileElsewhere(program, settings);
    await site.giveKey(engine);
  }

  const ssh = await writeSsh(site, blanks);
  const cwd = program === projectRoot ? "" : ` --cwd ${quote(folder!)}`;
  console.log(`${blanks.map(({ name, ip }) => `${name}  ${ip}`).join("\n")}

A shell on one of them:   ssh -F ${quote(ssh)} ${blanks[0]!.name}
The cluster on them:      npm run lab -- pulumi${cwd} up
And all away again:       npm run lab -- down`);
  return 0;
}

function ownSettings(site: BlankMachines, blanks: readonly Blank[]) {
  return {
    machines: blanks.map(({ name, ip }) => ({ name, address: ip })),
    knownHosts: site.knownHosts,
    sshUser: "ubuntu",
    deleteData: true,
  };
}

/** What the examples ask for: each takes the ones that it knows. */
function exampleSettings(site: BlankMachines, blanks: readonly Blank[]) {
  return {
    version: newest["3.7"],
    addresses: blanks.map(({ ip }) => ip),
    hostKeys: blanks.map(({ ip }) => site.hostKey(ip)),
    servers: blanks.map(({ name, ip }) => ({ name, address: ip, hostKey: site.hostKey(ip) })),
  };
}

/**
 * The way to them for the system's `ssh`.
 * @param folder below that of the lab's own cluster
 */
export async function writeSsh(
  site: BlankMachines,
  blanks: readonly Blank[],
  folder = "",
): Promise<string> {
  return writeSshFiles(
    await makeSshDir(folder),
    blanks.map(({ name, ip }) => ({ name, target: site.target(ip) })),
  );
}
