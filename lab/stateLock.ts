import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "./docker";

/** How long another one that is at work is waited for, in ms: an engine whose provider is gone ends within seconds. */
const limitMs = 60_000;
const pauseMs = 500;

/** What `pulumi` writes into a lock of a state in files (pkg/backend/diy/lock.go). */
interface Lock {
  readonly pid: number;
  readonly timestamp: string;
}

/**
 * Whether a stack is locked by a `pulumi` that is gone; one that is still there is waited for.
 * @param folder of the stack's locks
 * @throws Error where it is still there after a minute
 */
export async function abandonedLock(folder: string, log: Log): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  let holder = await holderOf(folder);
  if (holder !== undefined) {
    log(`pulumi (process ${holder.pid}) is at work on the lab's stack: waiting for it`);
  }
  while (holder !== undefined) {
    if (Date.now() > deadline) {
      throw new Error(
        `pulumi (process ${holder.pid}) has been at work on the lab's stack since ${holder.timestamp}: wait for it, or end it (kill ${holder.pid}), and try again`,
      );
    }
    await sleep(pauseMs);
    holder = await holderOf(folder);
  }
  return (await locksIn(folder)).length > 0;
}

async function holderOf(folder: string): Promise<Lock | undefined> {
  for (const lock of await locksIn(folder)) {
    if (lock !== undefined && (await isPulumi(lock.pid))) return lock;
  }
  return undefined;
}

/** One that was half-written is nobody's. */
async function locksIn(folder: string): Promise<(Lock | undefined)[]> {
  const names = await fs.readdir(folder).catch((): string[] => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith(".json"))
      .map(async (name) => {
        try {
          return JSON.parse(await fs.readFile(path.join(folder, name), "utf8")) as Lock;
        } catch {
          return undefined;
        }
      }),
  );
}

/** Whether that process is a `pulumi`: its number may be another one's by now. */
async function isPulumi(pid: number): Promise<boolean> {
  try {
    const command = await fs.readFile(`/proc/${pid}/cmdline`, "utf8");
    return command.split("\0")[0]!.endsWith("pulumi");
  } catch {
    return false;
  }
}
