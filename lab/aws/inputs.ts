import { isIpv4, isIpv6Cidr, parseCidr } from "./addresses";
import { architectureOfInstanceType } from "./catalog";
import {
  BUCKET,
  BUCKET_ENCRYPTION,
  BUCKET_LIFECYCLE,
  BUCKET_VERSIONING,
  EGRESS_RULE,
  INGRESS_RULE,
  INSTANCE,
  INSTANCE_PROFILE,
  KEY_PAIR,
  ROLE,
  ROLE_POLICY,
  ROUTE,
  SUBNET,
  schema,
  type TypeSchema,
  VPC,
} from "./schema";
import type { Props } from "./store";
import { text } from "./text";

/** How Pulumi writes a value that a preview does not know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface CheckFailure {
  property: string;
  reason: string;
}

export interface Diff {
  changes: boolean;
  /** The inputs that differ. */
  diffs: string[];
  /** Those of them that replace the resource. */
  replaces: string[];
  deleteBeforeReplace: boolean;
}

/** The schema of a type; an error for a type that the double does not have. */
export function schemaOf(type: string): TypeSchema {
  const found = schema[type];
  if (!found) {
    throw new Error(
      `the lab's AWS has no ${type}; it has ${Object.keys(schema).sort().join(", ")}`,
    );
  }
  return found;
}

