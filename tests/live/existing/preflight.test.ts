import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { scriptCommand, scriptInput } from "../../../components/etcd/scripts";
import { type Mirror, serveMirror } from "../../../lab/mirror/serve";
import { askHealth } from "../../../components/etcd/remote/health";
import { LiveMachine } from "../../../components/etcd/remote/machine";
import { tempFolder } from "../../tempFolder";
import { Site } from "./harness";

/** Machines that have something already, and downloads that are not what they should be. */

const canRun = inject("canRunLab");
const ips = ["10.64.3.7", "10.64.3.8", "10.66.3.86"];

describe.skipIf(!canRun)("machines that are not ready", () => {
  const site = new Site();

  beforeAll(() =>
    site.boot(
      "10.64.0.0/14",
      ips.map((ip, index) => ({ name: `etcd-host${index}`, ip })),
    ),
  );
  afterAll(() => site.close());

  it("are all found in one message, before anything is changed on any", async () => {
    const [first, second, third] = ips as [string, string, string];
    const foreign = "[Unit]\\nDescription=somebody else\\n[Service]\\nExecStart=/bin/sleep 9999\\n";
    await site.on(
      first,
      `printf '${foreign}' | sudo tee /etc/systemd/system/etcd.service >/dev/null && sudo systemctl daemon-reload && sudo systemctl start etcd && sudo mkdir -p /var/lib/etcd/member/snap /etc/etcd/pki`,
    );
    await site.on(
      second,
      `printf '#!/bin/sh\\nexec /bin/date -d "-10 minutes" "$@"\\n' | sudo tee /usr/local/bin/date >/dev/null && sudo chmod 755 /usr/local/bin/date && sudo mount -t tmpfs -o size=100m none /opt && (sudo systemd-run --unit=squatter /usr/sbin/sshd -D -p 2379 2>/dev/null) && sudo mv /run/systemd/system /run/systemd/system.away`,
    );
    await site.on(second, "sudo iptables -A INPUT -p tcp --dport 2380 -j DROP");
    await site.on(third, "sudo sh -c 'rm -f /etc/sudoers.d/*; gpasswd --delete ubuntu sudo'");
    const error = await site.up("three-machines").then(
      () => undefined,
      (reason: Error) => reason,
    );
    const message = error!.message;
    expect(message).toContain("These machines are not ready; nothing was changed on any:");
    for (const finding of [
      "etcd-host0: there is an etcd.service already (/etc/systemd/system/etcd.service, active)",
      "etcd-host0: /var/lib/etcd holds the data of an etcd that this stack did not make",
      "etcd-host0: /etc/etcd/pki is there, and this stack did not make it",
      `etcd-host0: port 2380 of etcd-host1 (${second}) cannot be reached from here: no answer within 5 s. Look for a firewall`,
      "etcd-host1: systemd does not run here",
      "etcd-host1: /opt has 100 MiB free, expected 1024 MiB",
      "etcd-host1: port 2379 is in use by",
      "etcd-host2: ubuntu cannot become root without a password",
    ]) {
      expect(message).toContain(finding);
    }
    // Whole seconds of two clocks: where they tick between the two readings, one less or more.
    expect(message).toMatch(/etcd-host1: the clock is (599|600|601) s behind of the machine that/);
    expect(message.match(/^ {2}etcd-host/gm)).toHaveLength(9);
    for (const ip of ips) {
      const made =
        "ls -d /opt/etcd /root/local /usr/local/bin/etcd* 2>/dev/null; getent passwd etcd; true";
      expect(await site.on(ip, made)).toBe("");
    }
    expect(await site.on(first, "ls -A /etc/etcd/pki /var/lib/etcd/member")).toContain("snap");
    expect(await site.on(first, "systemctl is-active etcd")).toBe("active");
  });

  it("are told in less than 20 s where one swallows every packet", async () => {
    const second = ips[1]!;
    await site.on(second, "sudo iptables -A INPUT -p tcp --dport 22 --syn -j DROP");
    const start = performance.now();
    await expect(site.up("three-machines")).rejects.toThrow(
      /etcd-host1: after 1 failed attempts: ssh 10\.64\.3\.8:22: no SSH connection within 6 s/,
    );
    expect((performance.now() - start) / 1000).toBeLessThan(20);
  });

  it("are refused when another machine answers in their place", async () => {
    const knownHosts = ips.map(
      (ip) =>
        `${ip} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHdyb25nd3Jvbmd3cm9uZ3dyb25nd3Jvbmd3cm9uZzEy`,
    );
    await expect(site.up("three-machines", { knownHosts })).rejects.toThrow(
      /etcd-host0: .*host key/,
    );
  });
});

