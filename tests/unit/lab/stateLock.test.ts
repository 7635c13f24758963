import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { abandonedLock } from "../../../lab/stateLock";
import { tempFolder } from "../../tempFolder";

/** A folder of locks, as `pulumi` writes them. */
function locks(...contents: string[]): string {
  const folder = path.join(tempFolder(), "lab");
  mkdirSync(folder);
  contents.forEach((content, index) => writeFileSync(path.join(folder, `${index}.json`), content));
  return folder;
}

const lockOf = (pid: number) => JSON.stringify({ pid, timestamp: "2026-11-28T18:45:30Z" });

it.each([
  ["nobody's where there is none", locks(), false],
  ["nobody's where there is no folder", "/nowhere", false],
  ["abandoned where the process is gone", locks(lockOf(2 ** 22 + 1)), true],
  ["abandoned where the number is another program's by now", locks(lockOf(process.pid)), true],
  ["abandoned where it was half-written", locks('{"pid":'), true],
])("a lock is %s", async (_, folder, expected) => {
  const said: string[] = [];
  expect(await abandonedLock(folder, (line) => said.push(line))).toBe(expected);
  expect(said).toEqual([]);
});

it("a lock that a pulumi holds is waited for, and then abandoned where it was left", async () => {
  const holder = spawn("bash", ["-c", "exec -a pulumi sleep 2"]);
  // It is bash until it has become the other one.
  await expect
    .poll(() => readFileSync(`/proc/${holder.pid}/cmdline`, "utf8"), { timeout: 10_000 })
    .toMatch(/^pulumi\0/);
  const said: string[] = [];
  const start = performance.now();
  expect(await abandonedLock(locks(lockOf(holder.pid!)), (line) => said.push(line))).toBe(true);
  expect(performance.now() - start).toBeGreaterThan(500);
  expect(said).toEqual([
    `pulumi (process ${holder.pid}) is at work on the lab's stack: waiting for it`,
  ]);
});
