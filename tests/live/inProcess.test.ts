import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Engine } from "../../lab/engine";
import { Lab } from "../../lab/lab";
import { startMachine, stopMachine } from "../../lab/machines";
import { labDir } from "../../lab/paths";
import { askHealth } from "../../components/etcd/remote/health";
import type { StackOutputs } from "../../operator/stack";
import { etcdctl, onController } from "./cluster";
import {
  expectFilesProtected,
  expectNoPrivateKey,
  expectPutAndGet,
  expectStrangersRefused,
  expectThreeHealthyMembers,
} from "./expectations";
import { leftovers } from "./leftovers";

describe.skipIf(!inject("canRunLab"))("the program in process, on three machines", () => {
  const printed: string[] = [];
  const lab = new Lab((line) => printed.push(line));
  let engine: Engine;
  let outputs: StackOutputs;

  beforeAll(async () => {
    await lab.down();
    engine = await lab.engine("in-process");
    outputs = await lab.up(engine);
  });
  afterAll(() => lab.down());

  it("makes three healthy members from nothing", () => expectThreeHealthyMembers(outputs));

  it("reads on each member what was written on another", () => expectPutAndGet(outputs));

  it("refuses strangers on every port", () => expectStrangersRefused(outputs));

  it("shows metrics on loopback alone", async () => {
    const url = (host: string) => `curl -sf --max-time 5 http://${host}:2381/metrics`;
    const metrics = await onController(outputs, "controller-0", url("127.0.0.1"));
    expect(metrics).toContain("etcd_server_has_leader 1");
    await expect(onController(outputs, "controller-0", url("10.0.1.10"))).rejects.toThrow(
      "ended with 7",
    );
  });

  it("protects files by owner and mode", () => expectFilesProtected(outputs));

  it("has the data on its own volume, and the unit enabled", async () => {
    const source = await onController(
      outputs,
      "controller-1",
      "findmnt -nro FSTYPE,OPTIONS /var/lib/etcd",
    );
    expect(source).toBe("ext4 rw,nosuid,nodev,noexec,noatime");
    expect(await onController(outputs, "controller-1", "systemctl is-enabled etcd")).toBe(
      "enabled",
    );
  });

  it("prints no key", () => {
    expect(printed.join("\n")).toContain("created etcd-controller-2 (command:remote:Command)");
    expectNoPrivateKey(printed.join("\n"));
  });

  it("keeps a verdict of its outputs that a later look agrees with", async () => {
    const { health } = outputs as unknown as { health: { members: { id: string }[] } };
    const now = await askHealth(outputs);
    expect(now.members.map((member) => member.id)).toEqual(health.members.map((one) => one.id));
  });

  it("is left alone by a second up", async () => {
    const started = "systemctl show -p ActiveEnterTimestamp --value etcd";
    const before = await onController(outputs, "controller-0", started);
    const again = await lab.up(engine);
    expect(again).toEqual(outputs);
    expect(await onController(outputs, "controller-0", started)).toBe(before);
  });

  it("serves while one machine is off, says so, and takes it back with its data by itself", async () => {
    const off = outputs.members[2]!;
    await stopMachine(off.machineId);
    await etcdctl(outputs, ["put", "while", "one is off"], outputs.endpoints[0]);
    const health = await askHealth(outputs);
    expect(health.healthy).toBe(false);
    expect(health.verdict).toContain("controller-2 does not serve reads");
    await startMachine(off.machineId);
    await expect
      .poll(
        () => etcdctl(outputs, ["get", "while", "--print-value-only"], off.clientUrl).catch(String),
        {
          timeout: 60_000,
          interval: 500,
        },
      )
      .toBe("one is off");
  });

  it("goes without leaving anything", async () => {
    await lab.down();
    expect(await fs.readdir(labDir)).toEqual(["cache"]);
    expect(await leftovers()).toEqual([]);
    await expect(fs.access(path.join(labDir, "..", "Pulumi.lab.yaml"))).rejects.toThrow("ENOENT");
  });
});
