import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Rehearsal } from "../../drill/rehearsal";
import { askHealth } from "../../live/health";
import { etcdctl, onController } from "./cluster";

describe.skipIf(!inject("canRunPulumi"))("snapshots that restore", () => {
  const printed: string[] = [];
  const rehearsal = new Rehearsal((line) => void printed.push(line));
  const file = "/tmp/zz-snapshot.db";

  beforeAll(async () => {
    await rehearsal.lab.down();
    await rehearsal.start({ "etcd:snapshotMinutes": 1, "etcd:snapshotKeep": 2 });
  });
  afterAll(() => rehearsal.lab.down());

  it("takes one on request and brings it here", async () => {
    await etcdctl(rehearsal.outputs, ["put", "before", "the snapshot"]);
    const { exitCode, output } = await rehearsal.engine.runCommand("ops/snapshot.ts", ["--to", file], console.log);
    expect(exitCode, output).toBe(0);
    await etcdctl(rehearsal.outputs, ["put", "after", "the snapshot"]);
    console.log(await askHealth(rehearsal.outputs));
  });

  it("refuses to restore over data, said once", async () => {
    const { exitCode, output } = await rehearsal.attempt({ "etcd:restoreFrom": file });
    expect(exitCode).not.toBe(0);
    expect(output).toContain("have data, which it would take the place of");
  });

  it("restores over data, said twice", async () => {
    const { exitCode, output } = await rehearsal.attempt({ "etcd:restoreFrom": file, "etcd:restoreOverData": true });
    console.log(output);
    expect(exitCode, output).toBe(0);
    expect(await askHealth(rehearsal.outputs)).toMatchObject({ healthy: true });
    expect(await etcdctl(rehearsal.outputs, ["get", "before", "--print-value-only"])).toBe("the snapshot");
    expect(await etcdctl(rehearsal.outputs, ["get", "after", "--print-value-only"])).toBe("");
    const again = await rehearsal.attempt({ "etcd:restoreFrom": file, "etcd:restoreOverData": true });
    console.log(again.output);
  });

  it("is taken by the clock", async () => {
    for (const name of ["controller-0", "controller-1", "controller-2"]) {
      console.log(await onController(rehearsal.outputs, name, "systemctl list-timers --all --no-pager etcd*; sudo journalctl -u etcd-snapshot --no-pager; sudo ls -la /var/lib/etcd-snapshots /var/lib/etcd; true"));
    }
    console.log(JSON.stringify((await askHealth(rehearsal.outputs)).snapshots));
  });
});
