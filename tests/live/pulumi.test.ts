import { readFileSync } from "node:fs";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { Lab } from "../../lab/lab";
import { removeMachine } from "../../lab/machines";
import { labDir } from "../../lab/paths";
import { PulumiEngine, up } from "../../lab/pulumiEngine";
import { run } from "../../lab/run";
import type { StackOutputs } from "../../operator/stack";
import type { CisReport } from "../../components/etcd/cis/report";
import { askHealth } from "../../components/etcd/remote/health";
import { fetchSnapshot, takeSnapshot } from "../../components/etcd/remote/snapshot";
import { etcdctl, onController, startsOf } from "./cluster";
import {
  expectFilesProtected,
  expectNoPrivateKey,
  expectPutAndGet,
  expectStrangersRefused,
  expectThreeHealthyMembers,
} from "./expectations";
import { dataVolumes } from "./dataVolumes";
import { forgedPut, send, sendFrom } from "./forgedMessage";
import { fillDatabase, forgetLimits, limitDatabases } from "./fullDatabase";
import { leftovers } from "./leftovers";

/**
 * What curl says of a server that takes no certificate of its client's: the server's alert, unless it has ended the
 * connection while curl was still sending (55) or before it read that (56).
 */
const turnedAway = /alert (unknown ca|bad certificate)|curl: \(5[56]\)/;

