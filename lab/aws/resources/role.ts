import { randomInt } from "node:crypto";
import { ACCOUNT } from "../catalog";
import { AwsError } from "../errors";
import { INSTANCE_PROFILE, ROLE, ROLE_POLICY } from "../schema";
import { type AwsRecord, find, keyOf, type Props, type Records } from "../store";
import { text } from "../text";
import { existing, idsWhere, uniqueName } from "./common";
import type { Handler } from "./handler";

export const role: Handler = {
  defaults: { forceDetachPolicies: false, maxSessionDuration: 3600, path: "/" },
  plan({ records }, inputs) {
    refuseMalformed(inputs.assumeRolePolicy, ["Principal"], "IAM: CreateRole");
    return named(records, ROLE, inputs, { prefix: "AROA", kind: "role" });
  },
  change(_context, _current, wanted) {
    refuseMalformed(wanted.assumeRolePolicy, ["Principal"], "IAM: UpdateAssumeRolePolicy");
    return {};
  },
  blockedCode: "DeleteConflict",
  /** The provider takes a role out of its profiles itself, and its policies only when told to. */
  blockers: ({ id, inputs }, records) =>
    inputs.forceDetachPolicies === true
      ? []
      : idsWhere(records, (other) => other.type === ROLE_POLICY && other.inputs.role === id),
};

export const rolePolicy: Handler = {
  plan({ records }, inputs) {
    const operation = "IAM: PutRolePolicy";
    const { id } = existing(records, ROLE, inputs.role, "NoSuchEntity", "role with name");
    refuseMalformed(inputs.policy, ["Resource", "NotResource"], operation);
    const name = text(inputs.name ?? uniqueName(inputs.namePrefix));
    return { id: `${id}:${name}`, state: { name } };
  },
  change(_context, _current, wanted) {
    refuseMalformed(wanted.policy, ["Resource", "NotResource"], "IAM: PutRolePolicy");
    return {};
  },
};

export const instanceProfile: Handler = {
  defaults: { path: "/" },
  plan({ records }, inputs) {
    roleExists(records, inputs.role);
    const names = { prefix: "AIPA", kind: "instance-profile" };
    return named(records, INSTANCE_PROFILE, inputs, names);
  },
  change({ records }, _current, wanted) {
    roleExists(records, wanted.role);
    return {};
  },
};

/** Refuses a profile by which an instance would get no credentials. */
export function profileUsable(records: Records, name: unknown, operation: string): void {
  if (name === undefined || name === "") {
    return;
  }
  const profile = find(records, INSTANCE_PROFILE, name);
  if (!profile) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text(name)}) for parameter iamInstanceProfile.name is invalid. ` +
        "Invalid IAM Instance Profile name",
      operation,
    );
  }
  if (!find(records, ROLE, profile.state.role)) {
    throw new AwsError(
      "InvalidParameterValue",
      `IAM Instance Profile "${text(profile.state.arn)}" has no associated IAM Roles`,
      operation,
    );
  }
}

/** A role and the documents of its policies, by their names. */
export interface RoleWithPolicies {
  name: string;
  policies: Record<string, string>;
}

/** The role that an instance has by its profile and may take; undefined where it has none. */
export function roleOf(records: Records, instance: AwsRecord): RoleWithPolicies | undefined {
  const profile = find(records, INSTANCE_PROFILE, instance.state.iamInstanceProfile);
  const itsRole = find(records, ROLE, profile?.state.role);
  if (!itsRole || !trustsInstances(text(itsRole.state.assumeRolePolicy))) {
    return undefined;
  }
  const policies = [...records.values()]
    .filter(({ type, inputs }) => type === ROLE_POLICY && inputs.role === itsRole.id)
    .map(({ state }): [string, string] => [text(state.name), text(state.policy)]);
  return { name: itsRole.id, policies: Object.fromEntries(policies) };
}

function trustsInstances(document: string): boolean {
  return statementsOf(document).some(({ Effect, Principal }) => {
    const services = [(Principal as Props | undefined)?.Service].flat();
    return Effect === "Allow" && services.includes("ec2.amazonaws.com");
  });
}

function roleExists(records: Records, name: unknown): void {
  if (name !== undefined) {
    existing(records, ROLE, name, "NoSuchEntity", "role with name");
  }
}

/** IAM's objects have their names for ids, and an id besides that no later one ever has again. */
function named(
  records: Records,
  type: string,
  inputs: Props,
  { prefix, kind }: { prefix: string; kind: string },
) {
  const name = text(inputs.name ?? uniqueName(inputs.namePrefix));
  if (!/^[\w+=,.@-]+$/.test(name)) {
    throw new AwsError(
      "ValidationError",
      `The name '${name}' is invalid: it has letters, digits and _+=,.@- only`,
      "IAM",
    );
  }
  if (records.has(keyOf(type, name))) {
    throw new AwsError("EntityAlreadyExists", `${kind} with name ${name} already exists.`, "IAM");
  }
  return {
    id: name,
    state: {
      arn: `arn:aws:iam::${ACCOUNT}:${kind}${text(inputs.path ?? "/")}${name}`,
      createDate: new Date().toISOString(),
      name,
      uniqueId: prefix + Array.from({ length: 17 }, letterOrDigit).join(""),
    },
  };
}

function letterOrDigit(): string {
  return "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(randomInt(32));
}

interface Statement {
  Effect?: unknown;
  Action?: unknown;
  NotAction?: unknown;
  Resource?: unknown;
  [key: string]: unknown;
}

/**
 * Refuses what IAM would refuse of a policy's form.
 * @param oneOf what each statement is about: resources, or in a trust policy principals
 */
function refuseMalformed(document: unknown, oneOf: string[], operation: string): void {
  const all = statementsOf(text(document));
  const problem =
    all.length === 0
      ? "it has no Statement"
      : all.map((one) => problemOf(one, oneOf)).find(Boolean);
  if (problem !== undefined) {
    throw new AwsError("MalformedPolicyDocument", `${problem} in ${text(document)}`, operation);
  }
}

function statementsOf(document: string): Statement[] {
  const { Statement: statements } = JSON.parse(document) as { Statement?: unknown };
  return (statements === undefined ? [] : [statements].flat()) as Statement[];
}

function problemOf(statement: Statement, oneOf: string[]): string | undefined {
  const { Effect, Action, NotAction, Resource } = statement;
  if (Effect !== "Allow" && Effect !== "Deny") {
    return `Effect is ${text(Effect)}, expected Allow or Deny`;
  }
  const actions = [Action ?? NotAction ?? []].flat();
  if (actions.length === 0 || !actions.every((one) => /^(\*|[\w-]+:[\w*?]+)$/.test(text(one)))) {
    return `Action is ${text(Action ?? NotAction)}, expected such as s3:GetObject`;
  }
  if (!oneOf.some((key) => statement[key] !== undefined)) {
    return `there is no ${oneOf[0] ?? ""} in a statement`;
  }
  const strange = [Resource ?? []].flat().find((one) => !/^(\*$|arn:)/.test(text(one)));
  return strange === undefined
    ? undefined
    : `Resource ${text(strange)} must be in ARN format or "*"`;
}
