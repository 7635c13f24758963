import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { aptInstall } from "./apt";
import { labDir, makeLabDir } from "./paths";
import { lastLines, run } from "./run";

/** Where progress goes, one line at a time. */
export type Log = (line: string) => void;

const pidFile = path.join(labDir, "dockerd.pid");
const logFile = path.join(labDir, "dockerd.log");
const answerLimitSeconds = 10;
const startLimitSeconds = 60;
const stopLimitSeconds = 30;
const commandLimitSeconds = 120;

/**
 * Runs `docker` with these arguments and gives what it printed, trimmed.
 *
 * @throws Error with docker's own message when it fails or takes longer than 120 s.
 */
export async function docker(...args: string[]): Promise<string> {
  return runDocker(args, commandLimitSeconds);
}

/** As `docker`, with a limit in seconds of the caller's own. */
export async function runDocker(args: string[], limitSeconds: number): Promise<string> {
  const result = await run("docker", args, { limitSeconds, detached: true });
  if (!result.failed) return result.stdout.trim();
  const command = ["docker", ...args.slice(0, 2).filter((arg) => !arg.startsWith("-"))].join(" ");
  if (result.timedOut) throw new Error(`${command} took longer than ${limitSeconds} s`);
  if (result.code === "ENOENT") throw new Error("There is no docker command on PATH");
  // Newer clients end each refusal with a hint at their own help.
  const refusal = result.stderr.replace(/^Run '.*--help' for more information$/m, "").trim();
  throw new Error(`${command} failed: ${refusal || `exit code ${result.exitCode ?? "none"}`}`);
}

/**
 * Makes sure that a Docker engine answers. An engine that runs is used as it is. Otherwise, as
 * root on Debian or Ubuntu, it is installed with apt when missing and started (at most 60 s).
 *
 * @throws Error that says what to do where the lab can't provide an engine itself.
 */
export async function ensureDocker(log: Log): Promise<void> {
  if ((await whyEngineIsSilent()) === undefined) return;
  const reason = await whyNoDocker();
  if (reason !== undefined) throw new Error(reason);
  await installDockerIfMissing(log);
  if ((await pidOfDockerdWeStarted()) === undefined) await startDockerd(log);
  await waitForEngine();
}

/** Why there is no Docker engine here and the lab cannot provide one; undefined where it can. */
export async function whyNoDocker(): Promise<string | undefined> {
  const isRootOnLinux = process.platform === "linux" && process.getuid?.() === 0;
  const silence = isRootOnLinux ? undefined : await whyEngineIsSilent();
  if (silence === undefined) return undefined;
  return (
    `No Docker engine answers (${silence}). Install and start Docker ` +
    "(https://docs.docker.com/get-docker/) or, on Debian or Ubuntu, run the lab as root: " +
    "it then installs and starts an engine itself."
  );
}

/**
 * Stops the dockerd that `ensureDocker` started, and no other (SIGTERM, then at most 30 s). Its
 * containers stop with it.
 */
export async function stopDockerWeStarted(log: Log): Promise<void> {
  const pid = await pidOfDockerdWeStarted();
  if (pid !== undefined) {
    log(`Stopping dockerd (process ${pid})`);
    const helpers = await containerdProcesses();
    process.kill(pid, "SIGTERM");
    await waitForExit([pid], "dockerd");
    await stopLeftovers(helpers);
  }
  await fs.rm(pidFile, { force: true });
}

/** Undefined when the engine answers, else the reason in one line. */
async function whyEngineIsSilent(): Promise<string | undefined> {
  const result = await run("docker", ["info", "--format", "{{.ServerVersion}}"], {
    limitSeconds: answerLimitSeconds,
  });
  // Some clients exit with 0 although no server answered, but then there is no version.
  if (!result.failed && result.stdout.trim() !== "") return undefined;
  if (result.code === "ENOENT") return "there is no docker command";
  if (result.timedOut) return `docker info took longer than ${answerLimitSeconds} s`;
  return result.stderr.trim().split("\n").at(-1) || `docker info exited with ${result.exitCode}`;
}

async function installDockerIfMissing(log: Log): Promise<void> {
  const commands = ["dockerd", "docker", "iptables"];
  const missing: string[] = [];
  for (const command of commands) {
    if (!(await commandExists(command))) missing.push(command);
  }
  if (missing.length === 0) return;
  log(`Installing Docker with apt (missing: ${missing.join(", ")})`);
  // Later Debian releases have the client in a package of its own, which docker.io recommends.
  await aptInstall(["docker.io", "iptables"], "the lab's machines", {
    recommends: missing.includes("docker"),
  });
}