describe.skipIf(!inject("canRunPulumi"))("the program under the Pulumi engine", () => {
  const printed: string[] = [];
  const log = (line: string) => void printed.push(line);
  const lab = new Lab(log);
  const engine = new PulumiEngine(lab.aws);
  const state = () => readFileSync(engine.stateFile, "utf8");
  let outputs: StackOutputs;

  beforeAll(async () => {
    await lab.down();
  });
  afterAll(() => lab.down());

  it("says every error in the settings at once, and makes nothing", async () => {
    const errors = {
      version: "3.3.27",
      quotaGiB: 99,
      sshCidr: "10.0.0.0/8",
    };
    const { exitCode, output } = await lab.withMirror({ version: "3.7.3" }, async () => {
      await engine.createStack();
      await lab.writeSettings(errors);
      return engine.run(up, log);
    });
    expect(exitCode).not.toBe(0);
    expect(output).toContain("3 settings are not right; nothing was changed:");
    expect(output).toContain("sshCidr is not a setting. Did you mean sshCidrs?");
    expect(output).toContain("version is 3.3.27, which is too old");
    expect(resourcesIn(state())).toEqual([]);
  });

  it("converges after an up that was killed half-way", async () => {
    // From the first command on: what EC2 was about to make is not told to an engine that is gone.
    const moment = Math.random() * 6000;
    await lab.withMirror({}, async () => {
      const killer = new AbortController();
      const killed = await engine.run(
        up,
        (line) => {
          log(line);
          if (line.includes("controller-2-stage creating")) {
            setTimeout(() => killer.abort(), moment);
          }
        },
        { signal: killer.signal },
      );
      console.log(`killed ${moment.toFixed()} ms after the first command, exit ${killed.exitCode}`);
      await engine.run(["cancel", "--yes"], log);
      const again = await engine.run(up, log);
      expect(again.exitCode, again.output).toBe(0);
    });
    outputs = await engine.outputs();
  });

  it("makes three healthy members", () => expectThreeHealthyMembers(outputs));
  it("reads on each member what was written on another", () => expectPutAndGet(outputs));
  it("refuses strangers on every port", () => expectStrangersRefused(outputs));
  it("takes a forged message of Raft from no client: it would go past access control", async () => {
    const ctl = (...words: string[]) => etcdctl(outputs, words);
    for (const user of ["root", "client"]) {
      await ctl("user", "add", user, "--no-password");
      await ctl("user", "grant-role", user, "root");
    }
    await ctl("user", "add", "operator", "--no-password");
    await ctl("auth", "enable");
    try {
      const { name, privateIp } = outputs.members[0]!;
      const onMember = (command: string) => onController(outputs, name, command);
      await expect(onMember("sudo etcdctl put forged operator")).rejects.toThrow(
        /permission denied/,
      );
      const forged = (value: string) => forgedPut(outputs, name, { key: "forged", value });
      expect(await sendFrom(outputs, name, "operator", await forged("operator"))).toMatch(
        turnedAway,
      );
      const client = {
        cert: outputs.clientCertPem,
        key: outputs.clientKeyPem,
        ca: await onMember("sudo cat /etc/etcd/pki/peer-ca.crt"),
      };
      expect(await send(privateIp, client, await forged("client"))).toMatch(turnedAway);
      expect(await ctl("get", "forged")).toBe("");
      // The message is one that works: what a peer's certificate can do that a client's cannot.
      expect(await sendFrom(outputs, name, "peer", await forged("a peer"))).toBe("204");
      await vi.waitFor(async () =>
        expect(await ctl("get", "forged", "--print-value-only")).toBe("a peer"),
      );
    } finally {
      await ctl("auth", "disable");
    }
    await ctl("del", "forged");
    for (const user of ["root", "client", "operator"]) {
      await ctl("user", "delete", user);
    }
  });
  it("lets root on a machine call etcdctl without a path, and nobody else", async () => {
    const { name } = outputs.members[0]!;
    const onMember = (command: string) => onController(outputs, name, command);
    expect((await onMember("sudo etcdctl member list")).trim().split("\n")).toHaveLength(3);
    const elsewhere = outputs.endpoints[1]!;
    const named = `sudo env ETCDCTL_API=3 etcdctl endpoint health --endpoints=${elsewhere}`;
    expect(await onMember(`${named} 2>&1`)).toContain(`${elsewhere} is healthy`);
    // For others it is etcdctl, without a word of the operator's.
    const plain = onMember("etcdctl --command-timeout=2s member list");
    await expect(plain).rejects.toThrow(/deadline|EOF/);
  });
  it("protects files by owner and mode", () => expectFilesProtected(outputs));

  it("passes the CIS benchmark by what runs, and not where that is changed by hand", async () => {
    const judge = async () => {
      const { exitCode, output } = await engine.runCommand("operator/cis.ts", ["--json"], log);
      const report = JSON.parse(output) as CisReport;
      const items = report.members.flatMap(({ name, items }) =>
        items.map((item) => ({ name, ...item })),
      );
      // What is not as it has to be.
      const rest = items.filter(({ verdict }) => !["pass", "not applicable"].includes(verdict));
      return { exitCode, items, rest: rest.map(({ name, id, verdict }) => [name, id, verdict]) };
    };
    const { exitCode, items, rest } = await judge();
    expect({ exitCode, rest }, JSON.stringify(items, null, 2)).toEqual({ exitCode: 0, rest: [] });
    expect(items).toHaveLength(3 * 14);
    expect(items.every(({ reason }) => reason.length > 10)).toBe(true);
    const others = items.filter(({ verdict }) => verdict === "not applicable").map(({ id }) => id);
    expect([...new Set(others)]).toEqual(["1.1.7", "1.1.8"]);

    const onMember = (command: string) => onController(outputs, "controller-1", command);
    await onMember("sudo chmod 644 /etc/etcd/pki/server.key && sudo chmod 750 /var/lib/etcd");
    expect(await judge()).toMatchObject({
      exitCode: 1,
      rest: [
        ["controller-1", "1.1.11", "fail"],
        ["controller-1", "1.1.21", "fail"],
      ],
    });
    const { output } = await engine.runCommand("operator/cis.ts", [], log);
    expect(output).toMatch(
      /^fail +1\.1\.21 .*\(controller-1\)\n +\/etc\/etcd\/pki\/server\.key is 644, expected 600 or less: sudo chmod 600/m,
    );
    await onMember("sudo chmod 600 /etc/etcd/pki/server.key && sudo chmod 700 /var/lib/etcd");
    expect(await judge()).toMatchObject({ exitCode: 0, rest: [] });
  });

  it("changes nothing when nothing has changed", async () => {
    const { exitCode, output } = await lab.withMirror({}, () => engine.run(up, log));
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/Resources:\n +\d+ unchanged\n/);
    const preview = await lab.withMirror({}, () =>
      engine.run(["preview", "--expect-no-changes"], log),
    );
    expect(preview.exitCode, preview.output).toBe(0);
  });

  it("tells the health through the stack's outputs, as npm run health does", async () => {
    const env = {
      PULUMI_BACKEND_URL: `file://${path.join(labDir, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: readFileSync(path.join(labDir, "passphrase"), "utf8"),
    };
    const words = ["run.mjs", "operator/health.ts", "--stack", "lab"];
    const limits = { limitSeconds: 60, cwd: path.join(labDir, ".."), env };
    const result = await run("node", words, limits);
    expect(result.exitCode, result.all).toBe(0);
    expect(result.stdout).toContain("healthy: all 3 members are healthy");
    expect(result.stdout).toMatch(/^certificates: the first ends on \d{4}-\d\d-\d\d, in 364 days/);
    expect(result.stdout.match(/https:\/\/10\.0\.1\.1\d:2379 *│ yes/g)).toHaveLength(3);
    expectNoPrivateKey(result.all);
  });

  it("keeps every private key encrypted in the state, and prints none", () => {
    expectNoPrivateKey(state());
    expectNoPrivateKey(printed.join("\n"));
  });

  it("rolls a changed flag through the members, one at a time", async () => {
    const before = await startsOf(outputs);
    const changed = { quotaGiB: 1 };
    const preview = await lab.withMirror(changed, () => engine.run(["preview", "--diff"], log));
    expect(preview.output).toMatch(/- +--quota-backend-bytes=2147483648/);
    expect(preview.output).toMatch(/\+ +--quota-backend-bytes=1073741824/);
    expectNoPrivateKey(preview.output);
    const result = await lab.withMirror(changed, () => engine.run(up, log));
    expect(result.exitCode, result.output).toBe(0);
    const after = await startsOf(outputs);
    after.forEach((start, index) => expect(start).not.toBe(before[index]));
    await expectThreeHealthyMembers(outputs);
    expectNoPrivateKey(result.output);
    // Each is healthy again before the next one is touched.
    const steps = [
      ...result.output.matchAll(/(controller-\d): (restarting with|healthy with)/g),
    ].map(([, name, step]) => `${name} ${step}`);
    const order = [...new Set(steps)];
    expect(order).toHaveLength(6);
    for (let step = 0; step < order.length; step += 2) {
      const name = order[step]!.split(" ")[0];
      expect(order.slice(step, step + 2)).toEqual([
        `${name} restarting with`,
        `${name} healthy with`,
      ]);
    }
  });

  it("says in words what a change will do, and that it would refuse one", async () => {
    const plan = (settings: Record<string, unknown>) =>
      lab.withMirror(settings, () => engine.runCommand("operator/plan.ts", [], log));
    expect(await plan({ quotaGiB: 1 })).toMatchObject({
      exitCode: 0,
      output: "pulumi up has nothing to change in the cluster",
    });
    const quota = await plan({ quotaGiB: 2 });
    expect(quota.output).toMatch(
      /^pulumi up will change the cluster:\n {2}--quota-backend-bytes 1073741824 → 2147483648, one member at a time, leader controller-\d last$/,
    );
    const skipped = await plan({ version: "3.5.35" });
    expect(skipped.exitCode).toBe(1);
    expect(skipped.output).toContain("pulumi up would refuse this change:\n  version is 3.5.35");
  });

  it("refuses an older version before anything is touched", async () => {
    const result = await lab.withMirror({ version: "3.5.35" }, () => engine.run(up, log));
    expect(result.exitCode).not.toBe(0);
    expect(result.output).toContain("this change is refused; nothing of the cluster was changed:");
    expect(result.output).toContain('Go to the latest 3.6 first, with allowDowngradeTo: "3.6"');
    for (const { name } of outputs.members) {
      expect(await onController(outputs, name, "ls /opt/etcd")).toBe("v3.7.3");
    }
    await expectThreeHealthyMembers(outputs);
  });

  it("refuses a flag's value that etcd does not take, with every member as it was", async () => {
    const before = await startsOf(outputs);
    const extraFlags = { "max-request-bytes": "much" };
    const result = await lab.withMirror({ extraFlags }, () => engine.run(up, log));
    expect(result.exitCode).not.toBe(0);
    expect(result.output).toContain('etcd 3.7.3 refuses its flags: invalid value "much" for flag');
    expect(await startsOf(outputs)).toEqual(before);
  });

  it("leaves the rest as they are when one does not come back, and goes on from there", async () => {
    const { members } = await askHealth(outputs);
    const { name } = members.find((member) => !member.leader)!;
    const broken = "/run/systemd/system/etcd.service.d";
    const lines = "[Service]\\nExecStartPre=/bin/false\\n";
    await onController(
      outputs,
      name,
      `sudo mkdir -p ${broken} && printf '${lines}' | sudo tee ${broken}/broken.conf && sudo systemctl daemon-reload`,
    );
    const changed = { quotaGiB: 2 };
    const failed = await lab.withMirror(changed, () => engine.run(up, log));
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toContain(`${name}: etcd on this machine is `);
    expect(failed.output).toMatch(
      new RegExp(`controller-\\d was left as it is, because ${name} has failed in this update`),
    );
    const after = await askHealth(outputs);
    expect(after.verdict).toBe(`${name} does not serve reads`);
    await onController(outputs, name, `sudo rm -r ${broken} && sudo systemctl daemon-reload`);
    const again = await lab.withMirror(changed, () => engine.run(up, log));
    expect(again.exitCode, again.output).toBe(0);
    await expectThreeHealthyMembers(outputs);
  });

  it("makes room in a full database, and takes writes again", async () => {
    await limitDatabases(outputs, 16);
    expect(await fillDatabase(outputs, "same")).toContain("database space exceeded");
    const { verdict } = await askHealth(outputs);
    expect(verdict).toMatch(/^controller-\d.* raised NOSPACE: .* npm run defrag -- --compact$/);
    const { exitCode, output } = await defrag("--compact");
    expect(exitCode, output).toBe(0);
    const done = [...output.matchAll(/^(\S+): (\S+) MiB → (\S+) MiB of 16\.0 MiB$/gm)];
    expect(new Set(done.map(([, name]) => name)).size, output).toBe(3);
    // How far a file has grown is bbolt's own affair, and differs from member to member.
    for (const [line, , before, after] of done) {
      expect(Number(after), line).toBeLessThan(Number(before) / 2);
    }
    // Only the leader has a leadership to move away, once, and it is the last one.
    const leaders = [...output.matchAll(/^(\S+): moving the leadership/gm)];
    expect(leaders.map(([, name]) => name)).toEqual([done[2]![1]]);
    await expectPutAndGet(outputs);
  });

  it("rolls a larger quota out while a database is full of what is needed", async () => {
    expect(await fillDatabase(outputs, "another-$i")).toContain("database space exceeded");
    await limitDatabases(outputs, 8);
    const full = await defrag("--compact");
    expect(full.exitCode, full.output).toBe(1);
    expect(full.output).toMatch(/^The alarm stays: .* Delete keys, or raise quotaGiB/m);
    await forgetLimits(outputs);
    // More than what the members were started with.
    const raised = await lab.withMirror({ quotaGiB: 1 }, () => engine.run(up, log));
    expect(raised.output.match(/restarting with what changed/g), raised.output).toHaveLength(3);
    const disarmed = await defrag("--compact");
    expect(disarmed.exitCode, disarmed.output).toBe(0);
    await expectPutAndGet(outputs);
  });

  const defrag = (...args: string[]) => engine.runCommand("operator/defrag.ts", args, log);

  it("takes a member whose disk was lost out, and adds it anew as a learner", async () => {
    await loseData("controller-2");
    await etcdctl(outputs, ["put", "while", "a disk is lost"], outputs.endpoints[0]);
    const before = (await askHealth(outputs)).members.find((one) => one.name === "controller-0");
    const result = await lab.withMirror({ quotaGiB: 2 }, () => engine.run(up, log));
    expect(result.exitCode, result.output).toBe(0);
    const [repaired, changed] = ["controller-2: joining as a learner", "restarting with"].map(
      (line) => result.output.indexOf(line),
    ) as [number, number];
    expect(repaired).toBeGreaterThan(0);
    expect(repaired).toBeLessThan(changed);
    await expectThreeHealthyMembers(outputs);
    const read = ["get", "while", "--print-value-only"];
    expect(await etcdctl(outputs, read, outputs.endpoints[2])).toBe("a disk is lost");
    const after = (await askHealth(outputs)).members.find((one) => one.name === "controller-0");
    expect(after!.id).toBe(before!.id);
  });

  it("begins again from a snapshot where members have data, said twice", async () => {
    const file = path.join(labDir, "backup.db");
    const snapshot = await takeSnapshot(outputs, log);
    await fetchSnapshot(snapshot, outputs, file);
    await etcdctl(outputs, ["put", "after", "the snapshot"]);
    const twice = { restoreFrom: file, restoreOverData: true };
    const result = await lab.withMirror(twice, () => engine.run(up, log));
    expect(result.exitCode, result.output).toBe(0);
    await expectThreeHealthyMembers(outputs);
    expect(await etcdctl(outputs, ["get", "while", "--print-value-only"])).toBe("a disk is lost");
    expect(await etcdctl(outputs, ["get", "after"])).toBe("");
    for (const { name } of outputs.members) {
      const aside = "sudo find /var/lib/etcd -maxdepth 1 -name 'before-restore-*'";
      expect(await onController(outputs, name, aside)).toMatch(/before-restore-[0-9a-f]{8}$/);
    }
  });

  it("never makes a new cluster of members that have run before", async () => {
    for (const { name } of outputs.members) {
      await loseData(name);
    }
    const result = await lab.withMirror({ quotaGiB: 1 }, () => engine.run(up, log));
    expect(result.exitCode).not.toBe(0);
    expect(result.output).toContain("if they are lost too, restore from a snapshot");
    for (const { name } of outputs.members) {
      // Nor does a start by hand, or by a reboot.
      const start =
        "sudo systemctl start etcd 2>/dev/null; systemctl is-active etcd; sudo ls -A /var/lib/etcd";
      expect(await onController(outputs, name, start)).toMatch(
        /^(inactive|failed)\nbefore-restore-\w+$/,
      );
    }
  });

  async function loseData(name: string): Promise<void> {
    const lose =
      "sudo systemctl stop etcd && sudo rm -rf /var/lib/etcd/member /var/lib/etcd/cluster-id";
    await onController(outputs, name, lose);
  }

  it("destroys everything but the data, though a machine is gone already", async () => {
    await removeMachine(outputs.members[1]!.machineId);
    const volumes = await dataVolumes(lab.aws);
    expect(volumes).toHaveLength(3);
    const destroyed = await lab.withMirror({}, () => engine.run(["destroy", "--yes"], log));
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect(resourcesIn(state())).toEqual([]);
    expect(await leftovers()).toEqual([]);
    expect(await dataVolumes(lab.aws)).toEqual(volumes);
    for (const { id, name } of volumes) {
      const member = name.replace("-data", "");
      expect(destroyed.output).toContain(`data of ${member}: volume ${id} in us-east-1a`);
      expect(destroyed.output).toContain(
        `aws ec2 delete-volume --region us-east-1 --volume-id ${id}`,
      );
    }
  });
});

/** The custom resources of a state, by URN. */
function resourcesIn(text: string): string[] {
  const { checkpoint } = JSON.parse(text) as {
    checkpoint: { latest?: { resources?: { urn: string; custom: boolean; type: string }[] } };
  };
  return (checkpoint.latest?.resources ?? [])
    .filter((resource) => resource.custom && !resource.type.startsWith("pulumi:"))
    .map((resource) => resource.urn);
}
