// Runs one of the project's programs, after installing the packages that package-lock.json names
// where they are not there yet: `npm test` and `npm run lab` work on a fresh clone.
// Usage: node run.mjs <program>.ts [arguments]
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL(".", import.meta.url));
const [program, ...args] = process.argv.slice(2);

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(root + file, "utf8")).packages;
  } catch {
    return {};
  }
}

/** Whether every package that is not optional is there in the version asked for. */
function isInstalled() {
  const installed = packagesIn("node_modules/.package-lock.json");
  return Object.entries(packagesIn("package-lock.json")).every(
    ([name, { version, optional }]) =>
      name === "" || optional || installed[name]?.version === version,
  );
}

if (!isInstalled()) {
  console.error("Installing packages (npm ci), once; about a minute …");
  const { status } = spawnSync("npm", ["ci", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    console.error("npm ci failed: see above. The project needs its packages.");
    process.exit(1);
  }
}

const child = spawn(process.execPath, ["--import", "tsx", root + program, ...args], {
  cwd: root,
  stdio: "inherit",
});
// The child gets Ctrl-C of the terminal itself: this one waits for it to end. What is sent to this one alone it gets on.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(signal ? 1 : code));