/** Whether a program of this name is on PATH. */
export async function commandExists(name: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    const isExecutable = await fs.access(path.join(folder, name), fs.constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return true;
  }
  return false;
}

/**
 * Starts dockerd in the background. The machines' systemd needs cgroup2. On a host that still has
 * cgroup v1 (or a hybrid) dockerd gets a mount namespace of its own in which /sys/fs/cgroup is
 * cgroup2, so that nothing changes for the rest of the host.
 */
async function startDockerd(log: Log): Promise<void> {
  makeLabDir();
  const output = await fs.open(logFile, "w");
  const [command, args] = (await hostHasCgroup2())
    ? ["dockerd", []]
    : ["unshare", ["--mount", "sh", "-c", cgroup2ThenDockerd]];
  log(`Starting dockerd (its log: ${logFile})`);
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
  });
  await once(child, "spawn");
  child.unref();
  await output.close();
  await fs.writeFile(pidFile, `${child.pid}\n`);
}

// unshare and sh each replace themselves, so that the process id stays dockerd's own.
const cgroup2ThenDockerd = "mount -t cgroup2 none /sys/fs/cgroup && exec dockerd";

async function hostHasCgroup2(): Promise<boolean> {
  return fs.access("/sys/fs/cgroup/cgroup.controllers").then(
    () => true,
    () => false,
  );
}

async function waitForEngine(): Promise<void> {
  const deadline = Date.now() + startLimitSeconds * 1000;
  let silence = await whyEngineIsSilent();
  let looksInVain = 0;
  while (silence !== undefined) {
    looksInVain = (await pidOfDockerdWeStarted()) === undefined ? looksInVain + 1 : 0;
    // Once says nothing: while a process becomes another program, it has no command line.
    const hasEnded = looksInVain > 1;
    if (hasEnded || Date.now() > deadline) {
      const what = hasEnded ? "dockerd ended" : `No answer in ${startLimitSeconds} s`;
      throw new Error(`${what} (${silence}). Last lines of ${logFile}:\n${await lastLogLines()}`);
    }
    await sleep(250);
    silence = await whyEngineIsSilent();
  }
}

async function lastLogLines(): Promise<string> {
  return lastLines(await fs.readFile(logFile, "utf8").catch(() => "(no log)"));
}

/** The process of our pid file, when it still is a dockerd and not a reused number. */
async function pidOfDockerdWeStarted(): Promise<number | undefined> {
  const pid = Number(await fs.readFile(pidFile, "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  // Right after the start the process is unshare or sh, about to become dockerd.
  return (await commandLine(pid)).includes("dockerd") ? pid : undefined;
}

/** The words of a process's command line in one string; empty when it's gone or a zombie. */
async function commandLine(pid: number): Promise<string> {
  const text = await fs.readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return text.replaceAll("\0", " ").trim();
}

/** The containerd that dockerd started for itself, and that containerd's shims. */
async function containerdProcesses(): Promise<number[]> {
  // dockerd's own containerd has its files here; one of the host's has not.
  const itsFiles = "/run/docker/containerd/";
  const found: number[] = [];
  for (const entry of await fs.readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await commandLine(Number(entry));
    if (command.includes("containerd") && command.includes(itsFiles)) found.push(Number(entry));
  }
  return found;
}

/** dockerd ends its containerd and shims by itself, unless it was in a hurry. */
async function stopLeftovers(pids: number[]): Promise<void> {
  const deadline = Date.now() + 3000;
  while ((await stillRunning(pids)).length > 0 && Date.now() < deadline) await sleep(100);
  const left = await stillRunning(pids);
  for (const pid of left) process.kill(pid, "SIGTERM");
  await waitForExit(left, "containerd");
}

async function waitForExit(pids: number[], what: string): Promise<void> {
  const deadline = Date.now() + stopLimitSeconds * 1000;
  while ((await stillRunning(pids)).length > 0) {
    if (Date.now() > deadline) {
      const left = (await stillRunning(pids)).join(", ");
      throw new Error(`${what} (process ${left}) still runs ${stopLimitSeconds} s after SIGTERM`);
    }
    await sleep(100);
  }
}

async function stillRunning(pids: number[]): Promise<number[]> {
  const lines = await Promise.all(pids.map(commandLine));
  return pids.filter((_pid, index) => lines[index] !== "");
}
