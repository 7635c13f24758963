import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

afterAll(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** A new, empty folder that is gone when the test file has ended. */
export function tempFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "etcd-test-"));
  made.push(folder);
  return folder;
}
