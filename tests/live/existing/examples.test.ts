import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { removeMachine } from "../../../lab/machines";
import { policyFor, S3Server } from "../../../lab/s3/s3Server";
import { askHealth } from "../../../components/etcd/remote/health";
import { takeSnapshot } from "../../../components/etcd/remote/snapshot";
import type { StackOutputs } from "../../../operator/stack";
import { isLetIn } from "../cluster";
import { expectNoPrivateKey } from "../expectations";
import { Site } from "./harness";

/** Each of the clusters that people have written about, on blank machines, with its author's check. */

const canRun = inject("canRunLab");
const credentials =
  "--cacert=/etc/etcd/pki/ca.crt --cert=/etc/etcd/pki/operator.crt --key=/etc/etcd/pki/operator.key";

describe.skipIf(!canRun)("three machines in different subnets", () => {
  const site = new Site();
  const ips = ["10.64.3.7", "10.64.3.8", "10.66.3.86"];
  let outputs: StackOutputs;

  beforeAll(async () => {
    await site.boot(
      "10.64.0.0/14",
      ips.map((ip, index) => ({ name: `etcd-host${index}`, ip })),
    );
    outputs = await site.up("three-machines");
  });
  afterAll(() => site.close());

  it("are a healthy cluster", async () => {
    expect(await askHealth(outputs)).toMatchObject({ verdict: "all 3 members are healthy" });
    expect(outputs.endpoints).toEqual(ips.map((ip) => `https://${ip}:2379`));
  });

  it("are healthy by the author's own command, on each for each", async () => {
    for (const ip of ips) {
      for (const other of ips) {
        const command = `sudo ETCDCTL_API=3 /root/local/bin/etcdctl --endpoints=https://${other}:2379 ${credentials} endpoint health 2>&1`;
        expect(await site.on(ip, command)).toMatch(
          `https://${other}:2379 is healthy: successfully committed proposal`,
        );
      }
    }
  });

  it("have a certificate with the full subject, the node's address and loopback", async () => {
    const text = await site.on(
      ips[0]!,
      "sudo openssl x509 -in /etc/etcd/pki/server.crt -noout -subject -ext subjectAltName -nameopt sep_comma_plus,esc_2253",
    );
    const fields = ["C=CN", "ST=BeiJing", "L=BeiJing", "O=k8s", "OU=System", "CN=etcd"];
    for (const field of [...fields, "IP Address:10.64.3.7", "IP Address:127.0.0.1"]) {
      expect(text).toContain(field);
    }
  });

  it("let clients on the machine itself in without TLS, and nobody else", async () => {
    const health = await site.on(ips[1]!, "curl -sf http://127.0.0.1:2379/health");
    expect(health).toContain('"health":"true"');
    expect((await site.run(ips[1]!, `curl -s http://${ips[1]}:2379/health`)).stdout).not.toContain(
      "true",
    );
    expect(await isLetIn(ips[1]!, 2379, { ca: outputs.caCertPem })).toBe(false);
  });

  it("have the author's limits and directory", async () => {
    const show = "systemctl show etcd -p LimitNOFILE -p WorkingDirectory";
    expect((await site.on(ips[2]!, show)).split("\n").sort()).toEqual([
      "LimitNOFILE=65536",
      "WorkingDirectory=/var/lib/etcd",
    ]);
  });

  it("print no key", () => expectNoPrivateKey(site.printed.join("\n")));

  it("are cleaned up by a destroy, though one is gone; the data stays", async () => {
    await removeMachine(`site-${ips[2]}`);
    await site.destroy();
    for (const ip of ips.slice(0, 2)) {
      const left =
        "sudo ls /etc/etcd /opt/etcd /root/local/bin /etc/systemd/system/etcd.service 2>/dev/null; true";
      expect(await site.on(ip, left)).toBe("/root/local/bin:");
      expect(await site.on(ip, "systemctl is-active etcd; true")).toBe("inactive");
      expect(await site.on(ip, "sudo ls /var/lib/etcd")).toBe("cluster-id\nmember");
    }
    expect(site.printed.join("\n")).toContain("etcd-host2 cannot be reached");
  });
});

