import * as path from "node:path";
import { stringify } from "yaml";
import { rm, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ClusterHealth } from "../../../components/etcd/health";
import { AwsDouble } from "../../../lab/aws/double";
import { BlankMachines } from "../../../lab/blankMachines";
import * as machines from "../../../lab/machines";
import { newest } from "../../../lab/mirror/newest";
import { labDir, projectRoot } from "../../../lab/paths";
import { PulumiEngine, type PulumiRun, up } from "../../../lab/pulumiEngine";
import { expectNoPrivateKey } from "../expectations";

const { "3.6": six, "3.7": seven } = newest;
const names = ["node-0", "node-1", "node-2", "node-3"];
const ipOf = (name: string) => `10.64.9.${10 + names.indexOf(name)}`;

describe.skipIf(!inject("canRunPulumi"))("two clusters in a program of its own", () => {
  const site = new BlankMachines();
  const engine = new PulumiEngine(new AwsDouble(path.join(labDir, "aws.json"), machines));
  const cwd = path.join(projectRoot, "examples", "component");
  const file = path.join(cwd, "Pulumi.lab.yaml");

  const pulumi = (args: string[], stdin = ""): Promise<PulumiRun> =>
    engine.run(args, () => undefined, { cwd, stdin });

  async function succeed(args: string[], stdin = ""): Promise<string> {
    const { exitCode, output } = await pulumi(args, stdin);
    expect(exitCode, output).toBe(0);
    return output;
  }

  const settings = (version: string, replaced: Record<string, number> = {}) => ({
    "component:servers": names.map((name) => ({
      name,
      address: ipOf(name),
      hostKey: site.hostKey(ipOf(name)),
      replacements: replaced[name] ?? 0,
    })),
    "component:releaseUrl": site.releaseUrl,
    "component:ownReleases": true,
    "component:version": version,
  });

  async function set(changes: Record<string, string>): Promise<void> {
    for (const [key, value] of Object.entries(changes)) {
      await succeed(["config", "set", "--path", key], value);
    }
  }

  async function health(): Promise<Record<"orders" | "billing", ClusterHealth>> {
    const { output } = await pulumi(["stack", "output", "health", "--json"]);
    return JSON.parse(output) as Record<"orders" | "billing", ClusterHealth>;
  }

  const pidOf = (name: string) => site.on(ipOf(name), "systemctl show --property=MainPID etcd");

  beforeAll(async () => {
    await site.prepare("10.64.0.0/14", [six, seven]);
    await Promise.all(names.map((name) => site.bootBlank({ name, ip: ipOf(name) })));
    await writeFile(file, stringify({ config: settings(six) }));
    await succeed(["stack", "init", "--no-select"]);
    await succeed(["config", "set", "--secret", "sshPrivateKey"], site["login"].privateKey);
  });
  afterAll(async () => {
    await pulumi(["stack", "rm", "--yes", "--force"]);
    await rm(file, { force: true });
    await site.close();
  });

  it("are shown whole in a preview, before any machine has an address", async () => {
    const output = await succeed(["preview"]);
    for (const name of ["orders-node-0", "orders-node-2", "billing-node-3", "orders-health"]) {
      expect(output).toMatch(new RegExp(`command:remote:Command ${name} create`));
    }
  });

  it("are made side by side, each of its own, and left alone when nothing has changed", async () => {
    const output = await succeed(up);
    const { orders, billing } = await health();
    expect(orders, output).toMatchObject({ healthy: true });
    expect(orders.members.map(({ name }) => name)).toEqual(["node-0", "node-1", "node-2"]);
    expect(billing.members.map(({ name, healthy }) => [name, healthy])).toEqual([["node-3", true]]);
    const ids = await Promise.all(
      names.map((name) => site.on(ipOf(name), "sed -n 's/^id=//p' /etc/etcd/cluster")),
    );
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    await succeed(["preview", "--expect-no-changes"]);
  });

  it("are upgraded apart: the other one goes on in the same process", async () => {
    const before = await pidOf("node-3");
    await set({ version: seven });
    const output = await succeed(up);
    expect((await health()).orders.members.map(({ version }) => version)).toEqual([
      seven,
      seven,
      seven,
    ]);
    expect(await pidOf("node-3"), output).toBe(before);
  });

  it("give a lost member back on another machine of its name", async () => {
    const ip = ipOf("node-1");
    await site.remove(ip);
    await site.bootBlank({ name: "node-1", ip });
    await set({ "servers[1].hostKey": site.hostKey(ip), "servers[1].replacements": "1" });
    const output = await succeed(up);
    expect(output).toMatch(/node-1/);
    expect((await health()).orders).toMatchObject({ healthy: true });
    await succeed(["preview", "--expect-no-changes"]);
  });

  it("have no private key in a plain part of the state", async () => {
    expectNoPrivateKey(await succeed(["stack", "export"]));
  });

  it("are taken away", async () => {
    await succeed(["destroy", "--yes"]);
    for (const name of names) {
      expect(await site.on(ipOf(name), "systemctl is-active etcd || true")).toBe("inactive");
    }
  });
});
