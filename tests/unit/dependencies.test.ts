import * as fs from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../lab/paths";

const { dependencies } = JSON.parse(
  fs.readFileSync(path.join(projectRoot, "package.json"), "utf8"),
) as { dependencies: Record<string, string> };

const files = ["index.ts", ...sourcesIn("components"), ...sourcesIn("operator")];

function sourcesIn(folder: string): string[] {
  return fs
    .readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join(folder, file));
}

/** The packages that a file loads: an import of types alone is gone when it runs. */
function packagesOf(file: string): string[] {
  const text = fs.readFileSync(path.join(projectRoot, file), "utf8");
  const loads = /(?:^(?:import|export)\b(?! type)[^"]*?from |\bawait import\()"([^."][^"]*)"/gm;
  return [...text.matchAll(loads)]
    .map(([, name]) => name!)
    .filter((name) => !name.startsWith("node:"))
    .map((name) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(name)![0]);
}

it("what runs without a test needs no package that npm ci --omit=dev leaves out", () => {
  const loaded = files.flatMap((file) => packagesOf(file).map((name) => `${name} (${file})`));
  expect(loaded.length).toBeGreaterThan(50);
  // By it the commands, and what the program runs beside itself, are loaded.
  const needed = [...loaded, "tsx (run.mjs)"];
  expect(needed.filter((one) => !(one.split(" ")[0]! in dependencies))).toEqual([]);
});
