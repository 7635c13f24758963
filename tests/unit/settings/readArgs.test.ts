import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import * as ts from "typescript";
import { describe, expect, it } from "vitest";
import type { EtcdClusterArgs } from "../../../components/etcdClusterArgs";
import { argsOf } from "../../../components/settings/argsOf";
import { defaults } from "../../../components/settings/places";
import { allSettings, readArgs } from "../../../components/settings/readArgs";
import { readSettings } from "../../../components/settings/settings";
import { projectRoot } from "../../../lab/paths";
import { rawSettings } from "../../settings";

const address = (index: number) => `10.64.3.${7 + index}`;
const machines = [0, 1, 2].map((index) => ({
  name: `node-${index}`,
  address: address(index),
  hostKey: "ssh-ed25519 AAAA",
}));
const ssh = { user: "ubuntu", privateKey: pulumi.secret("the key") };

const minus = { name: "one", privateIp: "10.0.1.10", replacements: -1 };
const two = [minus, { ...minus, name: "two" }].map((one) => ({ ...one, replacements: 0 }));

const later = (value: unknown): never => pulumi.output(value);

/** Why args are refused; "" where they are not. */
function refusal(changes: Partial<EtcdClusterArgs>): string {
  try {
    readArgs("orders", { machines, ssh, ...changes });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("the args of an EtcdCluster", () => {
  it.each<[string, unknown, string]>([
    [
      "null, which would take its user away",
      { app: null },
      "clients.app is nothing, expected an obj",
    ],
    [
      "known later",
      later({ app: { preset: "vault" } }),
      "clients is an output, expected an object",
    ],
    ["known later for a part", { app: later({}) }, "clients.app is an output, expected an object"],
    ["of a field known later", { app: { role: later("root") } }, "has a role that is not a text"],
  ])("refuse clients that are %s", (_, clients, expected) => {
    expect(refusal({ clients: clients as EtcdClusterArgs["clients"] & object })).toContain(
      expected,
    );
  });

  const inPulumiYaml = readSettings({ values: rawSettings(), secrets: [] });

  it("have the defaults of Pulumi.yaml, and the component's name", () => {
    const settings = allSettings("orders", { machines });
    expect(settings).toEqual({
      ...pick(inPulumiYaml, settings),
      clusterName: "orders",
      sshCidrs: [],
    });
  });

  it("say each default as it is", () => {
    const said = saidDefaults("EtcdClusterArgs").filter(([place]) => defaults.has(place));
    const real = said.map(([place]) => [place, JSON.stringify(defaults.get(place))]);
    // Some are said in words.
    const texts = said.map(([place, text], index) =>
      /^[a-z]+ /i.test(text) ? real[index]! : [place, text.replaceAll(", ", ",")],
    );
    expect(texts).toEqual(real);
    expect(said.length).toBeGreaterThan(35);
  });

  it("are the settings in other places: none is lost on the way", () => {
    const some = readSettings({
      values: rawSettings({
        clusterName: "billing",
        version: "3.6.16",
        quotaGiB: 4,
        extraFlags: { "log-level": "debug" },
        certificateAuthorities: [1, 2],
        snapshotBucket: "backups",
        snapshotAccessKeyId: "ID",
        snapshotSecretAccessKey: "s3cret",
        deleteData: true,
        tls: "off",
        publicAddresses: false,
        instanceType: "t4g.large",
        controllers: [{ name: "one", privateIp: "10.0.1.77" }],
        replacements: { one: 2 },
        dataReplacements: { one: 1 },
        bastion: { host: "198.51.100.1", user: "jump", hostKey: "ssh-ed25519 AAAA" },
      }),
      secrets: ["snapshotSecretAccessKey"],
    });
    const there = allSettings("orders", argsOf(some));
    expect(there).toEqual(pick(some, there));
  });

  it("of machines that exist say nothing of EC2", () => {
    const some = readSettings({
      values: rawSettings({
        machines: [{ name: "one", address: "10.64.3.7", user: "root" }],
        replacements: { one: 2 },
        sshPassword: "word",
        verifyHostKeys: false,
      }),
      secrets: ["sshPassword"],
    });
    const args = argsOf(some);
    expect(args).not.toHaveProperty("controllers");
    expect(args.machines).toMatchObject([{ name: "one", replacements: 2, dataReplacements: 0 }]);
    expect(readArgs("orders", args).shown).not.toHaveProperty("controllers");
  });

  it("take addresses and keys that are not known yet", () => {
    const later = machines.map((machine) => ({
      ...machine,
      address: pulumi.output(machine.address),
      hostKey: pulumi.output(machine.hostKey),
    }));
    expect(refusal({ machines: later })).toBe("");
    expect(refusal({ snapshots: { accessKeyId: "ID", secretAccessKey: pulumi.secret("x") } })).toBe(
      "",
    );
  });

  it("are refused with all that is wrong, by its place", () => {
    const [one] = machines;
    const text = refusal({
      version: "3.99.0",
      machines: [one!, { ...one!, address: "elsewhere", hostKey: "" }],
      ssh: { user: "" },
      options: { quotaGiB: 9, extraFlags: { nonsense: "1" } },
      tls: { caLifetimeDays: 10, certificateAuthorities: [] },
      snapshots: { directory: "relative" },
      release: { url: "ftp://mirror" },
    });
    expect(text).toMatch(/^EtcdCluster orders: \d+ inputs are not right; nothing was changed:\n/);
    for (const line of [
      "version is ",
      "release.url is ",
      "options.quotaGiB is 9, expected a whole number from 1 to 8",
      "options.extraFlags.nonsense ",
      "tls.caLifetimeDays is 10",
      "tls.certificateAuthorities is []",
      "snapshots.directory is ",
      "machines names 2 members",
      "machines[0] has no user",
      "machines[1] is called node-0, as another one is",
      'machines[1] has the address "elsewhere"',
      "machines[1].hostKey is not set",
      "ssh has neither a privateKey nor a password",
    ]) {
      expect(text).toContain(`\n  ${line}`);
    }
  });

  it.each<[string, Partial<EtcdClusterArgs>]>([
    ["machines names nobody", { machines: [] }],
    ["machines names nobody", { machines: undefined }],
    ["machines[0].replacements is NaN", { machines: [{ ...machines[0]!, replacements: NaN }] }],
    [
      "machines[0].dataReplacements is -1",
      { machines: [{ ...machines[0]!, dataReplacements: -1 }] },
    ],
    ["machines[0].host is empty", { machines: [{ ...machines[0]!, host: "" }] }],
    [
      'machines[0] has the hostKey "garbage"',
      { machines: [{ ...machines[0]!, hostKey: "garbage" }] },
    ],
    ['release.install is "relase"', { release: { install: "relase" } }],
    ["tls.certificateAuthorities is [1.5]", { tls: { certificateAuthorities: [1.5] } }],
    ["ssh.privateKey cannot be read", { ssh: { user: "root", privateKey: "garbage" } }],
    [
      'ssh.bastion has the port "0"',
      { ssh: { ...ssh, bastion: { host: "b", user: "b", port: 0, hostKey: "ssh-ed25519 AAAA" } } },
    ],
    [
      'ssh.bastion has the hostKey "undefined"',
      { ssh: { ...ssh, bastion: { host: "b", user: "b", port: 22, hostKey: undefined as never } } },
    ],
    ["machines names 2 members", { machines: machines.slice(1) }],
    ["machines are given, and controllers too", { controllers: {} }],
    ["version is 3, expected a text", { version: 3 as never }],
    ["ssh is a text, expected an object", { ssh: "the key" as never }],
    ["ssh.verifyHostKeys is a number", { ssh: { ...ssh, verifyHostKeys: 0 as never } }],
    ["ssh.verifyHostKeys is an output", { ssh: { ...ssh, verifyHostKeys: later(false) } }],
    ["tls.enabled is a text, expected a boolean", { tls: { enabled: "" as never } }],
    [
      'machines[0] has a name that is "undefined"',
      { machines: [{ ...machines[0]!, name: undefined! }] },
    ],
    ["machines[0] has no user", { ssh: { ...ssh, user: null as never } }],
    ["tls.serverNames[0] is 5, expected a text", { tls: { serverNames: [5 as never] } }],
    ["options.extraFlags.a is true", { options: { extraFlags: { a: true as never } } }],
    ["release.url is 3, expected a text", { release: { url: 3 as never } }],
    ["tls is a boolean, expected an object", { tls: true as never }],
    ["machines[1] is nothing, expected an object", { machines: [machines[0]!, null as never] }],
    ["machines is an output, expected a list", { machines: pulumi.output(machines) as never }],
    ["options.extraFlags is a list, expected an object", { options: { extraFlags: [] as never } }],
    [
      "version is known later only, which addresses, hosts, host keys, ids and secrets may be, expected a text",
      { version: pulumi.output("3.6.16") as never },
    ],
  ])("are refused: %s", (text, changes) => expect(refusal(changes)).toContain(`\n  ${text}`));

  it.each<[string, Partial<EtcdClusterArgs>]>([
    ["controllers.sshCidrs is empty", { controllers: {} }],
    [
      "controllers.members is an object, expected a list",
      { controllers: { members: {} as never } },
    ],
    ["controllers.members names 2 members", { controllers: { members: two } }],
    ["controllers.members[0].replacements is -1", { controllers: { members: [minus] } }],
    ["controllers.instanceType is ", { controllers: { instanceType: "m1.small" } }],
    ["controllers.dataVolumeGiB is 5", { controllers: { dataVolumeGiB: 5 } }],
    ["ssh.password is set, and EC2", { controllers: {}, ssh: { password: pulumi.secret("x") } }],
    ["controllers.sshCidrs[0] is known later", { controllers: { sshCidrs: [later("::")] } }],
    ["controllers.subnetCidrs[0] is 1", { controllers: { subnetCidrs: [1 as never] } }],
    ["ssh.bastion is not set", { controllers: { publicAddresses: false } }],
  ])("of controllers are refused: %s", (text, changes) => {
    expect(refusal({ machines: undefined, ssh: {}, ...changes })).toContain(`\n  ${text}`);
  });

  describe("that are known later", () => {
    const first = (changes: object, more: Partial<EtcdClusterArgs> = {}) => {
      const args = { machines: [{ ...machines[0]!, host: "10.1.2.3", ...changes }], ssh, ...more };
      return readArgs("orders", args).maker;
    };
    const address = (changes: object, more?: Partial<EtcdClusterArgs>) =>
      pulumi.output(first(changes, more).requests[0]!.address);

    it("are no secrets, though they come as one: they are compared, and shown when refused", async () => {
      const known = address({ address: pulumi.secret("10.64.3.7") });
      expect(await pulumi.isSecret(known)).toBe(false);
      expect(await valueOf(known)).toBe("10.64.3.7");
    });

    it.each<[string, object, Partial<EtcdClusterArgs>]>([
      [
        "has the public address 8.8.8.8, and tls is off",
        { address: pulumi.output("8.8.8.8") },
        { tls: { enabled: false } },
      ],
      ['has the address "elsewhere", expected', { address: pulumi.output("elsewhere") }, {}],
      ["has no address", { address: pulumi.output(undefined) }, {}],
    ])("are refused when they are: %s", async (text, changes, more) => {
      await expect(valueOf(address(changes, more))).rejects.toThrow(text);
    });
  });

  it("never show a secret in what is refused", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{8,40}$/), (secret) => {
        for (const ssh of [secret, [{ privateKey: secret }]] as never[]) {
          const wrongKind = refusal({ ssh, snapshots: [{ secretAccessKey: secret }] as never });
          expect(wrongKind).toMatch(/ssh is a (text|list), expected an object/);
          expect(wrongKind.includes(secret)).toBe(false);
        }
        const text = refusal({
          version: "0.0.0",
          ssh: { user: "", privateKey: secret, password: secret },
          snapshots: { accessKeyId: "", secretAccessKey: secret },
        });
        expect(text).not.toBe("");
        expect(text.includes(secret)).toBe(false);
      }),
    );
  });
});

