import * as pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings";
import { beforeEach, describe, expect, it } from "vitest";
import { filesIn } from "../filesIn";
import { EtcdCluster } from "../../components/etcdCluster";
import type { EtcdMachine } from "../../components/etcdClusterArgs";
import { healthReport } from "../healthReport";
import { readable } from "./program";

// What its type declarations leave out.
const { getMonitor, waitForRPCs } = settings as unknown as {
  getMonitor: () => any;
  waitForRPCs: () => Promise<void>;
};

/** What was registered: resources by type and name, and hooks by name. */
let resources: string[];
let hooks: string[];
let inputs: Record<string, any>;

const sshKey = "-----BEGIN OPENSSH PRIVATE KEY-----";
const ssh = { user: "ubuntu", privateKey: pulumi.secret(sshKey) };
const machinesAt = (network: number): EtcdMachine[] =>
  [0, 1, 2].map((index) => ({
    name: `node-${index}`,
    address: pulumi.output(`10.0.${network}.${10 + index}`),
    hostKey: pulumi.output("ssh-ed25519 AAAA"),
    id: pulumi.output(`server-${network}-${index}`),
  }));

async function start(preview: boolean): Promise<void> {
  [resources, hooks, inputs] = [[], [], {}];
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, inputs: given, custom }) => {
        resources.push(`${type}::${name}`);
        inputs[`${type}::${name}`] = given;
        const state = { ...given, ...stateOf(type, name, given, await readable) };
        return { id: custom ? `${name}-id` : undefined, state };
      },
      call: ({ inputs: asked }) => ({ name: asked["stackName"], outputs: {} }),
    },
    "shop",
    "test",
    preview,
    "organization",
  );
  const monitor = getMonitor();
  const accept = (request: any, callback: (error: null, answer: object) => void) => {
    hooks.push(request.getName());
    callback(null, {});
  };
  monitor.registerResourceHook = accept;
  monitor.registerErrorHook = accept;
}

function stateOf(
  type: string,
  name: string,
  given: Record<string, any>,
  { certPem, keyPem }: { certPem: string; keyPem: string },
) {
  const endpoints = /endpoints=(\S+)/.exec(String(given["create"]))?.[1];
  if (name.endsWith("-health") && endpoints !== undefined) {
    const members = endpoints.split(",").map((clientUrl, index) => ({
      name: `node-${index}`,
      clientUrl,
      peerUrl: clientUrl.replace(/79$/, "80"),
    }));
    return { stdout: healthReport(members) };
  }
  return {
    "command:remote:Command": { stdout: `did ${name}` },
    "tls:index/selfSignedCert:SelfSignedCert": { certPem, validityEndTime: "2036" },
    "tls:index/locallySignedCert:LocallySignedCert": { certPem: "C", validityEndTime: "2027" },
    "tls:index/privateKey:PrivateKey": { privateKeyPem: keyPem },
    "pulumi:index:Stash": { output: given["input"] },
  }[type];
}

const valueOf = <Value>(output: pulumi.Output<Value>) =>
  new Promise<Value>((resolve) => output.apply(resolve));

