import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { beforeEach, expect, it } from "vitest";
import { rawSettings } from "../../settings";
import { tempFolder } from "../../tempFolder";

const root = path.resolve(__dirname, "../../..");

let folder: string;
const at = (name: string) => path.join(folder, name);

beforeEach(() => {
  folder = tempFolder();
  symlinkSync(path.join(root, "tests/fixtures/operator/pulumi.sh"), at("pulumi"));
  writeFileSync(at("Pulumi.yaml"), "name: orders\n");
  writeFileSync(at("state"), JSON.stringify({ version: 3, deployment: {} }));
});

/** What a command says in a project of another name, whose stack has these settings, by their full keys. */
function said(command: string, args: string[], changes: Record<string, string>): Promise<string> {
  const own = Object.entries(rawSettings()).map(([key, value]) => [`orders:${key}`, value]);
  const all = Object.entries({ ...(Object.fromEntries(own) as object), ...changes });
  const shown = all.map(([key, value]) => [key, { value, secret: false }]);
  writeFileSync(at("configuration"), JSON.stringify(Object.fromEntries(shown)));
  const program = path.join(root, "operator", `${command}.ts`);
  const words = ["--import", require.resolve("tsx"), program, ...args];
  const env = { ...process.env, PATH: `${folder}${path.delimiter}${process.env["PATH"]}` };
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: folder, env }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

it.each([
  ["plan", []],
  ["replace", ["controller-1"]],
])("npm run %s reads the settings of a project of another name", async (command, args) => {
  const changes = { "orders:quotaGiB": "99", "aws:region": "us-east-1" };
  expect(await said(command, args, changes)).toContain(
    `${command}: 1 setting is not right; nothing was changed:\n  quotaGiB is "99", expected a whole number from 1 to 8\n`,
  );
});

it.each([
  ["plan", []],
  ["replace", ["controller-1"]],
])("npm run %s refuses settings that this project does not read", async (command, args) => {
  expect(await said(command, args, { "etcd:quotaGiB": "2" })).toContain(
    "etcd:quotaGiB is under the name of another project, so this one does not read it. Write quotaGiB\n",
  );
});

it.each([
  ["plan", []],
  ["replace", ["node-1"]],
])("npm run %s says that it does not know another program's settings", async (command, args) => {
  const urn = "urn:pulumi:prod::shop::etcd:index:EtcdCluster::orders";
  const deployment = { resources: [{ urn, type: "etcd:index:EtcdCluster" }] };
  writeFileSync(at("state"), JSON.stringify({ version: 3, deployment }));
  expect(await said(command, args, { "shop:size": "3" })).toBe(
    `${command}: the stack's cluster (orders) is made by another program, whose settings are not known here: its own pulumi preview looks at the cluster, and tells what it would do\n`,
  );
});
