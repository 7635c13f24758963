import { describe, expect, it } from "vitest";
import {
  nameIn,
  stackOutputs,
  stateResources,
  strangeClustersIn,
  withConnections,
} from "../../../operator/stack";

/** As `pulumi stack export --show-secrets` writes a secret. */
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

const outputs = {
  clusterId: "0123456789abcdef0123456789abcdef",
  clusterName: "orders",
  stack: "acme/etcd/prod",
  endpoints: ["https://10.0.1.10:2379"],
  members: [{ name: "controller-0", privateIp: "10.0.1.10", clientUrl: "https://10.0.1.10:2379" }],
  clientKeyPem: secret("a key\nof two lines"),
};

const stash = (name: string, input: unknown) => ({
  urn: `urn:pulumi:prod::etcd::etcd:index:EtcdCluster$etcd:index:Admission$pulumi:index:Stash::orders-${name}`,
  type: "pulumi:index:Stash",
  inputs: { input },
  outputs: { input, output: "the first one for ever" },
});

const command = (name: string, connection: unknown, more: object = {}) => ({
  urn: `urn:pulumi:prod::etcd::etcd:index:EtcdCluster$etcd:index:Members$command:remote:Command::orders-${name}`,
  type: "command:remote:Command",
  inputs: { connection, stdin: secret("others") },
  ...more,
});

const cluster = (name: string, itsOutputs?: unknown) => ({
  urn: `urn:pulumi:prod::etcd::etcd:index:EtcdCluster::${name}`,
  type: "etcd:index:EtcdCluster",
  outputs: itsOutputs,
});

const exported = (resources: unknown[], itsOutputs: unknown = outputs) =>
  JSON.stringify({
    version: 3,
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:prod::etcd::pulumi:pulumi:Stack::etcd-prod",
          type: "pulumi:pulumi:Stack",
          outputs: itsOutputs,
        },
        cluster("orders", itsOutputs),
        ...resources,
      ],
    },
  });

const login = { host: "203.0.113.10", port: 2222, user: "ubuntu", privateKey: secret("the key") };