describe.skipIf(!canRun)("a release that is not what it should be", () => {
  const site = new Site();
  const ip = "192.168.56.10";
  const version = "3.7.2";
  const name = `etcd-v${version}-linux-amd64`;
  let good: string;
  let folder: string;
  let mirror: Mirror;
  /** What a script is told of the cluster and the member that run there. */
  let member: Record<string, string | boolean>;

  beforeAll(async () => {
    await site.boot("192.168.56.0/24", [{ name: "laptop", ip }]);
    good = path.join(site.releases, "v3.7.3", "etcd-v3.7.3-linux-amd64.tar.gz");
    folder = tempFolder();
    await fs.mkdir(path.join(folder, `v${version}`));
    mirror = await serveMirror(folder, site.gateway);
  });
  afterAll(async () => {
    await mirror.close();
    await site.close();
  });

  it("comes from a file on this machine, for machines without internet", async () => {
    const outputs = await site.up("single-member", {
      install: "file",
      releaseFile: good,
      releaseUrl: "http://192.0.2.1/nowhere",
    });
    expect(await askHealth(outputs)).toMatchObject({ healthy: true });
    const machine = new LiveMachine(outputs.members[0]!.name, outputs);
    member = { ...machine.identity, tls: true };
  });

  it.each<[string, (tarball: Buffer) => { tarball: Buffer; sums: string }, RegExp]>([
    [
      "a wrong checksum",
      (tarball) => ({ tarball, sums: `${"0".repeat(64)}  ${name}.tar.gz\n` }),
      /has the SHA-256 [0-9a-f]{64}, expected 0{64}/,
    ],
    [
      "a truncated download",
      (tarball) => ({ tarball: tarball.subarray(0, 100_000), sums: sum(tarball) }),
      /has the SHA-256/,
    ],
    [
      "a checksum that is not there",
      (tarball) => ({ tarball, sums: `${"0".repeat(64)}  other.tar.gz\n` }),
      /SHA256SUMS does not list etcd-v3\.7\.2-linux-amd64\.tar\.gz/,
    ],
    [
      "a tarball for another architecture",
      () => {
        const tarball = foreignTarball();
        return { tarball, sums: sum(tarball) };
      },
      /the etcd in etcd-v3\.7\.2-linux-amd64\.tar\.gz does not run here as version 3\.7\.2/,
    ],
    [
      "a tarball of something else",
      (tarball) => ({ tarball, sums: sum(tarball) }),
      /there is no etcd-v3\.7\.2-linux-amd64\/etcd in/,
    ],
  ])("%s leaves what runs untouched, and says so", async (_, make, expected) => {
    const before = await site.on(ip, "systemctl show -p MainPID etcd; ls /opt/etcd");
    const { tarball, sums } = make(await fs.readFile(good));
    await fs.writeFile(path.join(folder, `v${version}`, `${name}.tar.gz`), tarball);
    await fs.writeFile(path.join(folder, `v${version}`, "SHA256SUMS"), sums);
    const command = scriptCommand("stage", {
      ...member,
      version,
      from: "release",
      url: mirror.url,
    });
    const { code, stderr } = await site.run(ip, command, scriptInput("stage"));
    expect(code).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr).toContain("Nothing was changed");
    expect(await site.on(ip, "systemctl show -p MainPID etcd; ls -A /opt/etcd")).toBe(before);
  });

  /** The right names, and programs for a processor that is not this one: an ELF header of s390. */
  function foreignTarball(): Buffer {
    const program = Buffer.alloc(64);
    program.write("\u007fELF\u0002\u0002\u0001", "latin1");
    program.writeUInt16BE(2, 16);
    program.writeUInt16BE(22, 18);
    const place = tempFolder();
    mkdirSync(path.join(place, name));
    for (const binary of ["etcd", "etcdctl"]) {
      writeFileSync(path.join(place, name, binary), program, { mode: 0o755 });
    }
    return execFileSync("tar", ["-czf", "-", "-C", place, name]);
  }

  function sum(content: Buffer): string {
    return `${createHash("sha256").update(content).digest("hex")}  ${name}.tar.gz\n`;
  }
});
