import { parseCidr } from "../addresses";
import { ACCOUNT } from "../catalog";
import { AwsError } from "../errors";
import { EGRESS_RULE, INGRESS_RULE, INSTANCE, SECURITY_GROUP, VPC } from "../schema";
import { find, newId, type Props, type Records } from "../store";
import { text } from "../text";
import { arn, existing, idsWhere } from "./common";
import type { Handler } from "./handler";

export const securityGroup: Handler = {
  defaults: {
    description: "Managed by Pulumi",
    egress: [],
    ingress: [],
    revokeRulesOnDelete: false,
  },
  plan({ records, region }, inputs, name) {
    existing(records, VPC, inputs.vpcId, "InvalidVpcID.NotFound", "vpc ID");
    const id = newId("sg");
    const itsName = text(inputs.name ?? `${text(inputs.namePrefix ?? name)}${id.slice(-8)}`);
    const [twin] = idsWhere(
      records,
      ({ type, state }) =>
        type === SECURITY_GROUP && state.vpcId === inputs.vpcId && state.name === itsName,
    );
    if (twin) {
      throw new AwsError(
        "InvalidGroup.Duplicate",
        `The security group '${itsName}' already exists for VPC '${text(inputs.vpcId)}'`,
        "EC2: CreateSecurityGroup",
      );
    }
    inlineRules(records, inputs);
    return {
      id,
      state: { arn: arn(region, `security-group/${id}`), name: itsName, ownerId: ACCOUNT },
    };
  },
  change({ records }, _current, wanted) {
    inlineRules(records, wanted);
    return {};
  },
  blockers: ({ id }, records) =>
    idsWhere(
      records,
      ({ type, state, inputs }) =>
        (type === INSTANCE && ((state.vpcSecurityGroupIds ?? []) as string[]).includes(id)) ||
        ([INGRESS_RULE, EGRESS_RULE].includes(type) &&
          inputs.referencedSecurityGroupId === id &&
          inputs.securityGroupId !== id),
    ),
};

interface InlineRule {
  cidrBlocks?: string[];
  securityGroups?: string[];
}

function inlineRules(records: Records, { egress, ingress }: Props): void {
  for (const rule of [...((ingress ?? []) as InlineRule[]), ...((egress ?? []) as InlineRule[])]) {
    for (const cidr of rule.cidrBlocks ?? []) {
      if (parseCidr(cidr)?.cidr !== cidr) {
        throw new AwsError(
          "InvalidParameterValue",
          `CIDR block ${cidr} is malformed`,
          "EC2: AuthorizeSecurityGroupIngress",
        );
      }
    }
    (rule.securityGroups ?? []).forEach((id) => groupExists(records, id));
  }
}

/** A security group's record, or the VPC of a default group. */
export function groupExists(records: Records, id: unknown): { vpcId: unknown } {
  const record = find(records, SECURITY_GROUP, id);
  if (record) {
    return { vpcId: record.inputs.vpcId };
  }
  for (const { id: vpcId, type, state } of records.values()) {
    if (type === VPC && state.defaultSecurityGroupId === id) {
      return { vpcId };
    }
  }
  throw new AwsError("InvalidGroup.NotFound", `The security group '${text(id)}' does not exist`);
}

export function securityGroupRule(type: string): Handler {
  return {
    plan({ records, region }, inputs) {
      ruleAllowed(type, records, inputs);
      const id = newId("sgr");
      return {
        id,
        state: { arn: arn(region, `security-group-rule/${id}`), securityGroupRuleId: id },
      };
    },
    change({ records }, current, wanted) {
      ruleAllowed(type, records, wanted, current.id);
      return {};
    },
  };
}

const peers = ["cidrIpv4", "cidrIpv6", "referencedSecurityGroupId"];
const meaning = ["securityGroupId", "ipProtocol", "fromPort", "toPort", ...peers];

function ruleAllowed(type: string, records: Records, inputs: Props, own?: string): void {
  groupExists(records, inputs.securityGroupId);
  if (inputs.referencedSecurityGroupId !== undefined) {
    groupExists(records, inputs.referencedSecurityGroupId);
  }
  const [twin] = idsWhere(
    records,
    (other) =>
      other.type === type &&
      other.id !== own &&
      meaning.every((key) => other.inputs[key] === inputs[key]),
  );
  if (twin) {
    const peer = peers.map((key) => inputs[key]).find((value) => value !== undefined);
    throw new AwsError(
      "InvalidPermission.Duplicate",
      `the specified rule "peer: ${text(peer)}, ${text(inputs.ipProtocol)}, from port: ` +
        `${text(inputs.fromPort)}, to port: ${text(inputs.toPort)}, ALLOW" already exists: ${twin}`,
      "EC2: AuthorizeSecurityGroupIngress",
    );
  }
}
