import { describe, expect, it } from "vitest";
import {
  accessText,
  accessUsers,
  type Client,
  presets,
  rolesOf,
} from "../../../components/etcd/access";
import { accessVersionError } from "../../../components/etcd/advisories";
import { connectionText } from "../../../components/etcd/connections";

const app: Client = {
  preset: "",
  role: "readwrite",
  prefixes: ["/app/"],
  keys: ["lock"],
  password: false,
};

describe("what is asked of etcd for a client", () => {
  const blocks = (client: Client) =>
    accessText(accessUsers({ app: client }, {}))
      .split(/^(?=have )/m)
      .map((block) => block.trimEnd().split("\n"));

  it("is its role with all its rights, its user, and at last that it has the role", () => {
    const role = rolesOf({ app })["app"]!;
    expect(role).toMatch(/^app@[0-9a-f]{8}$/);
    expect(blocks(app).at(-1)).toEqual([
      `have app ${role}`,
      `role add ${role}`,
      `role grant-permission ${role} readwrite /app/ --prefix`,
      `role grant-permission ${role} readwrite lock`,
      "user add app --interactive=false",
      "user passwd app --interactive=false",
      "user revoke-role app root",
      `user grant-role app ${role}`,
    ]);
  });

  it.each<[string, Partial<Client>, string]>([
    ["reads alone", { role: "readonly" }, "read /app/ --prefix"],
    ["has all keys", { prefixes: [""] }, 'readwrite "" --prefix'],
  ])("one that %s", (_, changes, expected) => {
    const lines = blocks({ ...app, keys: [], ...changes }).at(-1)!;
    expect(lines.filter((line) => line.includes("grant-permission"))).toEqual([
      expect.stringMatching(new RegExp(`grant-permission \\S+ ${expected}$`)),
    ]);
  });

  it("is a user without a password for who has all rights anyway, etcd's own root first", () => {
    const all = blocks(app);
    expect(all.map(([first]) => first!.split(" ")[1])).toEqual([
      ...["root", "operator", "client", "app"],
    ]);
    for (const block of all.slice(0, 3)) {
      const name = block[0]!.split(" ")[1];
      expect(block.slice(2)).toEqual([
        "role add root",
        `user add ${name} --no-password`,
        `user grant-role ${name} root`,
        expect.stringMatching(`^user grant-role ${name} ${name}@`),
      ]);
    }
  });

  it("is another role where its rights are others, and the same in another order", () => {
    const roleOf = (changes: Partial<Client>) => rolesOf({ app: { ...app, ...changes } })["app"];
    const own = roleOf({});
    const withPassword = (digest: string) => accessUsers({ app }, { app: digest }).at(-1)!.role;
    expect(withPassword("1")).not.toBe(withPassword("2"));
    const others = [
      ...[roleOf({ role: "readonly" }), roleOf({ prefixes: [] }), roleOf({ keys: ["other"] })],
      ...[roleOf({ password: true }), roleOf({ prefixes: ["lock"], keys: ["/app/"] })],
    ];
    expect(new Set([own, ...others]).size).toBe(6);
    const [one, other] = [{ keys: ["x", "y"] }, { keys: ["y", "x"] }].map(roleOf);
    expect(one).toBe(other);
  });
});

it.each([
  ["3.7.1", true],
  ["3.7.0", false],
  ["3.6.14", true],
  ["3.6.13", false],
  ["3.5.33", true],
  ["3.5.32", false],
  ["3.4.45", false],
  ["3.8.0", true],
])("access is controlled with %s: %s", (version, isFit) => {
  expect(accessVersionError(version) === undefined).toBe(isFit);
});

describe("how a client reads where its cluster is", () => {
  const text = (client: Partial<Client>, isControlled = true) =>
    connectionText(
      { ...app, ...client },
      {
        endpoints: ["https://10.0.1.10:2379", "https://10.0.2.10:2379"],
        folder: ".etcd/dev/app",
        username: "app",
        password: "s3cret",
        isControlled,
      },
    );

  it("is etcdctl's environment where nobody says what it is", () => {
    expect(text({})).toBe(
      [
        "ETCDCTL_ENDPOINTS=https://10.0.1.10:2379,https://10.0.2.10:2379",
        "ETCDCTL_CACERT=.etcd/dev/app/ca.pem",
        "ETCDCTL_CERT=.etcd/dev/app/client.pem",
        "ETCDCTL_KEY=.etcd/dev/app/client-key.pem\n",
      ].join("\n"),
    );
  });

  it.each(Object.keys(presets) as (keyof typeof presets)[])("is %s's own", (preset) => {
    const said = text({ ...presets[preset], preset });
    for (const file of ["ca.pem", "client.pem", "client-key.pem"]) {
      expect(said).toContain(`.etcd/dev/app/${file}`);
    }
    expect(said).toContain("10.0.2.10:2379");
    expect(said.includes("s3cret")).toBe(presets[preset].password);
    expect(said).toMatchSnapshot();
  });

  it("follows its prefix, where its reader can be told of one", () => {
    const at = (preset: keyof typeof presets) =>
      text({ ...presets[preset], preset, prefixes: ["/own/"] });
    expect(at("kubernetes")).toContain("--etcd-prefix=/own\n");
    expect(at("patroni")).toContain("namespace: /own/\n");
    expect(at("apisix")).toContain("    prefix: /own\n");
    expect(at("vault")).toContain('path          = "/own/"\n');
    expect(at("coredns")).toContain("  path /own\n");
    expect(at("traefik")).toContain("    rootKey: /own\n");
  });

  it("tells an API server to compact nothing where it has no right to", () => {
    const compaction = "etcd-compaction-interval=0";
    const kubernetes = { ...presets.kubernetes, preset: "kubernetes" as const };
    expect(text(kubernetes)).toContain(`--${compaction}\n`);
    expect(text(kubernetes, false)).not.toContain(compaction);
    expect(text({ ...presets.k3s, preset: "k3s" })).toContain(`--kube-apiserver-arg=${compaction}`);
  });

  it("has a password only where it is to have one", () => {
    expect(text({ preset: "patroni", password: true })).toContain("  password: s3cret\n");
    expect(text({ preset: "patroni" })).not.toMatch(/username|password|s3cret/);
  });
});
