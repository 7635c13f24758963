import { describe, expect, it } from "vitest";
import { readSettings } from "../../../components/settings/settings";
import { errorsIn, rawSettings, warningsOf } from "../../settings";

const settingsWith = (changes: Record<string, unknown>) =>
  readSettings({ values: rawSettings(changes), secrets: [] });
const clientsOf = (clients: unknown) => settingsWith({ clients }).clients;

describe("a client", () => {
  it("has what its preset says, and before that what it says itself", () => {
    expect(
      clientsOf({
        api: { preset: "kubernetes" },
        db: { preset: "patroni", prefixes: ["/db/"] },
        backup: { role: "readonly", prefixes: [""] },
        admin: { role: "root" },
        control: { preset: "kubernetes", role: "root" },
        dns: { preset: "coredns", keys: ["/skydns/local"] },
      }),
    ).toEqual({
      api: {
        ...{ preset: "kubernetes", role: "readwrite", password: false },
        ...{ prefixes: ["/registry/"], keys: ["compact_rev_key"] },
      },
      db: {
        ...{ preset: "patroni", role: "readwrite", prefixes: ["/db/"], keys: [], password: true },
      },
      backup: { preset: "", role: "readonly", prefixes: [""], keys: [], password: false },
      admin: { preset: "", role: "root", prefixes: [], keys: [], password: false },
      control: { preset: "kubernetes", role: "root", prefixes: [], keys: [], password: false },
      dns: {
        ...{ preset: "coredns", role: "readonly", prefixes: ["/skydns/"], keys: ["/skydns/local"] },
        password: false,
      },
    });
  });

  it.each<[string, unknown, RegExp]>([
    ["a list", ["patroni"], /^clients is not an object of clients by their names$/],
    ["a text", { app: "patroni" }, /^clients\.app is not an object, such as \{ preset: kube/],
    ["another's name", { operator: { role: "root" } }, /^clients\.operator is the name of a user/],
    ["a name that is no label", { My_App: { role: "root" } }, /^clients\.My_App is "My_App", exp/],
    ["nothing", { app: {} }, /^clients\.app has neither a preset \(kubernetes, .* nor a role/],
    ["an unknown field", { app: { role: "root", prefix: "/" } }, /has "prefix".* Did you mean pre/],
    ["an unknown preset", { app: { preset: "etcd" } }, /has the preset "etcd", expected kubern/],
    ["an unknown role", { app: { role: "admin" } }, /has the role "admin", expected root, readw/],
    ["prefixes as a text", { app: { role: "readonly", prefixes: "/" } }, /not a list of texts$/],
    ["a list of numbers", { app: { role: "readonly", keys: [1] } }, /keys that is not a list/],
    ["a password", { app: { role: "root", password: "x" } }, /password that is not true or false$/],
    ["no keys", { app: { role: "readonly" } }, /^clients\.app may do nothing: say on which/],
    ["root and keys", { app: { role: "root", keys: ["a"] } }, /root, .* take out one of them$/],
    ["elsewhere", { app: { preset: "k3s", prefixes: ["/x/"] } }, /other prefixes than k3s uses/],
    ["a blank in a key", { app: { role: "readonly", keys: ["a b"] } }, /has the key "a b", exp/],
    ["a flag as a key", { app: { role: "readonly", keys: ["--x"] } }, /has the key "--x", expect/],
    ["an empty key", { app: { role: "readonly", keys: [""] } }, /has the key "", expected/],
  ])("is not %s", (_, clients, expected) => {
    expect(errorsIn({ clients })).toEqual([expect.stringMatching(expected)]);
  });
});

describe("access control", () => {
  const clients = { app: { role: "readonly", prefixes: ["/"] } };

  it("is not for releases that leak, and not without TLS", () => {
    expect(errorsIn({ accessControl: true, version: "3.6.13" })).toEqual([
      expect.stringMatching(/^accessControl is true, and version is 3\.6\.13, where a watch/),
    ]);
    const without = { tls: "off", publicAddresses: false, clients, accessControl: true };
    expect(errorsIn(without)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^accessControl is true, and tls is off/),
        expect.stringMatching(/^clients are given, and tls is off/),
      ]),
    );
  });

  it("leaves nobody who would compact", () => {
    expect(errorsIn({ accessControl: true, compactionRetention: "0" })).toEqual([
      expect.stringMatching(/^accessControl is true, and compactionRetention is "0": where/),
    ]);
  });

  it("is missed where clients have roles and nobody asks for them", () => {
    const missed = (changes: object) =>
      warningsOf(settingsWith({ clients, ...changes })).some((text) =>
        text.startsWith("accessControl is false: each of the clients reads and writes everything"),
      );
    expect([missed({}), missed({ accessControl: true })]).toEqual([true, false]);
  });

  it("leaves nobody in who comes without a certificate, and says so", () => {
    expect(warningsOf(settingsWith({ accessControl: true, plainLoopback: true }))).toContainEqual(
      expect.stringMatching(/^plainLoopback is true, and so is accessControl/),
    );
  });
});
