import * as ipaddr from "ipaddr.js";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { overlaps, parseCidr, rangesFromAnywhere } from "../components/cidr";
import { docker } from "./docker";
import { imageName } from "./image";
import { labDir, projectRoot } from "./paths";
import { allotPublicAddress, publicAddressIn, usePublicAddress } from "./publicAddresses";
import { run } from "./run";

const network = "etcd-lab";
const machineLabel = "etcd-lab=machine";
/** Which checkout's they are: the network is the host's, and so has one lab at a time. */
const checkoutLabel = "etcd-lab-checkout";
const machinesDir = path.join(labDir, "machines");
const volumesDir = path.join(labDir, "volumes");
const shutdownLimitSeconds = 20;
const freeLimitSeconds = 10;

/** What EC2 would be asked for. */
export interface MachineRequest {
  /** Host name until cloud-init sets the user data's. */
  name: string;
  /** Private address in the network's range. */
  ip: string;
  /** Handed to cloud-init as it is. */
  userData: string;
  /** The key pair's public key in OpenSSH's format; it lets its owner in as `ubuntu`. */
  publicKey: string;
  /** A machine with a new id is a new machine to cloud-init. */
  instanceId: string;
  /** Whether it gets a public address, too: this host reaches it there as well. */
  hasPublicAddress?: boolean;
}

// The network

/**
 * Makes the machines' network. The first address of the range is this host's.
 *
 * @throws Error when the network exists with another range, or the range is taken on this host: its addresses would
 *   no longer be reached from here.
 */
export async function createNetwork(cidr: string): Promise<{ gateway: string }> {
  const gateway = gatewayIn(cidr);
  const existing = await networkRange();
  if (existing === undefined) {
    const taken = await takenBy(cidr);
    if (taken !== undefined) {
      throw new Error(
        `This host reaches ${taken} already, which the lab's network ${cidr} would take away: set vpcCidr, ` +
          "subnetCidrs and the controllers' privateIp to another range (npm run lab -- pulumi config).",
      );
    }
    const range = ["--subnet", cidr, "--gateway", gateway];
    await docker("network", "create", "--driver", "bridge", ...range, network);
  } else if (existing !== cidr) {
    throw new Error(
      `The lab's network is ${existing}, but ${cidr} is wanted: tear the lab down first.`,
    );
  }
  return { gateway };
}

/** What of a range this host has a way to, apart from its default route; undefined where nothing, or nobody tells. */
async function takenBy(cidr: string): Promise<string | undefined> {
  const { failed, stdout } = await run("ip", ["-json", "route", "show"], { limitSeconds: 10 });
  if (failed) return undefined;
  const found = routeTo(cidr, JSON.parse(stdout || "[]") as Route[]);
  return found && `${found.dst}${found.dev === undefined ? "" : ` by ${found.dev}`}`;
}

/** A route as `ip -json route show` has it. */
interface Route {
  readonly dst: string;
  readonly dev?: string;
}

/** The first route to a part of a range. One to half of all addresses, as a VPN's, is a default route. */
export function routeTo(cidr: string, routes: readonly Route[]): Route | undefined {
  const wanted = parseCidr(cidr)!;
  return routes.find(({ dst }) => {
    const one = parseCidr(dst.includes("/") ? dst : `${dst}/32`);
    return (
      one !== undefined && rangesFromAnywhere([one.text]) === undefined && overlaps(one, wanted)
    );
  });
}

/** Removes the network if it is there. Fails while machines are in it. */
async function removeNetwork(): Promise<void> {
  if ((await networkRange()) !== undefined) await docker("network", "rm", network);
}

/** The address of this host in the machines' network. */
export function gatewayIn(cidr: string): string {
  const [address, bits] = ipaddr.IPv4.parseCIDR(cidr);
  const base = ipaddr.IPv4.networkAddressFromCIDR(cidr);
  if (address.toString() !== base.toString() || bits > 29) {
    throw new Error(`${cidr} is no range for machines: use its first address and at most /29.`);
  }
  const octets = base.toByteArray();
  octets[3]! += 1;
  return new ipaddr.IPv4(octets).toString();
}

async function networkRange(): Promise<string | undefined> {
  const names = await docker("network", "ls", "--format", "{{.Name}}");
  if (!names.split("\n").includes(network)) return undefined;
  return docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", network);
}

// Machines

/**
 * Makes a machine and starts it. Does not wait for it to boot, as EC2 does not.
 *
 * @throws Error when the address is in use or outside the network, or the id is taken.
 */