describe.skipIf(!canRun)("two members named as their hosts are", () => {
  const site = new Site();
  let outputs: StackOutputs;

  beforeAll(async () => {
    await site.boot("10.240.0.0/24", [
      { name: "controller-0", ip: "10.240.0.10" },
      { name: "controller-1", ip: "10.240.0.11" },
    ]);
    outputs = await site.up("two-members");
  });
  afterAll(() => site.close());

  it("are a healthy cluster, with a warning of what it costs", async () => {
    expect(await askHealth(outputs)).toMatchObject({ verdict: "all 2 members are healthy" });
    expect(site.printed.join("\n")).toContain("2 members survive the loss of 0");
  });

  it("are listed by the author's own command, under their host names", async () => {
    const command = `sudo ETCDCTL_API=3 etcdctl member list --endpoints=https://127.0.0.1:2379 ${credentials}`;
    const list = (await site.on("10.240.0.10", command)).split("\n");
    for (const [index, ip] of ["10.240.0.10", "10.240.0.11"].entries()) {
      const host = await site.on(ip, "hostname -s");
      expect(host).toBe(`controller-${index}`);
      const entry = `, started, ${host}, https://${ip}:2380, https://${ip}:2379, false`;
      expect(list.some((line) => line.endsWith(entry))).toBe(true);
    }
  });
});

describe.skipIf(!canRun)("the distribution's package on master, node1 and node2", () => {
  const site = new Site();
  const ips = ["10.140.0.2", "10.140.0.3", "10.140.0.4"];
  let outputs: StackOutputs;

  beforeAll(async () => {
    await site.boot(
      "10.140.0.0/24",
      ["master", "node1", "node2"].map((name, index) => ({ name, ip: ips[index]! })),
    );
    outputs = await site.up("distribution-package");
  });
  afterAll(() => site.close());

  it("is a healthy cluster of the distribution's version", async () => {
    const health = await askHealth(outputs);
    expect(health).toMatchObject({ verdict: "all 3 members are healthy" });
    expect(health.members.map((member) => [member.name, member.version])).toEqual([
      ["master", "3.4.23"],
      ["node1", "3.4.23"],
      ["node2", "3.4.23"],
    ]);
  });

  it("is healthy by etcdctl, which has replaced the author's cluster-health", async () => {
    const command = `sudo ETCDCTL_API=3 etcdctl --endpoints=https://${ips[0]}:2379 ${credentials} endpoint health --cluster 2>&1`;
    const lines = (await site.on(ips[0]!, command)).split("\n");
    expect(lines.filter((line) => line.includes("is healthy"))).toHaveLength(3);
  });

  it("never ran as the package would have it: one start, ours, and no leftovers", async () => {
    for (const ip of ips) {
      const starts = await site.on(
        ip,
        "sudo journalctl -u etcd --no-pager -o cat | grep -c 'Starting etcd'",
      );
      expect(starts).toBe("1");
      const named =
        "sudo journalctl -u etcd --no-pager -o cat | grep -c 'etcd - highly-available'; true";
      expect(await site.on(ip, named)).toBe("0");
      expect(await site.on(ip, "sudo ls /var/lib/etcd")).toBe("cluster-id\nmember");
    }
  });

  it("is held, and not even apt-get installing it anew stops or restarts what runs", async () => {
    for (const ip of ips) {
      expect((await site.on(ip, "apt-mark showhold")).split("\n")).toEqual([
        "etcd-client",
        "etcd-server",
      ]);
    }
    const running = () =>
      site.on(ips[1]!, "systemctl show -p MainPID -p ActiveState -p NRestarts etcd");
    const before = await running();
    expect(before).toContain("ActiveState=active");
    // The package's scripts are called as in an upgrade: prerm, and postinst with the version before.
    const reinstall =
      "sudo DEBIAN_FRONTEND=noninteractive apt-get install --yes --reinstall --allow-change-held-packages etcd-server etcd-client";
    const { code, output } = await site.run(ips[1]!, reinstall);
    expect(code, output).toBe(0);
    expect(output).toContain("Setting up etcd-server (3.4.23");
    expect(await running()).toBe(before);
    expect(await askHealth(outputs)).toMatchObject({ healthy: true });
  });

  it("is taken away again by a destroy", async () => {
    await site.destroy();
    expect(await site.on(ips[0]!, "ls /usr/bin/etcd 2>/dev/null; true")).toBe("");
  });
});

