import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ClusterHealth } from "../../../components/etcd/health";
import { newest } from "../../../components/etcd/versions";
import { projectRoot } from "../../../lab/paths";
import { up } from "../../../lab/pulumiEngine";
import { AnotherProgram } from "../anotherProgram";
import { expectNoPrivateKey } from "../expectations";

const { "3.6": six, "3.7": seven } = newest;
const names = ["node-0", "node-1", "node-2", "node-3"];
const ipOf = (name: string) => `10.64.9.${10 + names.indexOf(name)}`;

describe.skipIf(!inject("canRunPulumi"))("two clusters in a program of its own", () => {
  const program = new AnotherProgram(path.join(projectRoot, "examples", "component"));
  const { site } = program;

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

  const health = () => program.output<Record<"orders" | "billing", ClusterHealth>>("health");
  const pidOf = (name: string) => site.on(ipOf(name), "systemctl show --property=MainPID etcd");

  beforeAll(() => {
    const blanks = names.map((name) => ({ name, ip: ipOf(name) }));
    return program.start(blanks, [six, seven], () => settings(six));
  });
  afterAll(() => program.stop());

  it("are shown whole in a preview, before any machine has an address", async () => {
    const output = await program.succeed(["preview"]);
    for (const name of ["orders-node-0", "orders-node-2", "billing-node-3", "orders-health"]) {
      expect(output).toMatch(new RegExp(`command:remote:Command ${name} create`));
    }
  });

  it("are made side by side, each of its own, and left alone when nothing has changed", async () => {
    const output = await program.succeed(up);
    const { orders, billing } = await health();
    expect(orders, output).toMatchObject({ healthy: true });
    expect(orders.members.map(({ name }) => name)).toEqual(["node-0", "node-1", "node-2"]);
    expect(billing.members.map(({ name, healthy }) => [name, healthy])).toEqual([["node-3", true]]);
    const ids = await Promise.all(
      names.map((name) => site.on(ipOf(name), "sed -n 's/^id=//p' /etc/etcd/cluster")),
    );
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    await program.succeed(["preview", "--expect-no-changes"]);
  });

  it("are known to the operator's commands, by the names of their components", async () => {
    const none = await program.command("operator/health.ts");
    expect(none.output).toContain("the stack has 2 clusters (billing, orders): say which");
    expect(none.exitCode).toBe(1);
    const { output } = await program.command("operator/health.ts", "--cluster", "billing");
    expect(output).toContain("healthy: all 1 members are healthy");
    expect(output).not.toContain("node-0");
    const shell = ["--cluster", "orders", "node-1", "hostname"];
    expect(await program.command("operator/ssh.ts", ...shell)).toMatchObject({
      exitCode: 0,
      output: "node-1",
    });
    const plan = await program.command("operator/plan.ts");
    expect(plan.output).toContain("(billing, orders) is made by another program");
  });

  it("are upgraded apart: the other one goes on in the same process", async () => {
    const before = await pidOf("node-3");
    await program.set({ version: seven });
    const output = await program.succeed(up);
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
    await program.set({ "servers[1].hostKey": site.hostKey(ip), "servers[1].replacements": "1" });
    const output = await program.succeed(up);
    expect(output).toMatch(/node-1/);
    expect((await health()).orders).toMatchObject({ healthy: true });
    await program.succeed(["preview", "--expect-no-changes"]);
  });

  it("have no private key in a plain part of the state", async () => {
    expectNoPrivateKey(await program.succeed(["stack", "export"]));
  });

  it("are taken away", async () => {
    await program.succeed(["destroy", "--yes"]);
    for (const name of names) {
      expect(await site.on(ipOf(name), "systemctl is-active etcd || true")).toBe("inactive");
    }
  });
});