export async function bootMachine(request: MachineRequest): Promise<void> {
  const { instanceId, ip } = request;
  await refuseTakenAddress(ip);
  if (await machineExists(instanceId)) throw new Error(`Machine ${instanceId} exists already.`);
  await writeSeed(request);
  try {
    await docker("run", ...runArguments(request), await imageName());
    if (request.hasPublicAddress === true) await givePublicAddress(instanceId);
  } catch (error) {
    await removeMachine(instanceId);
    throw new Error(`Machine ${instanceId} (${ip}) did not start: ${messageOf(error)}`);
  }
}

/** Removes a machine if it is there. Its volumes stay and are detached. */
export async function removeMachine(instanceId: string): Promise<void> {
  if (await machineExists(instanceId)) await docker("rm", "--force", containerName(instanceId));
  for (const volumeId of await attachedVolumes(instanceId)) await freeLoopDevice(volumeId);
  await fs.rm(machineDir(instanceId), { recursive: true, force: true });
}

/** Shuts a machine down in an orderly way, after 20 s by force. It keeps its private address. */
export async function stopMachine(instanceId: string): Promise<void> {
  await docker("stop", "-t", `${shutdownLimitSeconds}`, containerName(instanceId));
}

/**
 * Starts a stopped machine with its volumes attached. One with a public address gets another one, as
 * on EC2.
 * @param options.samePublicAddress as after a reboot, or with an Elastic IP
 */
export async function startMachine(
  instanceId: string,
  { samePublicAddress = false }: { samePublicAddress?: boolean } = {},
): Promise<void> {
  // Loop devices don't outlive a restart of the host, and may have other numbers now.
  for (const volumeId of await attachedVolumes(instanceId)) {
    await writeAttachment(volumeId, instanceId);
  }
  await docker("start", containerName(instanceId));
  const before = publicAddressIn(machinesDir, instanceId);
  if (before !== undefined)
    await givePublicAddress(instanceId, samePublicAddress ? before : undefined);
}

/** The public address that a machine has now: "" for one that is stopped, or without one. */
export async function publicAddress(instanceId: string): Promise<string> {
  const address = publicAddressIn(machinesDir, instanceId) ?? "";
  return address !== "" && (await machineRuns(instanceId)) ? address : "";
}

async function givePublicAddress(instanceId: string, address?: string): Promise<void> {
  const its = address ?? allotPublicAddress(machinesDir, instanceId);
  await usePublicAddress(containerName(instanceId), network, its);
}

/** Everything on a machine stands still until it is resumed. It keeps its connections. */
export async function pauseMachine(instanceId: string): Promise<void> {
  await docker("pause", containerName(instanceId));
}

/** Lets a paused machine go on. Does nothing when it isn't paused. */
export async function resumeMachine(instanceId: string): Promise<void> {
  const name = containerName(instanceId);
  const paused = await docker("inspect", "--format", "{{.State.Paused}}", name);
  if (paused === "true") await docker("unpause", name);
}

/** Whether there is such a machine, running or stopped. */
export async function machineExists(instanceId: string): Promise<boolean> {
  return (await containers(`name=^${containerName(instanceId)}$`)).length > 0;
}

/** Whether there is such a machine and it is not stopped. A paused one runs, as EC2 sees it. */
export async function machineRuns(instanceId: string): Promise<boolean> {
  return (await machineExists(instanceId)) && (await isRunning(instanceId));
}

/** Runs a command as root on a running machine and gives what it printed. */
export async function execOn(instanceId: string, ...argv: string[]): Promise<string> {
  return docker("exec", containerName(instanceId), ...argv);
}

/** Copies a file of this host onto a machine, not into a file system of its memory such as /run. */
export async function copyTo(instanceId: string, file: string, target: string): Promise<void> {
  await docker("cp", file, `${containerName(instanceId)}:${target}`);
}

function containerName(instanceId: string): string {
  if (!/^[\w.-]+$/.test(instanceId)) throw new Error(`"${instanceId}" is no instance id.`);
  return `etcd-lab-${instanceId}`;
}

/** Names of the containers, running or not, that a `docker ps` filter finds. */
async function containers(filter: string): Promise<string[]> {
  const output = await docker("ps", "--all", "--filter", filter, "--format", "{{.Names}}");
  return output.split("\n").filter((line) => line !== "");
}

/** A stopped machine keeps its address on EC2; Docker by itself would give it away. */
async function refuseTakenAddress(ip: string): Promise<void> {
  const holders = await containers(`label=etcd-lab-ip=${ip}`);
  if (holders.length > 0) throw new Error(`The address ${ip} is in use by ${holders.join(", ")}.`);
}