/** An output's value, or why it has none. */
async function valueOf<Value>(output: pulumi.Output<Value>): Promise<Value> {
  const all = output as unknown as { promise(): Promise<Value> } & Record<string, unknown>;
  const [value] = await Promise.allSettled([all.promise(), all["isKnown"], all["isSecret"]]);
  if (value.status === "rejected") {
    throw value.reason;
  }
  return value.value;
}

const declarations = ts.createSourceFile(
  "etcdClusterArgs.ts",
  readFileSync(path.join(projectRoot, "components", "etcdClusterArgs.ts"), "utf8"),
  ts.ScriptTarget.Latest,
  true,
);

/** What the comment of each field says that it is where nobody says, by its place. */
function saidDefaults(name: string, before = ""): [place: string, text: string][] {
  const found = declarations.statements.find(
    (one): one is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(one) && one.name.text === name,
  );
  return (found?.members ?? declarations.statements).flatMap((field) => {
    if (!ts.isPropertySignature(field)) {
      return [];
    }
    const place = before + field.name.getText();
    const tag = ts.getJSDocTags(field).find(({ tagName }) => tagName.text === "default");
    return [
      ...(tag === undefined ? [] : [[place, String(tag.comment)] as [string, string]]),
      ...saidDefaults(field.type!.getText(), `${place}.`),
    ];
  });
}

function pick<All extends object>(all: All, like: object): Partial<All> {
  return Object.fromEntries(
    Object.keys(like).map((key) => [key, all[key as keyof All]]),
  ) as Partial<All>;
}