describe.skipIf(!canRun)("one machine", () => {
  const site = new Site();
  const ip = "192.168.56.10";
  const password = "correct horse battery staple";

  beforeAll(async () => {
    await site.boot(
      "192.168.56.0/24",
      [{ name: "laptop", ip }],
      `runcmd:
  - [sh, -c, "echo 'ubuntu:${password}' | chpasswd"]
  - [sh, -c, "rm /etc/ssh/sshd_config.d/lab.conf && systemctl reload ssh"]
`,
    );
  });
  afterAll(() => site.close());

  it("has a single member, made with a password instead of a key", async () => {
    const outputs = await site.up("single-member", {}, { sshPassword: password });
    expect(await askHealth(outputs)).toMatchObject({ verdict: "all 1 members are healthy" });
    expect(await site.on(ip, "etcd --version | head -n 1")).toBe("etcd Version: 3.7.3");
    expect(site.printed.join("\n")).not.toContain(password);
    await site.destroy();
    await site.on(ip, "sudo rm -rf /var/lib/etcd");
  });

  it.skipIf(!inject("canRunS3"))(
    "has a single member whose snapshots go to a store like S3, and which begins from one",
    async () => {
      const s3 = await S3Server.start(site.gateway, 8380, () => undefined);
      try {
        await s3.createBucket("backups");
        const allowed = policyFor(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::backups/etcd/*");
        const { accessKeyId, secretAccessKey } = await s3.createUser("etcd", allowed);
        const settings = {
          snapshotBucket: "backups",
          snapshotEndpoint: s3.url,
          snapshotAccessKeyId: accessKeyId,
        };
        const secrets = {
          sshPassword: password,
          snapshotSecretAccessKey: secretAccessKey,
        };
        const etcdctl = "etcdctl --endpoints=http://127.0.0.1:2379";
        const plain = { ...settings, plainLoopback: true };
        const outputs = await site.up("single-member", plain, secrets);
        await site.on(ip, `${etcdctl} put kept safe`);
        const { where } = await takeSnapshot(outputs, () => undefined);
        expect(await s3.listObjects("backups")).toEqual([where.replace("s3://backups/", "")]);
        await site.destroy();
        await site.on(ip, "sudo rm -rf /var/lib/etcd /var/lib/etcd-snapshots");
        await site.up("single-member", { ...plain, restoreFrom: where }, secrets);
        expect(await site.on(ip, `${etcdctl} get kept --print-value-only`)).toBe("safe");
        expect(site.printed.join("\n")).not.toContain(secretAccessKey);
        await site.destroy();
        await site.on(ip, "sudo rm -rf /var/lib/etcd");
      } finally {
        await s3.close();
      }
    },
  );

  it("has a single member, made by way of a bastion: here the machine is its own", async () => {
    const bastion = { host: ip, user: "ubuntu", hostKey: site.hostKey(ip) };
    const outputs = await site.up("single-member", { bastion });
    expect(await askHealth(outputs)).toMatchObject({ verdict: "all 1 members are healthy" });
    const logins = "sudo journalctl -u ssh -o cat --no-pager | grep '^Accepted publickey'";
    expect(await site.on(ip, logins)).toContain(`ubuntu from ${ip} `);
    await site.destroy();
    await site.on(ip, "sudo rm -rf /var/lib/etcd");
  });

  it("has three members on ports of their own, without TLS and with a loud warning", async () => {
    const outputs = await site.up("three-on-one-machine");
    expect(site.printed.join("\n")).toContain("tls is off: everybody who can reach a member");
    expect(await askHealth(outputs)).toMatchObject({ verdict: "all 3 members are healthy" });
    const etcdctl = (port: number, words: string) =>
      site.on(ip, `ETCDCTL_API=3 etcdctl --endpoints=http://localhost:${port} ${words}`);
    expect(await etcdctl(2379, "put mykey 'this is awesome'")).toBe("OK");
    expect(await etcdctl(22379, "get mykey")).toBe("mykey\nthis is awesome");
    const members = (await etcdctl(12379, "member list")).split("\n");
    for (const [name, client, peer] of [
      ["etcd1", 2379, 2380],
      ["etcd2", 12379, 12380],
      ["etcd3", 22379, 22380],
    ]) {
      const entry = `, started, ${name}, http://localhost:${peer}, http://localhost:${client}, false`;
      expect(members.some((line) => line.endsWith(entry))).toBe(true);
    }
    await site.destroy();
    expect(await site.on(ip, "sudo ls /var/lib/etcd /etc/systemd/system | grep etcd")).toBe(
      "/var/lib/etcd:\netcd1\netcd2\netcd3",
    );
  });
});
