import { readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../../lab/paths";
import { run } from "../../../lab/run";

const { scripts } = JSON.parse(readFileSync(path.join(projectRoot, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
/** Each command of the project with its program. */
const commands = Object.entries(scripts).flatMap(([name, script]) => {
  const [, program] = /^node run\.mjs (.+)$/.exec(script) ?? [];
  return program === undefined ? [] : [[name, program.split(" ")] as const];
});
commands.push(["lab -- tour", ["proof/tour/main.ts"]]);

const call = (program: readonly string[], ...words: string[]) =>
  run(process.execPath, ["run.mjs", ...program, ...words], { limitSeconds: 60, cwd: projectRoot });

it("there are commands", () => expect(commands.length).toBeGreaterThan(10));

describe.each(commands)("npm run %s", (name, program) => {
  it("says how it is called", async () => {
    const { exitCode, stdout, stderr } = await call(program, "--help");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.split("\n").length).toBeGreaterThan(2);
    expect(stdout).toMatch(new RegExp(`^npm (run )?${name}\\b`, "m"));
  });
});

// vitest's own options are no error of ours.
describe.each(commands.filter(([name]) => name !== "test:unit"))("npm run %s", (_, program) => {
  it("says what it does not understand, and how it is called, with a status of its own", async () => {
    const { exitCode, stdout, stderr } = await call(program, "--wrong");
    expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
    expect(stderr).toMatch(/^[a-z]+: .*--wrong.*\n\nnpm /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

it("what they look and decide by needs nothing of Pulumi's SDK but its errors, which takes seconds to load", async () => {
  const program = `
    for (const name of ["change", "replacement", "stack", "healthTable"]) require("./operator/" + name);
    const own = Object.keys(require.cache).filter((file) => file.includes("/@pulumi/"));
    console.log(own.map((file) => file.split("/@pulumi/")[1]).sort().join(" "));`;
  const words = ["--require", "tsx/cjs", "-e", program];
  const { stdout, stderr } = await run(process.execPath, words, {
    limitSeconds: 60,
    cwd: projectRoot,
  });
  expect({ stdout, stderr }).toEqual({
    stdout: "pulumi/errors.js pulumi/utils.js",
    stderr: "",
  });
});
