import { chmodSync, mkdirSync } from "node:fs";
import * as path from "node:path";

/** The folder that holds package.json. */
export const projectRoot = path.resolve(__dirname, "..");

/** Everything the lab writes on this machine lives here; git ignores it. */
export const labDir = path.join(projectRoot, ".lab");

/** Makes it, for its owner alone: it has the keys to the machines. */
export function makeLabDir(): void {
  mkdirSync(labDir, { recursive: true, mode: 0o700 });
  // An earlier one may have been made for all to look into.
  chmodSync(labDir, 0o700);
}
