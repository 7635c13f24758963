import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { Connection } from "../../proof/load/connection";
import { Operator } from "../../proof/changes/operator";
import { Writer } from "../../proof/load/writer";
import { INSTANCE, VOLUME, VOLUME_ATTACHMENT } from "../../lab/aws/schema";
import type { S3Place } from "../../lab/lab";
import { policyFor } from "../../lab/s3/s3Server";
import type { Credentials } from "../../lab/s3/sign";
import { askHealth } from "../../components/etcd/remote/health";
import { LiveMachine } from "../../components/etcd/remote/machine";
import { takeSnapshot } from "../../components/etcd/remote/snapshot";
import { etcdctl, onController, startsOf } from "./cluster";
import { tempFolder } from "../tempFolder";
import { expectNoPrivateKey } from "./expectations";
import { fillDatabase } from "./fullDatabase";

const three = ["10.0.1.10", "10.0.1.11", "10.0.1.12"].map((privateIp, index) => ({
  name: `controller-${index}`,
  privateIp,
}));

const canRun = inject("canRunPulumi") && inject("canRunS3");

describe.skipIf(!canRun)("snapshots that restore", () => {
  const printed: string[] = [];
  const operator = new Operator((line) => void printed.push(line));
  const { lab, engine } = operator;
  let place: S3Place;
  let reader: Credentials;
  let folder: string;
  /** A snapshot on this machine. */
  let file: string;
  /** What the stack is asked for but for the members. */
  let snapshotSettings: Record<string, unknown>;

  beforeAll(async () => {
    await lab.down();
    folder = tempFolder();
    file = path.join(folder, "backup.db");
    place = await lab.serveS3();
    reader = await place.s3.createUser("reader", policyFor("s3:GetObject", "*"));
    snapshotSettings = {
      version: "3.6.16",
      snapshotUpload: true,
      snapshotEndpoint: place.s3.url,
      snapshotMinutes: 1,
      snapshotKeep: 2,
    };
    await operator.start({ ...snapshotSettings, controllers: three });
  });
  afterAll(async () => {
    await place?.close();
    await lab.down();
  });

  const outputs = () => operator.outputs;
  const snapshots = async () => (await askHealth(outputs())).snapshots;
  const bucket = async () => /^s3:\/\/([^/]+)\//.exec((await snapshots()).last!.where)![1]!;

  /** Every key and its value, as of a revision. */
  async function read(revision?: number): Promise<Record<string, string>> {
    const at = revision === undefined ? [] : [`--rev=${revision}`];
    const text = await etcdctl(outputs(), ["get", "", "--prefix", "--write-out=json", ...at]);
    const { kvs = [] } = JSON.parse(text) as { kvs?: { key: string; value: string }[] };
    return Object.fromEntries(kvs.map(({ key, value }) => [decoded(key), decoded(value)]));
  }

  it("takes one on request, uploads it by the instance's role, and brings it here", async () => {
    await etcdctl(outputs(), ["put", "before", "the snapshot"]);
    const { exitCode, output } = await engine.runCommand(
      "operator/snapshot.ts",
      ["--to", file],
      log,
    );
    expect(exitCode, output).toBe(0);
    expect((await fs.stat(file)).mode & 0o777).toBe(0o600);
    const { last, warning } = await snapshots();
    expect(warning).toBe("");
    const key = last!.where.replace(`s3://${await bucket()}/`, "");
    const folderOf = `etcd/${outputs().clusterId}/`;
    expect(key.startsWith(folderOf), key).toBe(true);
    expect(key.slice(folderOf.length)).toMatch(/^etcd-\d{8}T\d{6}Z-r\d+-v3\.6\.16\.db$/);
    const object = await place.s3.getObject(await bucket(), key);
    expect(object.equals(await fs.readFile(file))).toBe(true);
    expect(await read(last!.revision)).toMatchObject({ before: "the snapshot" });
    await etcdctl(outputs(), ["put", "after", "the snapshot"]);
  });

  it("keeps as many on a machine as it may", async () => {
    const { member } = await takeSnapshot(outputs(), log);
    await etcdctl(outputs(), ["put", "between", "two snapshots"]);
    await takeSnapshot(outputs(), log);
    const kept = await onController(outputs(), member, "sudo ls /var/lib/etcd-snapshots");
    expect(kept.split("\n")).toHaveLength(2);
    expect(await place.s3.listObjects(await bucket(), "etcd/")).toHaveLength(3);
  });

  it.each<[string, (settings: string) => string, RegExp]>([
    [
      "a wrong bucket",
      (s) => s.replace(/^bucket=.*/m, "bucket=no-such-bucket"),
      /no-such-bucket.* AccessDenied/,
    ],
    [
      "a key that may only read",
      (s) => s.replace("keys_file=", "keys_file=/run/keys"),
      /AccessDenied/,
    ],
    ["a prefix that is another's", (s) => s.replace("prefix=etcd/", "prefix=x/"), /AccessDenied/],
    [
      "a full disk",
      (s) => s.replace(/^directory=.*/m, "directory=/mnt/full"),
      /\/mnt\/full has 1 MiB free, and a snapshot needs \d+ MiB, of which 512 stay free: none was taken/,
    ],
  ])("tells of %s, and keeps what there was", async (_, change, text) => {
    const { name } = outputs().members[0]!;
    const before = await place.s3.listObjects(await bucket());
    const settings = await onController(
      outputs(),
      name,
      "sudo mkdir -p /mnt/full && (mountpoint -q /mnt/full || sudo mount -t tmpfs -o size=100k none /mnt/full) && sudo cat /etc/etcd/snapshot/settings",
    );
    const changed = Buffer.from(change(`${settings}\n`)).toString("base64");
    const keys = `${reader.accessKeyId}:${reader.secretAccessKey}`;
    await onController(
      outputs(),
      name,
      `echo ${changed} | base64 -d | sudo tee /run/changed; echo ${keys} | sudo tee /run/keys`,
    );
    const machine = new LiveMachine(name, outputs());
    const request = { settings: "/run/changed", when: "now", ...machine.identity };
    const { code, stderr } = await machine.run("snapshot", request);
    expect(code).toBe(1);
    expect(stderr).toMatch(text);
    expect((await snapshots()).warning).toMatch(text);
    expect((await snapshots()).last).toBeDefined();
    expect(await place.s3.listObjects(await bucket())).toEqual(before);
  });

  it("shows a failure in npm run health, until one succeeds", async () => {
    const failed = await engine.runCommand("operator/health.ts", [], log);
    expect(failed.output).toMatch(/WARNING: the snapshot on controller-0 failed \d+ s ago, and/);
    expect(failed.exitCode).toBe(2);
    await takeSnapshot(outputs(), log);
    expect((await snapshots()).warning).toBe("");
  });

  it("uploads one in parts that is too large for one request, and it is whole", async () => {
    const { name } = outputs().members[0]!;
    // S3 takes no part below 5 MiB but the last.
    const put = `sudo etcdctl --cacert=ca.crt --cert=operator.crt --key=operator.key --endpoints=${outputs().members[0]!.clientUrl} put`;
    const large = "head -c 1000000 /dev/zero | tr '\\0' x";
    await onController(
      outputs(),
      name,
      `cd /etc/etcd/pki && for i in 1 2 3 4 5 6 7; do ${large} | ${put} large-$i; done`,
    );
    const machine = new LiveMachine(name, outputs());
    const request = { ...machine.identity, when: "now", largest_put: 1, part_bytes: 5 * 1024 ** 2 };
    const settings = "/etc/etcd/snapshot/settings";
    const { code, stdout, stderr } = await machine.run("snapshot", { settings, ...request });
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/uploaded part 1 of ([2-9])\n[^]*uploaded part \1 of \1\n/);
    const { where, sha256 } = JSON.parse(stdout) as { where: string; sha256: string };
    const key = where.replace(`s3://${await bucket()}/`, "");
    const object = await place.s3.getObject(await bucket(), key);
    expect(createHash("sha256").update(object).digest("hex")).toBe(sha256);
  });

  describe("eight of them on a disk that has no room for eight", () => {
    const directory = "/var/lib/etcd-snapshots";
    const onEach = (command: string) =>
      Promise.all(three.map(({ name }) => onController(outputs(), name, command)));
    const kept = async (name: string) =>
      (await onController(outputs(), name, `sudo sh -c 'cd ${directory} && ls *.db'`)).split("\n");
    /** Of the database, and the disk's, in MiB. */
    let size: number;
    let disk: number;
    let taker: string;

    beforeAll(async () => {
      operator.ask({ snapshotKeep: 8 });
      await operator.up();
      // One key; what it was before stays in the database, too, until that is compacted.
      await fillDatabase(outputs(), "same", 12);
      const { members } = await askHealth(outputs());
      size = Math.ceil(Math.max(...members.map((one) => one.dbSizeBytes!)) / 1024 ** 2);
      // What stays free for certificates and releases, and four and a half.
      disk = 512 + Math.floor(4.5 * size);
      await onEach(
        `sudo mkdir -p ${directory} && sudo mount -t tmpfs -o size=${disk}m none ${directory} && ` +
          `sudo systemd-run --quiet --unit=watch-room sh -c 'while df --output=avail --block-size=1M ${directory} | tail -n 1; do sleep 0.1; done'`,
      );
    });
    afterAll(() => onEach(`sudo systemctl stop watch-room; sudo umount ${directory}`));

    /** The least that was ever free on that disk. */
    const leastFree = async (name: string) =>
      Number(
        await onController(
          outputs(),
          name,
          "sudo journalctl --unit=watch-room --output=cat --no-pager | grep -o '^ *[0-9]*$' | sort -n | head -n 1",
        ),
      );

    /** Databases of one cluster differ in size, and a snapshot has that of its own member's. */
    async function expectAsManyAsFit(files: string[]): Promise<void> {
      const largest = await onController(
        outputs(),
        taker,
        `sudo sh -c 'stat --format=%s ${directory}/*.db' | sort -n | tail -n 1`,
      );
      const fit = Math.floor((disk - 512) / (Number(largest) / 1024 ** 2));
      expect(fit).toBeGreaterThanOrEqual(4);
      expect(fit).toBeLessThan(8);
      expect(files).toHaveLength(fit);
    }

    it("leaves as many as fit, the newest among them, and room for a release", async () => {
      let newest = "";
      for (let taken = 0; taken < 8; taken += 1) {
        const snapshot = await takeSnapshot(outputs(), log);
        [taker, newest] = [snapshot.member, path.basename(snapshot.file)];
      }
      const files = await kept(taker);
      console.log(
        `${files.length} of 8 snapshots of ${size} MiB on ${disk} MiB, least free ${await leastFree(taker)} MiB`,
      );
      await expectAsManyAsFit(files);
      expect(files.at(-1)).toBe(newest);
      expect(await leastFree(taker)).toBeGreaterThanOrEqual(512);
      expect(await askHealth(outputs())).toMatchObject({ healthy: true });
      await etcdctl(outputs(), ["put", "while the disk", "is small"]);
    });

    it("is pruned, though the store takes none", async () => {
      const machine = new LiveMachine(taker, outputs());
      const settings = "/etc/etcd/snapshot/settings";
      const request = { settings, when: "now", ...machine.identity, bucket: "no-such-bucket" };
      const before = await kept(taker);
      for (let failed = 0; failed < 3; failed += 1) {
        const { code, stderr } = await machine.run("snapshot", request);
        expect(code, stderr).toBe(1);
        expect(stderr).toContain("AccessDenied");
      }
      const files = await kept(taker);
      await expectAsManyAsFit(files);
      expect(before).not.toContain(files.at(-1));
      expect(await leastFree(taker)).toBeGreaterThanOrEqual(512);
    });

    it("has room again that one left behind when it was killed", async () => {
      const leave = (file: string) =>
        `sudo head -c ${3 * size}M /dev/zero | sudo tee ${directory}/${file} >/dev/null`;
      const [oldest] = await kept(taker);
      await onController(
        outputs(),
        taker,
        `sudo sh -c 'cd ${directory} && ls *.db | head -n -1 | xargs rm'; ${leave(".partial-etcd.part")}; ${leave(`${oldest}.part`)} || true`,
      );
      await takeSnapshot(outputs(), log);
      expect(await kept(taker)).toHaveLength(2);
      const all = await onController(outputs(), taker, `sudo ls -A ${directory}`);
      expect(all).not.toContain("part");
    });

    it("tells a failure on the machine where the clock's one failed, and keeps the newest", async () => {
      const leader = (await askHealth(outputs())).members.find((member) => member.leader)!.name;
      const on = (command: string) => onController(outputs(), leader, command);
      await on(
        `sudo rm -f ${directory}/*.db; sudo touch -d '-1 hour' ${directory}/etcd-20260101T000000Z-r1-v3.6.16.db; ` +
          `sudo head -c ${4 * size}M /dev/zero | sudo tee ${directory}/somebody-elses >/dev/null`,
      );
      const ended = await on(
        "sudo systemctl start etcd-snapshot 2>&1; systemctl is-failed etcd-snapshot",
      );
      expect(ended).toMatch(/failed$/);
      const why = new RegExp(
        `${directory} has \\d+ MiB free, and a snapshot needs \\d+ MiB, of which 512 stay free: none was taken`,
      );
      expect(await on("sudo journalctl --unit=etcd-snapshot --lines=20 --no-pager")).toMatch(why);
      const { healthy, snapshots: told } = await askHealth(outputs());
      expect(told.warning).toMatch(new RegExp(`the snapshot on ${leader} failed`));
      expect(told.warning).toMatch(why);
      expect(healthy).toBe(true);
      expect(await kept(leader)).toHaveLength(1);
      await etcdctl(outputs(), ["put", "while none", "is taken"]);
      await on(`sudo rm ${directory}/somebody-elses`);
      await on("sudo systemctl reset-failed etcd-snapshot; sudo systemctl start etcd-snapshot");
      expect((await snapshots()).warning).toBe("");
    });
  });

  it("refuses a truncated snapshot before anything is stopped", async () => {
    const truncated = path.join(folder, "truncated.db");
    await fs.writeFile(truncated, (await fs.readFile(file)).subarray(0, 12_000));
    const before = await startsOf(outputs());
    const once = { restoreFrom: truncated };
    const plan = await lab.withMirror({ ...snapshotSettings, ...once }, () =>
      engine.runCommand("operator/plan.ts", [], log),
    );
    expect(plan.output).toContain("have data, which it would take the place of");
    const result = await operator.attempt({ ...once, restoreOverData: true });
    expect(result.exitCode).not.toBe(0);
    expect(result.output).toContain("is truncated, damaged or no snapshot");
    expect(await startsOf(outputs())).toEqual(before);
    expect(await askHealth(outputs())).toMatchObject({ healthy: true });
  });

  it("takes one by the clock, on the leader's machine", async () => {
    const before = await place.s3.listObjects(await bucket());
    await vi.waitFor(
      async () => {
        const now = await place.s3.listObjects(await bucket());
        expect(now.length).toBeGreaterThan(before.length);
      },
      { timeout: 150_000, interval: 2000 },
    );
    const leader = (await askHealth(outputs())).members.find((member) => member.leader)!;
    const log = await onController(outputs(), leader.name, "journalctl -u etcd-snapshot | cat");
    expect(log).toContain("uploaded to s3://");
  });

  it("begins again from the last snapshot when every machine and its data are gone", async () => {
    const { where, revision } = (await snapshots()).last!;
    const writer = new Writer(operator.target);
    const told = watchFrom(revision);
    await sleep(1000);
    const expected = await read(revision);
    await loseEverything();
    await writer.stop();
    await engine.run(["refresh", "--yes", "--skip-preview"], log);
    const settings = { restoreFrom: where };
    // The new machines have other public addresses: from here on by the outputs that say them.
    operator.ask(settings);
    await operator.up();
    const restored = await read();
    expect(restored).toMatchObject(expected);
    const own = (key: string) => key.startsWith("etcd-by-pulumi/");
    expect(Object.keys(restored).filter((key) => !own(key))).toEqual(
      Object.keys(expected).filter((key) => !own(key)),
    );
    const silence = sleep(30_000, "nothing within 30 s");
    // etcd3 does not hand on why; etcdctl, asked for the same revision, does.
    expect(await Promise.race([told, silence])).toContain("Watcher canceled");
    const late = etcdctl(outputs(), ["watch", "load/", "--prefix", `--rev=${revision}`]);
    await expect(late).rejects.toThrow(/required revision has been compacted/);
    const again = await operator.attempt(settings);
    expect(again.output).toMatch(/Resources:\n +\d+ unchanged\n/);
  });

  it("never shows a private key on the way", () => expectNoPrivateKey(printed.join("\n")));

  function log(line: string): void {
    printed.push(line);
  }

  /** A client that watches from before, and goes on by itself: what it is told of the gap. */
  function watchFrom(revision: number): Promise<string> {
    const [member] = outputs().members;
    const connection = new Connection(member!, outputs());
    return connection
      .call(
        (client) =>
          new Promise<string>((resolve) => {
            const watcher = client
              .watch()
              .prefix("load/")
              .startRevision(String(revision))
              .watcher();
            watcher.on("error", (error: Error) => resolve(error.message));
          }),
        0,
      )
      .finally(() => connection.retire());
  }

  /** As if somebody had deleted them by AWS's console. */
  async function loseEverything(): Promise<void> {
    for (const type of [VOLUME_ATTACHMENT, INSTANCE, VOLUME]) {
      const all = (await lab.aws.list()).filter((record) => record.type === type);
      await Promise.all(all.map(({ id }) => lab.aws.delete(type, id)));
    }
  }
});

const decoded = (base64: string) => Buffer.from(base64, "base64").toString();
