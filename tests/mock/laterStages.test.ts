import * as pulumi from "@pulumi/pulumi";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import type { Client } from "../../components/etcd/access";
import { clientFolder, connectionText } from "../../components/etcd/connections";
import { readClients } from "../../components/settings/clients";
import { projectRoot } from "../../lab/paths";
import { type StageName, stages } from "../../lab/stages";

const folder = path.join(projectRoot, "examples", "later-stages");
const names = Object.keys(stages) as StageName[];

/** What the stack of a cluster with these clients has for them. */
function outputsFor(clients: Readonly<Record<string, Client>>) {
  const each = <Value>(of: (client: string) => Value) =>
    Object.fromEntries(Object.keys(clients).map((client) => [client, of(client)]));
  return {
    stack: "acme/etcd/dev",
    caCertPem: "CA\n",
    clients: each((client) => ({
      certPem: `CERTIFICATE of ${client}\n`,
      keyPem: `SECRET key of ${client}\n`,
      password: `SECRET-${client}`,
    })),
    connections: each((client) =>
      connectionText(clients[client]!, {
        endpoints: ["https://10.0.1.10:2379"],
        folder: clientFolder("dev", client),
        username: client,
        password: `SECRET-${client}`,
        isControlled: true,
      }),
    ),
  };
}

interface Command {
  readonly create: string;
  readonly update: string;
  readonly delete: string;
  readonly stdin: string;
}

/** Runs a stage's program against mocks, on two machines: what it asks of each, and its output. */
async function run(name: StageName, cluster: object) {
  vi.resetModules();
  const commands: Record<string, Command> = {};
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name: resource, inputs }) => {
        if (type === "pulumi:pulumi:StackReference") {
          return { id: resource, state: { ...(inputs as object), outputs: cluster } };
        }
        if (type === "pulumi:index:Stash") {
          return { id: resource, state: { output: `SECRET-${resource}` } };
        }
        // A secret comes with a mark, and its value in it.
        const { stdin } = inputs as { stdin: { value: string } };
        commands[resource] = { ...(inputs as Command), stdin: stdin.value };
        return { id: resource, state: { stdout: `{"healthy": true, "on": "${resource}"}\n` } };
      },
      call: () => ({}),
    },
    name,
    "test",
  );
  const { config } = parse(readFileSync(path.join(folder, name, "Pulumi.yaml"), "utf8")) as {
    config: Record<string, { default?: string }>;
  };
  const defaults = Object.entries(config).map(([key, one]) => [key, one.default ?? ""]);
  const settings = {
    ...(Object.fromEntries(defaults) as object),
    cluster: "acme/etcd/dev",
    servers: JSON.stringify(
      ["one", "two"].map((server, index) => ({
        name: server,
        address: `10.0.0.${index}`,
        hostKey: "ssh-ed25519 AAAA",
      })),
    ),
    sshPrivateKey: "SECRET key to the machine",
  };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${name}:${key}`, value])),
  );
  const program = (await import(path.join(folder, name, "index.ts"))) as { health: unknown };
  const health = await new Promise((resolve) =>
    (pulumi.output(program.health) as pulumi.Output<unknown>).apply(resolve),
  );
  return { commands, health };
}

it("the lab has each of examples/later-stages", () => {
  const programs = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(programs.map(({ name }) => name).sort()).toEqual([...names].sort());
});

describe.each(names)("the later stage %s", (name) => {
  const { clients, errors } = readClients(stages[name].clients);
  let asked: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    asked = await run(name, outputsFor(clients));
  });

  it("is clients that the cluster's settings take", () => expect(errors).toEqual([]));

  it("hands keys and passwords to a script on its machines, and nothing of them to a command line", () => {
    const { commands } = asked;
    const machines = Object.values(commands);
    expect(machines).toHaveLength(stages[name].places.length);
    for (const { stdin, ...words } of machines) {
      expect(words.update).toBe(words.create);
      expect([words.create, words.delete].join("\n")).not.toMatch(/SECRET|CERTIFICATE/);
      for (const client of Object.keys(clients)) {
        expect(stdin).toContain(`SECRET key of ${client}\n`);
      }
    }
  });

  it("places each file that its connection names", () => {
    for (const { stdin } of Object.values(asked.commands)) {
      expect(stdin).not.toContain(".etcd/");
      const named = [...stdin.matchAll(/\/etc\/[\w/-]+\.pem/g)].map(([file]) => file);
      const placed = [...stdin.matchAll(/^put (\S+\.pem) <</gm)].map(([, file]) => file!);
      expect(placed).toHaveLength(3 * Object.keys(clients).length);
      expect([...new Set(named.filter((file) => file.includes("/etcd/")))].sort()).toEqual(
        placed.filter((file) => file.includes("/etcd/")).sort(),
      );
    }
  });

  it("sends what bash reads", () => {
    for (const { stdin } of Object.values(asked.commands)) {
      execFileSync("bash", ["-n"], { input: stdin });
    }
  });

  it("tells its health", () => {
    expect(JSON.stringify(asked.health)).toContain(`{"healthy":true,"on":"one"}`);
  });
});

describe("what they share", () => {
  const shared = async () => {
    pulumi.runtime.setAllConfig({ "test:cluster": "acme/etcd/dev", "test:servers": "[]" });
    await pulumi.runtime.setMocks(
      { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
      "test",
    );
    vi.resetModules();
    return import("../../examples/later-stages/stage.js");
  };

  it("says which client the cluster lacks", async () => {
    const { clientIn } = await shared();
    expect(() => clientIn(outputsFor({}), "patroni", "/etc/patroni")).toThrow(
      "acme/etcd/dev has no client patroni: add it to its setting clients",
    );
  });

  it("places a file as it is, whatever is in it", async () => {
    const { placing } = await shared();
    const text = `$HOME \`date\` \\n '"\n\n  EOF\n---`;
    const files = placing({ "/etc/a": text, "/etc/b": "b\n" });
    const script = `put() { echo "$1"; cat; }\n${files}\nplace_files`;
    expect(execFileSync("bash", ["-s"], { input: script, encoding: "utf8" })).toBe(
      `/etc/a\n${text}\n/etc/b\nb\n`,
    );
  });
});