describe("two clusters in one program", () => {
  beforeEach(() => start(false));

  it("share no name, neither of a resource nor of a hook", async () => {
    const orders = new EtcdCluster("orders", { machines: machinesAt(1), ssh });
    const billing = new EtcdCluster("billing", { machines: machinesAt(2), ssh });
    expect(await valueOf(orders.endpoints)).toEqual(
      [10, 11, 12].map((host) => `https://10.0.1.${host}:2379`),
    );
    expect((await valueOf(billing.members)).map(({ privateIp }) => privateIp)).toEqual(
      [10, 11, 12].map((host) => `10.0.2.${host}`),
    );
    expect(await valueOf(billing.clusterName)).toBe("billing");
    await waitForRPCs();
    expect(new Set(resources).size).toBe(resources.length);
    expect(new Set(hooks).size).toBe(hooks.length);
    const of = (all: string[], name: string) =>
      all.filter((one) => one.split("::").at(-1)!.match(`^${name}(-|$)`));
    expect(of(resources, "orders").length + of(resources, "billing").length).toBe(resources.length);
    expect(of(hooks, "orders").length).toBe(of(hooks, "billing").length);
    expect(of(hooks, "orders").length).toBeGreaterThan(5);
  });

  it("have URNs that a rename would change: these, for a cluster of three", async () => {
    const cluster = new EtcdCluster("orders", { machines: machinesAt(1), ssh });
    await valueOf(cluster.health);
    await waitForRPCs();
    const each = (...names: string[]) =>
      [0, 1, 2].flatMap((index) => names.map((name) => name.replace("*", `orders-node-${index}`)));
    const key = "tls:index/privateKey:PrivateKey::";
    const certificate = (name: string) => [
      `etcd:pki:Certificate::${name}`,
      `${key}${name}`,
      `tls:index/certRequest:CertRequest::${name}`,
      `tls:index/locallySignedCert:LocallySignedCert::${name}`,
    ];
    const authority = (name: string) => [
      `etcd:pki:Authority::${name}`,
      `${key}${name}`,
      `tls:index/selfSignedCert:SelfSignedCert::${name}`,
    ];
    expect([...resources].sort()).toEqual(
      [
        "etcd:index:EtcdCluster::orders",
        "etcd:index:Admission::orders",
        "etcd:index:Members::orders",
        "etcd:existing:Machines::orders",
        ...["cluster-id", "change", "record"].map((name) => `pulumi:index:Stash::orders-${name}`),
        "command:local:Command::orders-preflight",
        ...each("command:local:Command::*-removal"),
        ...each("command:remote:Command::*-stage", "command:remote:Command::*"),
        "command:remote:Command::orders-health",
        ...["orders-ca", "orders-peer-ca"].flatMap(authority),
        ...["orders-client", "orders-operator", ...each("*-server", "*-peer")].flatMap(certificate),
      ].sort(),
    );
  });

  it("keep their keys out of the component's own inputs", async () => {
    const secretAccessKey = pulumi.secret("s3cret-of-the-store");
    const snapshots = { bucket: "backups", region: "eu-central-1", accessKeyId: "ID" };
    const cluster = new EtcdCluster("orders", {
      machines: machinesAt(1),
      ssh,
      snapshots: { ...snapshots, secretAccessKey },
    });
    await valueOf(cluster.health);
    await waitForRPCs();
    const shown = JSON.stringify(inputs["etcd:index:EtcdCluster::orders"]);
    expect(shown).toContain("eu-central-1");
    expect(shown).not.toContain("s3cret-of-the-store");
    expect(shown).not.toContain(sshKey);
    const { stdin } = inputs["command:remote:Command::orders-node-0"];
    expect(filesIn(stdin.value)["snapshot-credentials"]).toBe("ID:s3cret-of-the-store\n");
  });
});

describe("a cluster", () => {
  beforeEach(() => start(false));

  it("goes by a bastion that takes no key without one, and not with an empty one", async () => {
    const bastion = { host: "198.51.100.1", user: "jump", port: 22, hostKey: "ssh-ed25519 BBBB" };
    const cluster = new EtcdCluster("orders", {
      machines: machinesAt(1),
      ssh: { user: "root", password: pulumi.secret("word"), bastion },
    });
    await valueOf(cluster.health);
    await waitForRPCs();
    const { connection } = inputs["command:remote:Command::orders-node-0"];
    const { proxy } = connection.value ?? connection;
    expect(proxy).toMatchObject(bastion);
    expect(proxy).not.toHaveProperty("privateKey");
  });

  it("has no aliases: what was done to it is found by its name", () => {
    expect(
      () => new EtcdCluster("b", { machines: machinesAt(1), ssh }, { aliases: [{ name: "a" }] }),
    ).toThrow(/EtcdCluster b: .* cannot have aliases/);
  });
});

describe("a preview", () => {
  beforeEach(() => start(true));

  it("shows every resource, though no machine has an address yet", async () => {
    const unknown = () =>
      new (pulumi.Output as unknown as new (...args: unknown[]) => pulumi.Output<string>)(
        new Set(),
        Promise.resolve(undefined),
        Promise.resolve(false),
        Promise.resolve(false),
        Promise.resolve(new Set()),
      );
    const machines = machinesAt(1).map((machine) => ({ ...machine, address: unknown() }));
    new EtcdCluster("orders", { machines, ssh });
    await waitForRPCs();
    const unseen = [...resources].sort();
    await start(true);
    new EtcdCluster("orders", { machines: machinesAt(1), ssh });
    await waitForRPCs();
    expect(unseen).toEqual([...resources].sort());
    expect(unseen.length).toBeGreaterThan(40);
  });
});