describe("a stack's state", () => {
  it("gives the outputs, secrets in plain text wherever they are", () => {
    const done = secret({ update: "1", machines: [{ host: "10.0.1.10" }] });
    const found = stackOutputs(exported([command("controller-0", login), stash("record", done)]));
    expect(found).toMatchObject({
      clusterId: outputs.clusterId,
      stack: "acme/etcd/prod",
      clientKeyPem: "a key\nof two lines",
      record: { update: "1", machines: [{ host: "10.0.1.10" }] },
    });
  });

  it("has no record until an update has succeeded", () => {
    const member = command("controller-0", login);
    expect(stackOutputs(exported([member])).record).toBeUndefined();
    expect(stackOutputs(exported([member, stash("record", null)])).record).toBeUndefined();
  });

  it("gives each member the way to its machine, from its own resource", () => {
    const proxy = { host: "198.51.100.1", privateKey: secret("its key"), hostKey: "ssh-ed25519 B" };
    const { members } = stackOutputs(
      exported([
        command("controller-0-stage", { host: "another" }),
        command("controller-0", { ...login, hostKey: "ssh-ed25519 A", proxy }),
      ]),
    );
    expect(members).toEqual([
      {
        ...outputs.members[0],
        target: {
          host: "203.0.113.10",
          port: 2222,
          user: "ubuntu",
          privateKey: "the key",
          password: undefined,
          hostKey: "ssh-ed25519 A",
          proxy: {
            host: "198.51.100.1",
            port: 22,
            user: "root",
            privateKey: "its key",
            password: undefined,
            hostKey: "ssh-ed25519 B",
            proxy: undefined,
          },
        },
      },
    ]);
  });

  it("also knows the host key that an interrupted replacement has made", () => {
    const made = (name: string, publicKeyOpenssh: string) => ({
      urn: `urn:pulumi:prod::etcd::etcd:index:EtcdCluster$tls:index/privateKey:PrivateKey::orders-${name}`,
      type: "tls:index/privateKey:PrivateKey",
      outputs: { publicKeyOpenssh },
    });
    const hostKeyWith = (key: string, connection = { ...login, hostKey: "ssh-ed25519 A" }) =>
      stackOutputs(
        exported([
          command("controller-0", connection),
          made("controller-0-host", key),
          made("controller-0-server", "ssh-ed25519 C\n"),
        ]),
      ).members[0]!.target.hostKey;
    expect(hostKeyWith("ssh-ed25519 B\n")).toBe("ssh-ed25519 A\nssh-ed25519 B");
    expect(hostKeyWith("ssh-ed25519 A\n")).toBe("ssh-ed25519 A");
    // Nobody has said that it is to be verified.
    expect(hostKeyWith("ssh-ed25519 B\n", { ...login, hostKey: "" })).toBeUndefined();
  });

  it("is one secret where the whole connection is", () => {
    const whole = secret({ host: "10.0.1.10", password: "hunter2", privateKey: "" });
    const [member] = stackOutputs(exported([command("controller-0", whole)])).members;
    expect(member!.target).toMatchObject({ host: "10.0.1.10", password: "hunter2" });
    expect(member!.target.privateKey).toBeUndefined();
  });

  it("may have several clusters of another program: each by the name of its component", () => {
    const billing = {
      ...outputs,
      clusterName: "bills",
      members: [{ ...outputs.members[0]!, name: "node-0" }],
    };
    const its = {
      ...command("node-0", { host: "203.0.113.20" }),
      urn: "urn:pulumi:prod::etcd::etcd:index:EtcdCluster$etcd:index:Members$command:remote:Command::billing-node-0",
    };
    const state = exported(
      [
        command("controller-0", login),
        cluster("billing", billing),
        its,
        stash("record", { update: "of orders" }),
      ],
      { what: "its own program gives" },
    );
    const found = stackOutputs(state, "billing");
    expect(found).toMatchObject({
      clusterName: "bills",
      clientKeyPem: "a key\nof two lines",
      members: [{ name: "node-0", target: { host: "203.0.113.20" } }],
    });
    expect(found.record).toBeUndefined();
    expect(strangeClustersIn(state, "etcd")).toEqual(["billing", "orders"]);
  });

  it("does not take a machine that is only still to be deleted for the member's", () => {
    const old = command("controller-0", { host: "192.0.2.1" }, { delete: true });
    const [member] = stackOutputs(exported([command("controller-0", login), old])).members;
    expect(member!.target.host).toBe("203.0.113.10");
    expect(stateResources(exported([old]))).toHaveLength(2);
  });

  it("says what is missing", () => {
    expect(() => stackOutputs(exported([command("controller-1", login)]))).toThrow(
      "does not say how orders-controller-0 is reached: expected a command:remote:Command of that name",
    );
    expect(() => stackOutputs(exported([cluster("billing")]))).toThrow(
      "the stack has 2 clusters (billing, orders): say which, by --cluster NAME",
    );
    expect(() => stackOutputs(exported([cluster("billing")]), "bills")).toThrow(
      "the stack has no cluster bills: it has billing, orders",
    );
    expect(() => stackOutputs(exported([], {}))).toThrow("no cluster yet: run pulumi up first");
    expect(() => stackOutputs('{"version":3,"deployment":{}}')).toThrow("no cluster yet");
    expect(() => withConnections({ members: [] }, "orders", {})).toThrow("have no clusterId");
  });

  it("is not this program's where another one calls its cluster the same", () => {
    const state = (project: string, name: string) => {
      const urn = `urn:pulumi:prod::${project}::etcd:index:EtcdCluster::${name}`;
      const resources = [{ urn, type: "etcd:index:EtcdCluster" }];
      return JSON.stringify({ version: 3, deployment: { resources } });
    };
    expect(strangeClustersIn(state("etcd", "etcd"), "etcd")).toEqual([]);
    expect(strangeClustersIn(state("shop", "etcd"), "etcd")).toEqual(["etcd"]);
    expect(strangeClustersIn(state("etcd", "orders"), "etcd")).toEqual(["orders"]);
    expect(strangeClustersIn(state("other", "etcd"), "other")).toEqual([]);
  });

  it("does not take another cluster's members for those of one that has none yet", () => {
    const without = [command("controller-0", login), cluster("billing")];
    expect(() => stackOutputs(exported(without), "billing")).toThrow("no cluster yet");
  });

  it("has names with what others end with", () => {
    expect(nameIn("urn:pulumi:s::p::a:b:C$d:e:F::one::two")).toBe("one::two");
  });
});