/** Leaves out what is null or undefined: both mean "not given". */
export function given(inputs: Props): Props {
  return Object.fromEntries(
    Object.entries(inputs).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** Everything that is wrong with the inputs and can be told without looking at other records. */
export function failuresOf(type: string, inputs: Props): CheckFailure[] {
  const { inputs: known, required, nested = {}, documents = [] } = schemaOf(type);
  const failures: CheckFailure[] = [];
  for (const property of Object.keys(inputs)) {
    if (!(property in known)) {
      failures.push({ property, reason: `the lab's ${type} does not know this property` });
    }
  }
  for (const property of required) {
    if (inputs[property] === undefined || inputs[property] === "") {
      failures.push({ property, reason: `${type} needs this property` });
    }
  }
  for (const [property, keys] of Object.entries(nested)) {
    failures.push(...unknownKeys(property, inputs, keys));
  }
  for (const property of documents) {
    failures.push(...documentFailures(inputs, property));
  }
  failures.push(...(typeChecks[type]?.(inputs) ?? []));
  return failures;
}

/** Documents that the program gives as values become text, as the provider makes them. */
export function withDocuments(type: string, inputs: Props): Props {
  const { documents = [] } = schemaOf(type);
  const asText = documents
    .filter((property) => inputs[property] !== undefined)
    .map((property) => [property, text(inputs[property])]);
  return { ...inputs, ...(Object.fromEntries(asText) as Props) };
}

function documentFailures(inputs: Props, property: string): CheckFailure[] {
  const document = inputs[property];
  return !isKnown(document) || parsed(document) !== undefined
    ? []
    : [{ property, reason: `contains an invalid JSON policy: ${document.slice(0, 60)}` }];
}

function parsed(document: string): unknown {
  try {
    return JSON.parse(document) as unknown;
  } catch {
    return undefined;
  }
}

function unknownKeys(property: string, inputs: Props, keys: string[]): CheckFailure[] {
  return blocksAt(property, inputs)
    .flatMap((block) => Object.keys(given(block)))
    .filter((key) => !keys.includes(key))
    .map((key) => ({
      property: `${property}.${key}`,
      reason: `the lab does not know this property`,
    }));
}

/** The objects at a path of properties, each of which may hold one or a list of them. */
function blocksAt(path: string, inputs: Props): Props[] {
  return path
    .split(".")
    .reduce((blocks, key) => blocks.flatMap((block) => blocksIn(block[key])), [inputs]);
}

function blocksIn(value: unknown): Props[] {
  const blocks: unknown[] = Array.isArray(value) ? value : [value];
  return blocks.filter((block): block is Props => typeof block === "object" && block !== null);
}

const typeChecks: Record<string, (inputs: Props) => CheckFailure[]> = {
  [VPC]: (inputs) => networkAddress(inputs, "cidrBlock"),
  [SUBNET]: (inputs) => networkAddress(inputs, "cidrBlock"),
  [ROUTE]: (inputs) => [
    ...networkAddress(inputs, "destinationCidrBlock"),
    ...exactlyOne(inputs, ["destinationCidrBlock", "destinationIpv6CidrBlock"]),
    ...exactlyOne(inputs, ["gatewayId"]),
  ],
  [INGRESS_RULE]: ruleFailures,
  [EGRESS_RULE]: ruleFailures,
  [KEY_PAIR]: (inputs) => atMostOne(inputs, ["keyName", "keyNamePrefix"]),
  [INSTANCE]: (inputs) => [
    ...atMostOne(inputs, ["userData", "userDataBase64"]),
    ...(isKnown(inputs.privateIp) && !isIpv4(inputs.privateIp)
      ? [{ property: "privateIp", reason: `expected an IPv4 address, got: ${inputs.privateIp}` }]
      : []),
  ],
  [BUCKET]: (inputs) => [
    ...atMostOne(inputs, ["bucket", "bucketPrefix"]),
    ...tooLong(inputs, "bucketPrefix", 37),
  ],
  [BUCKET_VERSIONING]: (inputs) =>
    oneOf(inputs, "versioningConfiguration", "status", ["Enabled", "Suspended", "Disabled"]),
  [BUCKET_ENCRYPTION]: (inputs) =>
    oneOf(inputs, "rules.applyServerSideEncryptionByDefault", "sseAlgorithm", [
      "AES256",
      "aws:kms",
      "aws:kms:dsse",
    ]),
  [BUCKET_LIFECYCLE]: lifecycleFailures,
  [ROLE]: nameFailures,
  [ROLE_POLICY]: nameFailures,
  [INSTANCE_PROFILE]: nameFailures,
};

/** How long IAM's names may be; a prefix leaves room for what is put after it. */
function nameFailures(inputs: Props): CheckFailure[] {
  return [
    ...atMostOne(inputs, ["name", "namePrefix"]),
    ...tooLong(inputs, "name", 64),
    ...tooLong(inputs, "namePrefix", 38),
  ];
}

function lifecycleFailures(inputs: Props): CheckFailure[] {
  const actions = ["abortIncompleteMultipartUpload", "expiration", "noncurrentVersionExpiration"];
  const idle = blocksAt("rules", inputs).filter((rule) => actions.every((key) => !rule[key]));
  return [
    ...oneOf(inputs, "rules", "status", ["Enabled", "Disabled"]),
    ...idle.map(({ id }) => ({
      property: "rules",
      reason: `InvalidRequest: At least one action needs to be specified in a rule: ${text(id)}`,
    })),
  ];
}

/** Blocks in which a property that must be there has another value than these. */
function oneOf(inputs: Props, path: string, key: string, values: string[]): CheckFailure[] {
  return blocksAt(path, inputs)
    .map((block) => block[key])
    .filter((value) => value !== UNKNOWN && !values.includes(text(value)))
    .map((value) => ({
      property: `${path}.${key}`,
      reason: `expected one of ${values.join(", ")}, got ${text(value)}`,
    }));
}

function tooLong(inputs: Props, property: string, limit: number): CheckFailure[] {
  const value = inputs[property];
  return isKnown(value) && value.length > limit
    ? [{ property, reason: `expected at most ${limit} characters, got ${value.length}: ${value}` }]
    : [];
}

/** The AWS provider wants the network's own address: 10.0.1.0/24, not 10.0.1.5/24. */
function networkAddress(inputs: Props, property: string): CheckFailure[] {
  const value = inputs[property];
  if (!isKnown(value)) {
    return [];
  }
  const network = parseCidr(value);
  if (!network) {
    return [{ property, reason: `"${value}" is not a valid IPv4 CIDR block` }];
  }
  return network.cidr === value
    ? []
    : [
        {
          property,
          reason: `"${value}" is not a valid IPv4 CIDR block; did you mean "${network.cidr}"?`,
        },
      ];
}

function ruleFailures(inputs: Props): CheckFailure[] {
  const failures = [
    ...networkAddress(inputs, "cidrIpv4"),
    ...exactlyOne(inputs, ["cidrIpv4", "cidrIpv6", "referencedSecurityGroupId"]),
  ];
  if (isKnown(inputs.cidrIpv6) && !isIpv6Cidr(inputs.cidrIpv6)) {
    failures.push({
      property: "cidrIpv6",
      reason: `"${inputs.cidrIpv6}" is not a valid IPv6 CIDR block`,
    });
  }
  if (isKnown(inputs.ipProtocol)) {
    failures.push(...portFailures(inputs.ipProtocol, inputs.fromPort, inputs.toPort));
  }
  return failures;
}

function portFailures(protocol: string, from: unknown, to: unknown): CheckFailure[] {
  const property = "fromPort";
  if (protocol === "-1") {
    return from === undefined && to === undefined
      ? []
      : [{ property, reason: `ports must not be set when ipProtocol is "-1" (all traffic)` }];
  }
  if (!["tcp", "udp", "icmp", "icmpv6"].includes(protocol)) {
    return [
      {
        property: "ipProtocol",
        reason: `InvalidParameterValue: "${protocol}" is not tcp, udp, icmp, icmpv6 or -1`,
      },
    ];
  }
  if (from === UNKNOWN || to === UNKNOWN) {
    return [];
  }
  if (typeof from !== "number" || typeof to !== "number") {
    return [
      { property, reason: `InvalidParameterValue: ${protocol} needs both fromPort and toPort` },
    ];
  }
  const isRange = 0 <= from && from <= to && to <= 65535;
  return isRange || protocol.startsWith("icmp")
    ? []
    : [{ property, reason: `InvalidParameterValue: Invalid TCP port range (${from}-${to})` }];
}

function exactlyOne(inputs: Props, names: string[]): CheckFailure[] {
  const set = names.filter((name) => inputs[name] !== undefined);
  return set.length === 1
    ? []
    : [
        {
          property: names[0] ?? "",
          reason: `exactly one of ${names.join(", ")} is needed, got ${set.join(", ") || "none"}`,
        },
      ];
}

function atMostOne(inputs: Props, names: string[]): CheckFailure[] {
  const set = names.filter((name) => inputs[name] !== undefined);
  return set.length <= 1
    ? []
    : [{ property: set[0] ?? "", reason: `${set.join(" and ")} exclude each other` }];
}

/** A string that is there and that the preview knows. */
export function isKnown(value: unknown): value is string {
  return typeof value === "string" && value !== UNKNOWN;
}

/** Properties whose elements have no order. */
const sets = new Set(["vpcSecurityGroupIds", "ingress", "egress", "routes"]);

/** What changes when the inputs `olds` become `news`, and whether that takes a replacement. */
export function diffInputs(type: string, olds: Props, news: Props): Diff {
  const { inputs, autoName, documents = [] } = schemaOf(type);
  const of = (side: Props, property: string) =>
    comparable(property, side[property], documents.includes(property));
  const diffs = Object.keys(inputs).filter((property) => of(olds, property) !== of(news, property));
  const replaces = diffs.filter(
    (property) => inputs[property] === "replace" || alsoReplaces(type, property, olds, news),
  );
  const keepsItsName = autoName !== undefined && olds[autoName] === news[autoName];
  return {
    changes: diffs.length > 0,
    diffs,
    replaces,
    // As the real provider does: two of one name cannot be there together.
    deleteBeforeReplace: replaces.length > 0 && keepsItsName,
  };
}

function alsoReplaces(type: string, property: string, olds: Props, news: Props): boolean {
  if (type !== INSTANCE) {
    return false;
  }
  if (property === "userData" || property === "userDataBase64") {
    return news.userDataReplaceOnChange === true;
  }
  if (property === "instanceType") {
    const [before, after] = [olds, news].map((side) =>
      architectureOfInstanceType(text(side.instanceType)),
    );
    return before !== after;
  }
  if (property === "rootBlockDevice") {
    const [before, after] = [olds, news].map((side) => (side.rootBlockDevice ?? {}) as Props);
    return before?.encrypted !== after?.encrypted || before?.kmsKeyId !== after?.kmsKeyId;
  }
  return false;
}

function comparable(property: string, value: unknown, isDocument: boolean): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (isDocument && typeof value === "string") {
    return sortedJson(parsed(value) ?? value);
  }
  if (sets.has(property) && Array.isArray(value)) {
    return JSON.stringify(value.map(sortedJson).sort());
  }
  return sortedJson(value);
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(
          Object.entries(part as Props).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
        )
      : part,
  );
}
