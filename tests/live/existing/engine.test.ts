import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Lab } from "../../../lab/lab";
import { removeMachine } from "../../../lab/machines";
import { PulumiEngine } from "../../../lab/pulumiEngine";
import { askHealth } from "../../../ops/clusterHealth";
import { expectNoPrivateKey } from "../expectations";
import { Site } from "./harness";

describe.skipIf(!inject("canRunPulumi"))("existing machines under the Pulumi engine", () => {
  const site = new Site();
  const engine = new PulumiEngine(site.aws);
  const ips = ["10.64.3.7", "10.64.3.8", "10.66.3.86"];

  beforeAll(() =>
    site.boot(
      "10.64.0.0/14",
      ips.map((ip, index) => ({ name: `etcd-host${index}`, ip })),
    ),
  );
  afterAll(async () => {
    await site.close();
    await new Lab(() => undefined).down();
  });

  it("are made a cluster, and left alone when nothing has changed", async () => {
    const first = await site.upWithEngine(engine, "three-machines");
    expect(first.exitCode, first.output).toBe(0);
    expect(await askHealth(await engine.outputs())).toMatchObject({ healthy: true });
    const preview = await engine.run(["preview", "--expect-no-changes"], () => undefined);
    expect(preview.exitCode, preview.output).toBe(0);
  });

  it("print no key", () => expectNoPrivateKey(site.printed.join("\n")));

  it("are cleaned up by a destroy, though one is gone", async () => {
    await removeMachine(`site-${ips[1]}`);
    const { exitCode, output } = await engine.run(["destroy", "--yes"], () => undefined);
    expect(exitCode, output).toBe(0);
    expect(output).toContain("etcd-host1 cannot be reached");
    expect(await site.on(ips[0]!, "systemctl is-active etcd; sudo ls /var/lib/etcd")).toBe(
      "inactive\nmember",
    );
  });
});