function runArguments({ name, ip, instanceId }: MachineRequest): string[] {
  return [
    ...["--detach", "--tty", "--name", containerName(instanceId), "--hostname", name],
    ...["--label", machineLabel, "--label", `etcd-lab-ip=${ip}`],
    ...["--label", `${checkoutLabel}=${projectRoot}`],
    ...["--network", network, "--ip", ip],
    // What systemd as first process needs. `--privileged` would do too, but asks for capabilities
    // that root in a sandbox doesn't have.
    ...["--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN"],
    // What a unit of ours keeps of root's rights, so that it can read etcd's files: Docker leaves it out.
    ...["--cap-add", "DAC_READ_SEARCH"],
    ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
    ...["--cgroupns=host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"],
    // Docker mounts these noexec by default, unlike a machine.
    ...["--tmpfs", "/run:exec", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec"],
    // Loop devices, which stand in for EBS volumes.
    ...["--device-cgroup-rule", "b 7:* rwm"],
    ...["--volume", `${seedDir(instanceId)}:/var/lib/cloud/seed/nocloud:ro`],
    ...["--volume", `${attachmentsDir(instanceId)}:/var/lib/etcd-lab:ro`],
  ];
}

const machineDir = (instanceId: string) => path.join(machinesDir, instanceId);
const seedDir = (instanceId: string) => path.join(machineDir(instanceId), "seed");
const attachmentsDir = (instanceId: string) => path.join(machineDir(instanceId), "attachments");

/** What cloud-init's NoCloud data source reads. The user data may hold a host's private key. */
async function writeSeed(request: MachineRequest): Promise<void> {
  const { instanceId } = request;
  const metaData = {
    "instance-id": instanceId,
    "local-hostname": request.name,
    "public-keys": [request.publicKey.trim()],
  };
  await fs.mkdir(seedDir(instanceId), { recursive: true, mode: 0o700 });
  await fs.mkdir(attachmentsDir(instanceId), { recursive: true });
  const secret = { mode: 0o600 };
  await fs.writeFile(path.join(seedDir(instanceId), "user-data"), request.userData, secret);
  // JSON is YAML too.
  await fs.writeFile(path.join(seedDir(instanceId), "meta-data"), JSON.stringify(metaData), secret);
}

// Volumes

/** Makes an empty volume: a sparse file that takes room only as it fills. */
export async function createVolume(volumeId: string, sizeGiB: number): Promise<void> {
  await fs.mkdir(volumesDir, { recursive: true });
  const file = await fs.open(volumeFile(volumeId), "wx").catch((error: unknown) => {
    throw new Error(`Could not make volume ${volumeId}: ${messageOf(error)}`);
  });
  await file.truncate(sizeGiB * 1024 ** 3);
  await file.close();
}

/** Makes a volume larger, in use or not; as with EBS, its file system stays as it is. */
export async function growVolume(volumeId: string, sizeGiB: number): Promise<void> {
  await fs.truncate(volumeFile(volumeId), sizeGiB * 1024 ** 3);
  const device = await loopDevice(volumeId);
  if (device !== undefined) await losetup("--set-capacity", device);
}

/**
 * Attaches a volume: it appears on the machine under the name that EBS volumes have on Nitro
 * instances. Repeating it changes nothing.
 *
 * @throws Error when it is attached to another machine, or this host has no loop devices.
 */
export async function attachVolume(volumeId: string, instanceId: string): Promise<void> {
  await fs.access(volumeFile(volumeId)).catch(() => {
    throw new Error(`There is no volume ${volumeId}.`);
  });
  if (!(await machineExists(instanceId))) throw new Error(`There is no machine ${instanceId}.`);
  const holder = await machineOf(volumeId);
  if (holder !== undefined && holder !== instanceId) {
    throw new Error(`Volume ${volumeId} is attached to ${holder}; detach it there first.`);
  }
  await writeAttachment(volumeId, instanceId);
  if (await isRunning(instanceId)) await execOn(instanceId, "lab-volumes");
}

/**
 * Unmounts a volume on its machine and takes it away. Does nothing when it isn't attached.
 *
 * @throws Error when something on the machine uses its file system: there EC2 would wait forever.
 */
export async function detachVolume(volumeId: string): Promise<void> {
  const instanceId = await machineOf(volumeId);
  if (instanceId === undefined) return;
  const running = await isRunning(instanceId);
  if (running) await unmount(volumeId, instanceId);
  await fs.rm(attachmentFile(volumeId, instanceId));
  if (running) await execOn(instanceId, "lab-volumes");
  await freeLoopDevice(volumeId);
}

/** Detaches a volume and removes it with everything on it. */
export async function deleteVolume(volumeId: string): Promise<void> {
  await detachVolume(volumeId);
  await freeLoopDevice(volumeId);
  await fs.rm(volumeFile(volumeId), { force: true });
}

function volumeFile(volumeId: string): string {
  if (!/^vol-\w+$/.test(volumeId)) throw new Error(`"${volumeId}" is no volume id (vol-…).`);
  return path.join(volumesDir, `${volumeId}.img`);
}

async function isRunning(instanceId: string): Promise<boolean> {
  const name = containerName(instanceId);
  return (await docker("inspect", "--format", "{{.State.Running}}", name)) === "true";
}

/** The device may be mounted in several places, the last mount on top. */
async function unmount(volumeId: string, instanceId: string): Promise<void> {
  const device = await loopDevice(volumeId);
  if (device === undefined) return;
  const mounts = (await execOn(instanceId, "cat", "/proc/mounts")).split("\n").reverse();
  for (const [source, target] of mounts.map((line) => line.split(" "))) {
    if (source !== device || target === undefined) continue;
    await execOn(instanceId, "umount", target).catch((error: unknown) => {
      throw new Error(
        `Volume ${volumeId} can't be detached from ${instanceId}: ${messageOf(error)}\n` +
          `Stop what uses ${target}, or the machine, first.`,
      );
    });
  }
}

/** Ids of the volumes that are attached to a machine. */
async function attachedVolumes(instanceId: string): Promise<string[]> {
  const names = await namesIn(attachmentsDir(instanceId));
  return names.map((name) => name.replace(/^vol/, "vol-"));
}

/** Notes the volume's loop device where lab-volumes reads it; the format is described there. */
async function writeAttachment(volumeId: string, instanceId: string): Promise<void> {
  const device = await ensureLoopDevice(volumeId);
  await fs.writeFile(attachmentFile(volumeId, instanceId), device.replace("/dev/loop", ""));
}

/** Named as EC2's NVMe serial numbers are: without the dash. */
function attachmentFile(volumeId: string, instanceId: string): string {
  return path.join(attachmentsDir(instanceId), volumeId.replace("-", ""));
}

async function machineOf(volumeId: string): Promise<string | undefined> {
  for (const instanceId of await namesIn(machinesDir)) {
    if ((await attachedVolumes(instanceId)).includes(volumeId)) return instanceId;
  }
  return undefined;
}

/** A folder that isn't there counts as empty. */
async function namesIn(folder: string): Promise<string[]> {
  return fs.readdir(folder).catch(() => []);
}

// Loop devices

async function loopDevice(volumeId: string): Promise<string | undefined> {
  const args = ["--noheadings", "--output", "NAME", "--associated", volumeFile(volumeId)];
  const devices = await losetup(...args);
  return devices.split("\n")[0]!.trim() || undefined;
}

async function ensureLoopDevice(volumeId: string): Promise<string> {
  const existing = await loopDevice(volumeId);
  return existing ?? losetup("--find", "--show", volumeFile(volumeId));
}

async function freeLoopDevice(volumeId: string): Promise<void> {
  const device = await loopDevice(volumeId);
  if (device === undefined) return;
  await losetup("--detach", device);
  // The kernel keeps the device until the last mount of a machine that was just removed is gone.
  const deadline = Date.now() + freeLimitSeconds * 1000;
  while ((await loopDevice(volumeId)) !== undefined) {
    if (Date.now() > deadline) {
      throw new Error(
        `${device} (volume ${volumeId}) is still in use after ${freeLimitSeconds} s.`,
      );
    }
    await sleep(50);
  }
}

async function losetup(...args: string[]): Promise<string> {
  const result = await run("losetup", args, { limitSeconds: 10, detached: true });
  if (result.code === "ENOENT") {
    throw new Error(
      "Volumes are loop devices, which need Linux and root; this host has no losetup.",
    );
  }
  if (result.failed) throw new Error(`losetup failed: ${result.stderr.trim()}`);
  return result.stdout.trim();
}

// All of it

/** Another checkout of this project that has machines on this host; undefined where none has, or it is gone. */
export async function otherCheckout(): Promise<string | undefined> {
  const ids = ["ps", "--all", "--filter", `label=${machineLabel}`];
  const output = await docker(...ids, "--format", `{{.Label "${checkoutLabel}"}}`);
  const others = output.split("\n").filter((folder) => folder !== "" && folder !== projectRoot);
  return others.find((folder) => existsSync(folder));
}

/** Removes every machine, the network and every volume. The image stays. */
export async function removeEverything(): Promise<void> {
  const machines = await containers(`label=${machineLabel}`);
  if (machines.length > 0) await docker("rm", "--force", ...machines);
  await fs.rm(machinesDir, { recursive: true, force: true });
  for (const file of await namesIn(volumesDir)) await deleteVolume(path.parse(file).name);
  await fs.rm(volumesDir, { recursive: true, force: true });
  await removeNetwork();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
