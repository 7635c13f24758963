import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { inPackages } from "../../components/stackTraces";

const line = "    at f (/work/node_modules/@pulumi/output.ts:1:2)";

it("puts a file of a scope into its package, and leaves other paths as they are", () => {
  expect(inPackages(line)).toBe("    at f (/work/node_modules/@pulumi/pulumi/output.ts:1:2)");
  const others =
    "    at /a/node_modules/@pulumi/aws/ec2/instance.js:1:1\n    at b (/a/index.ts:3:4)";
  expect(inPackages(others)).toBe(others);
});

it("is a stack trace that can be printed in colour", () => {
  const print = `const e = new Error("x"); e.stack = ${JSON.stringify(inPackages(line))}; require("util").inspect(e, { colors: true });`;
  const { status } = spawnSync(process.execPath, ["-e", print], { timeout: 10_000 });
  expect(status).toBe(0);
});
