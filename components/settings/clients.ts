import { type Client, type ClientRights, type Preset, presets, rootUsers } from "../etcd/access";
import { accessVersionError } from "../etcd/advisories";
import { versionError } from "../etcd/versions";
import type { ClusterSettings } from "./cluster";
import { labelError } from "./names";
import { errorOf, type SettingError } from "./reader";
import { didYouMean } from "./unknown";

const roles = ["root", "readwrite", "readonly"] as const;

/** What each field of a client has to be. */
const kinds = {
  preset: "a text",
  role: "a text",
  prefixes: "a list of texts",
  keys: "a list of texts",
  password: "true or false",
} as const;

type Field = keyof typeof kinds;

const fits: Readonly<Record<(typeof kinds)[Field], (value: unknown) => boolean>> = {
  "a text": (value) => typeof value === "string",
  "a list of texts": (value) =>
    Array.isArray(value) && value.every((one) => typeof one === "string"),
  "true or false": (value) => typeof value === "boolean",
};

/** What was read of a cluster's clients. */
export interface ReadClients {
  readonly clients: Readonly<Record<string, Client>>;
  readonly errors: readonly SettingError[];
}

/** The clients of a cluster, by their names; what is not right of them is told and left out. */
export function readClients(given: unknown): ReadClients {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const text = "is not an object of clients by their names";
    return { clients: {}, errors: [{ setting: "clients", text }] };
  }
  const clients: Record<string, Client> = {};
  const errors: SettingError[] = [];
  for (const [name, value] of Object.entries(given)) {
    const setting = `clients.${name}`;
    const wrong = [...nameErrors(name), ...fieldErrors(value)];
    errors.push(...wrong.map((text) => ({ setting, text })));
    if (wrong.length === 0) {
      clients[name] = clientOf(value as Partial<Client>);
      errors.push(...rightsErrors(clients[name]).map((text) => ({ setting, text })));
    }
  }
  return { clients, errors };
}

function nameErrors(name: string): string[] {
  const text = labelError(name);
  const taken = (rootUsers as readonly string[]).includes(name)
    ? `is the name of a user that every cluster has: ${rootUsers.join(", ")}. Give it another one`
    : undefined;
  return [text && `${text}: it is the common name of its certificate`, taken].filter(
    (one) => one !== undefined,
  );
}

function fieldErrors(value: unknown): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [
      `is not an object, such as { preset: kubernetes } or { role: readonly, prefixes: [/app/] }`,
    ];
  }
  const client = value as Record<string, unknown>;
  const names = Object.keys(kinds);
  const errors = Object.entries(client).flatMap(([field, one]) => {
    if (!Object.hasOwn(kinds, field)) {
      return [
        `has "${field}", which is not a field of it. ${didYouMean(field, names) ?? `There are: ${names.join(", ")}`}`,
      ];
    }
    const kind = kinds[field as Field];
    return fits[kind](one) ? [] : [`has a ${field} that is not ${kind}`];
  });
  return errors.length > 0 ? errors : wordErrors(client);
}

function wordErrors({ preset = "", role }: { preset?: string; role?: string }): string[] {
  const known = Object.keys(presets);
  return [
    ...(preset === "" || known.includes(preset)
      ? []
      : [`has the preset "${preset}", expected ${known.join(", ")}, or a role and prefixes`]),
    ...(role === undefined || (roles as readonly string[]).includes(role)
      ? []
      : [`has the role "${role}", expected ${roles.join(", ")}`]),
    ...(preset === "" && role === undefined
      ? [`has neither a preset (${known.join(", ")}) nor a role (${roles.join(", ")})`]
      : []),
  ];
}

/** What it says itself counts before what its preset says. */
function clientOf({ preset = "", role, prefixes, keys, password }: Partial<Client>): Client {
  const known: Partial<ClientRights> = preset === "" ? {} : presets[preset];
  const own = role ?? known.role ?? "readonly";
  // Who may do everything has no keys of a preset's.
  const { prefixes: usual = [], keys: whole = [] } = own === "root" ? {} : known;
  return {
    preset,
    role: own,
    prefixes: prefixes ?? usual,
    keys: keys ?? whole,
    password: password ?? known.password ?? false,
  };
}

function rightsErrors({ preset, role, prefixes, keys }: Client): string[] {
  const hasSome = prefixes.length + keys.length > 0;
  const isElsewhere = (usual: readonly string[]) => usual.some((one) => !prefixes.includes(one));
  return [
    ...(fixed.includes(preset) && role !== "root" && isElsewhere(presets[preset as Preset].prefixes)
      ? [
          `has other prefixes than ${preset} uses, which cannot be told to use others: ${presets[preset as Preset].prefixes.join(", ")}`,
        ]
      : []),
    ...(role === "root" && hasSome
      ? [
          "has the role root, which may do everything, and prefixes or keys, too: take out one of them",
        ]
      : []),
    ...(role !== "root" && !hasSome
      ? [
          `may do nothing: say on which prefixes or keys it is ${role} ("" is the prefix of all keys)`,
        ]
      : []),
    ...[...prefixes.filter((one) => one !== ""), ...keys]
      .filter((one) => !/^[\w./:@+][\w./:@+-]*$/.test(one))
      .map((one) => `has the key ${JSON.stringify(one)}, expected letters, digits and ./:@+_-`),
  ];
}

/** Consumers whose keys are where they are: there is no setting of theirs for another place. */
const fixed: readonly string[] = ["k3s", "calico", "cilium"];

/** What of clients and access control does not go with the other settings. */
export function checkAccess({
  accessControl,
  clients,
  compactionRetention,
  tls,
  version,
}: Pick<
  ClusterSettings,
  "accessControl" | "clients" | "compactionRetention" | "tls" | "version"
>): SettingError[] {
  return [
    ...errorOf(
      "accessControl",
      accessControl && compactionRetention === "0"
        ? 'is true, and compactionRetention is "0": where access is controlled, to compact takes the role root, so no client would, until the database is full. Expected another compactionRetention, such as 1h'
        : undefined,
    ),
    ...errorOf(
      "accessControl",
      accessControl && tls === "off"
        ? "is true, and tls is off: a client is known by its certificate. Set one of them otherwise"
        : undefined,
    ),
    ...errorOf(
      "accessControl",
      accessControl && versionError(version) === undefined
        ? accessVersionError(version)
        : undefined,
    ),
    ...errorOf(
      "clients",
      Object.keys(clients).length > 0 && tls === "off"
        ? "are given, and tls is off: each gets a certificate of its own. Take them out, or set tls to on"
        : undefined,
    ),
  ];
}
