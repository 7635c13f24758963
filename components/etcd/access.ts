import { createHash } from "node:crypto";

/** What a client of the cluster may do. */
export interface ClientRights {
  /** `root` may do everything, rights of others included. */
  readonly role: "root" | "readwrite" | "readonly";
  /** Beginnings of keys. "" is all of them. */
  readonly prefixes: readonly string[];
  /** Whole keys. */
  readonly keys: readonly string[];
  /** Whether it is known by a password and not by its certificate: who comes by etcd's JSON gateway cannot be. */
  readonly password: boolean;
}

/** A client of the cluster. */
export interface Client extends ClientRights {
  /** What kind of client it is, which tells how its connection is written; "" for none of the known ones. */
  readonly preset: Preset | "";
}

/** The kinds of client whose rights are known. */
export const presets = {
  // Kubernetes' storage has a key of its own beside its prefix (apiserver/pkg/storage/etcd3/compact.go). To compact takes
  // the role root (etcd server/etcdserver/api/v3rpc/key.go): where access is controlled the cluster does it alone.
  kubernetes: readwrite(["/registry/"], ["compact_rev_key"]),
  // k3s hands its own API server's storage on, and keeps what its servers begin with.
  k3s: readwrite(["/registry/", "/bootstrap"], ["compact_rev_key"]),
  // By the JSON gateway (patroni/dcs/etcd3.py), below its default namespace.
  patroni: { ...readwrite(["/service/"]), password: true },
  // By the JSON gateway (lua-resty-etcd).
  apisix: { ...readwrite(["/apisix"]), password: true },
  calico: readwrite(["/calico/"]),
  cilium: readwrite(["cilium/"]),
  vault: readwrite(["/vault/"]),
  coredns: { ...readwrite(["/skydns/"]), role: "readonly" },
  traefik: { ...readwrite(["traefik"]), role: "readonly" },
} as const satisfies Record<string, ClientRights>;

export type Preset = keyof typeof presets;

function readwrite(prefixes: readonly string[], keys: readonly string[] = []): ClientRights {
  return { role: "readwrite", prefixes, keys, password: false };
}

/** Users with all rights that a cluster has beside its clients: etcd's own, the operator, and the owner of `clientKeyPem`. */
export const rootUsers = ["root", "operator", "client"] as const;

/** A user as the script makes it. */
export interface AccessUser {
  readonly name: string;
  /** Its own role. */
  readonly role: string;
  readonly rights: ClientRights;
}

/**
 * The users of a cluster, by their clients' names.
 * @param passwordDigests eight digits of each client's password's digest: with another password it is another role
 */
export function accessUsers(
  clients: Readonly<Record<string, Client>>,
  passwordDigests: Readonly<Record<string, string>>,
): AccessUser[] {
  const everything: ClientRights = { ...readwrite([]), role: "root" };
  const own = rootUsers.map((name) => [name, everything] as const);
  return [...own, ...Object.entries(clients)].map(([name, rights]) => ({
    name,
    role: roleOf(name, rights, passwordDigests[name]),
    rights,
  }));
}

/** The clients' own roles, by their names. */
export function rolesOf(clients: Readonly<Record<string, Client>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(clients).map(([name, rights]) => [name, roleOf(name, rights)]),
  );
}

/** Another one where the rights are others, so that who has it has all of them and no more. */
function roleOf(
  name: string,
  { role, prefixes, keys, password }: ClientRights,
  passwordDigest = "",
): string {
  const text = JSON.stringify([
    ...[role, [...prefixes].sort(), [...keys].sort(), password],
    passwordDigest,
  ]);
  return `${name}@${digestOf(text)}`;
}

/** Eight digits, by which one text is told from another. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/**
 * What the script reads, a line each: `have USER ROLE`, and the words for etcdctl that make it so where it is not. The
 * role comes last, when all else of the user is done. Everybody but those with all rights has a password, also
 * where it is told to nobody: who has none cannot be given one later.
 */
export function accessText(users: readonly AccessUser[]): string {
  const lines = users.flatMap(({ name, role, rights }) => [
    `have ${name} ${role}`,
    `role add ${role}`,
    ...(rights.role === "root" ? ["role add root"] : grants(role, rights)),
    ...(hasPassword(name)
      ? [`user add ${name} --interactive=false`, `user passwd ${name} --interactive=false`]
      : [`user add ${name} --no-password`]),
    rights.role === "root" ? `user grant-role ${name} root` : `user revoke-role ${name} root`,
    `user grant-role ${name} ${role}`,
  ]);
  return lines.map((line) => `${line}\n`).join("");
}

/** What the script is given: in no client's name is a "_". */
export function accessFiles(
  users: readonly AccessUser[],
  passwords: Readonly<Record<string, string>>,
): Record<string, string> {
  const files = Object.entries(passwords).map(([name, text]) => [`password_${name}`, text]);
  return { users: accessText(users), ...(Object.fromEntries(files) as Record<string, string>) };
}

const hasPassword = (name: string) => !(rootUsers as readonly string[]).includes(name);

function grants(name: string, { role, prefixes, keys }: ClientRights): string[] {
  const grant = `role grant-permission ${name} ${role === "readonly" ? "read" : "readwrite"}`;
  return [
    ...prefixes.map((prefix) => `${grant} ${prefix || '""'} --prefix`),
    ...keys.map((key) => `${grant} ${key}`),
  ];
}
