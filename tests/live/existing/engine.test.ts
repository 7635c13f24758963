import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Lab } from "../../../lab/lab";
import { removeMachine } from "../../../lab/machines";
import { PulumiEngine, up } from "../../../lab/pulumiEngine";
import { labStackFile, stackFile } from "../../../lab/stackFile";
import { askHealth } from "../../../components/etcd/remote/health";
import { expectNoPrivateKey } from "../expectations";
import { letMalloryIn, lookAtMallory } from "../hostileUser";
import { tempFolder } from "../../tempFolder";
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

  it("are not a second stack's of the same settings, and it changes nothing on them", async () => {
    const { clusterId } = await engine.outputs();
    const before = await everythingOfOurs();
    const second = new PulumiEngine(site.aws, { stack: "second" });
    // Its secrets are encrypted in the same way, too.
    await fs.copyFile(labStackFile, stackFile("second"));
    try {
      await second.createStack();
      const { exitCode, output } = await second.run(up, () => undefined);
      expect(exitCode, output).not.toBe(0);
      expect(output).toContain("These machines are not ready; nothing was changed on any:");
      const refusals = [
        ...output.matchAll(
          /(etcd-host\d): \/etc\/etcd\/cluster says that this machine belongs to the cluster etcd \((\w+)\) of the stack organization\/etcd\/lab, and this is for the cluster etcd \((\w+)\) of the stack organization\/etcd\/second/g,
        ),
      ];
      expect(new Set(refusals.map(([, name]) => name)).size, output).toBe(3);
      for (const [, , theirs, own] of refusals) {
        expect(theirs).toBe(clusterId);
        expect(own).toMatch(/^[0-9a-f]{32}$/);
        expect(own).not.toBe(theirs);
      }
      const destroyed = await second.run(["destroy", "--yes"], () => undefined);
      expect(destroyed.exitCode, destroyed.output).toBe(0);
    } finally {
      await second.forget();
      await fs.rm(stackFile("second"), { force: true });
    }
    expect(await everythingOfOurs()).toEqual(before);
  });

  it("are nobody's whose state is lost, until it is back", async () => {
    const { clusterId } = await engine.outputs();
    const before = await everythingOfOurs();
    const again = async () => {
      await succeeded(["stack", "rm", "--yes", "--force", "--preserve-config"]);
      await engine.createStack();
    };
    const state = await succeeded(["stack", "export"]);
    await again();
    const { exitCode, output } = await engine.run(up, () => undefined);
    expect(exitCode, output).not.toBe(0);
    expect(output).toContain(`belongs to the cluster etcd (${clusterId}) of the stack`);
    await again();
    await succeeded(["stack", "import"], { stdin: state });
    expect(await everythingOfOurs()).toEqual(before);
  });

  it("are changed by what their own stack says, and not by a namesake in another project", async () => {
    const folder = tempFolder();
    await fs.writeFile(path.join(folder, "Pulumi.yaml"), "name: other\nruntime: nodejs\n");
    const elsewhere = engine.elsewhere(folder);
    await succeeded(["stack", "init", "--no-select"], {}, elsewhere);
    const urn = "urn:pulumi:lab::other::pulumi:pulumi:Stack::other-lab";
    const record = { clusterId: "0".repeat(32), update: "theirs", desired: { members: {} } };
    const root = { urn, custom: false, type: "pulumi:pulumi:Stack", outputs: { record } };
    const deployment = {
      manifest: { time: new Date(), magic: "", version: "" },
      resources: [root],
    };
    const stdin = JSON.stringify({ version: 3, deployment });
    await succeeded(["stack", "import", "--force"], { stdin }, elsewhere);
    const preview = await succeeded(["preview", "--expect-no-changes"]);
    expect(preview).not.toContain("theirs");
    await succeeded(up);
  });

  async function succeeded(
    args: string[],
    options: Parameters<PulumiEngine["run"]>[2] = {},
    its = engine,
  ): Promise<string> {
    const { exitCode, output } = await its.run(args, () => undefined, options);
    expect(exitCode, output).toBe(0);
    return output;
  }

  /** Each machine's units and files with their content, what runs there, and since when. */
  const everythingOfOurs = () =>
    Promise.all(
      ips.map((ip) =>
        site.on(
          ip,
          [
            "systemctl show -p MainPID -p ActiveEnterTimestampMonotonic -p NRestarts etcd",
            "sudo find /etc/etcd /etc/systemd/system /var/lib/etcd/cluster-id -type f -exec sha256sum {} +",
            "sudo find /etc/etcd /opt/etcd /root/local /var/lib/etcd -maxdepth 1 -printf '%p %m %u:%g %T@ %l\\n'",
          ].join("; "),
        ),
      ),
    );

  it("are changed one after the other, and looked at again before that", async () => {
    const changes = { quotaGiB: 4, binDirectory: "/usr/local/bin" };
    const { exitCode, output } = await site.upWithEngine(engine, "three-machines", changes);
    expect(exitCode, output).toBe(0);
    const outputs = await engine.outputs();
    expect(await askHealth(outputs)).toMatchObject({ healthy: true });
    for (const ip of ips) {
      const flags = await site.on(
        ip,
        "systemctl show -p ExecStart etcd; readlink /usr/local/bin/etcd",
      );
      expect(flags).toContain(`--quota-backend-bytes=${4 * 1024 ** 3}`);
      expect(flags).toContain("/opt/etcd/v3.7.3/bin/etcd");
    }
  });

  it("are changed though somebody with a shell there holds every lock that she can", async () => {
    const [first, , damaged] = ips as [string, string, string];
    for (const [index, ip] of ips.entries()) {
      const held = await letMalloryIn((command) => site.on(ip, command), `etcd-host${index}`);
      console.log(`mallory holds ${held.length} files and folders of ${ip}`);
      expect(held).toEqual(
        expect.arrayContaining([
          "/run/lock",
          "/run/lock/etcd-by-pulumi.lock",
          "/tmp",
          "/var/tmp",
          `/var/tmp/etcd-host${index}-etcd-v3.7.3-linux-amd64.tar.gz`,
          "/opt/etcd/v3.7.3/bin/etcd",
          "/etc/systemd/system/etcd.service",
        ]),
      );
      expect(held).not.toContain("/run/etcd-by-pulumi");
    }
    // So that what is uploaded is needed, too.
    await site.on(damaged, "sudo chmod -x /opt/etcd/v3.7.3/bin/etcd");
    const changes = {
      quotaGiB: 5,
      binDirectory: "/usr/local/bin",
      install: "file",
      releaseFile: path.join(site.releases, "v3.7.3", "etcd-v3.7.3-linux-amd64.tar.gz"),
    };
    const { exitCode, output, seconds } = await site.upWithEngine(
      engine,
      "three-machines",
      changes,
    );
    expect(exitCode, output).toBe(0);
    console.log(`changed beside mallory in ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(120);
    expect(await askHealth(await engine.outputs())).toMatchObject({ healthy: true });
    for (const [index, ip] of ips.entries()) {
      const flags = await site.on(ip, "systemctl show -p ExecStart etcd");
      expect(flags).toContain(`--quota-backend-bytes=${5 * 1024 ** 3}`);
      // What was uploaded is gone again.
      expect(await site.on(ip, "find ~ -name '*.tar.gz'")).toBe("");
      const left = await lookAtMallory((command) => site.on(ip, command), `etcd-host${index}`);
      expect(left).toBe("active");
    }
    expect(await site.on(damaged, "/opt/etcd/v3.7.3/bin/etcd --version")).toContain("3.7.3");
    await site.on(first, "sudo systemctl start etcd-snapshot");
  });

  it("are replaced by a blank one at the same address, which the others give the data", async () => {
    const [name, ip] = ["etcd-host1", ips[1]!];
    await removeMachine(`site-${ip}`);
    await site.bootBlank({ name, ip });
    const changes = { quotaGiB: 4, binDirectory: "/usr/local/bin" };
    await site.configureEngine(engine, "three-machines", changes);
    // Its host key is another one, and the command asks the machines that the outputs know.
    const { exitCode, output } = await engine.runCommand(
      "operator/replace.ts",
      [name, "--yes"],
      () => undefined,
    );
    expect(exitCode, output).toBe(0);
    expect(output).toContain(
      "etcd-host1 gets a new machine, with its data where that is still there",
    );
    expect(output).toContain("etcd-host1: joining as a learner");
    expect(await askHealth(await engine.outputs())).toMatchObject({ healthy: true });
  });

  it("are not made strangers to each other by a change of TLS", async () => {
    const { exitCode, output } = await site.upWithEngine(engine, "three-machines", {
      quotaGiB: 4,
      tls: "off",
    });
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/members of a running cluster cannot turn TLS on or off/);
    for (const ip of ips) {
      const health = "curl -sf http://127.0.0.1:2379/health";
      expect(await site.on(ip, health)).toContain('"health":"true"');
    }
  });

  it("print no key", () => expectNoPrivateKey(site.printed.join("\n")));

  it("are cleaned up by a destroy, though one is gone", async () => {
    await removeMachine(`site-${ips[1]}`);
    const { exitCode, output } = await engine.run(["destroy", "--yes"], () => undefined);
    expect(exitCode, output).toBe(0);
    expect(output).toContain("etcd-host1 cannot be reached");
    expect(await site.on(ips[0]!, "systemctl is-active etcd; sudo ls /var/lib/etcd")).toBe(
      "inactive\ncluster-id\nmember",
    );
  });
});
