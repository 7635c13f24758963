import { ACCOUNT, publicParameter, zoneIdsOf, zonesOf } from "./catalog";
import { functions, INSTANCE, INTERNET_GATEWAY, VPC } from "./schema";
import type { AwsRecord, Props, Records } from "./store";
import { text } from "./text";

export interface FunctionContext {
  region: string;
  records: Records;
}

export const GET_INSTANCES = "aws:ec2/getInstances:getInstances";

interface Filter {
  name: string;
  values: string[];
}

/** Answers one of the provider's functions; an error for one that the double does not have. */
export function invokeFunction(token: string, args: Props, context: FunctionContext): Props {
  const known = functions[token];
  const answer = answers[token];
  if (!known || !answer) {
    throw new Error(
      `the lab's AWS has no function ${token}; it has ${Object.keys(functions).join(", ")}`,
    );
  }
  const strange = Object.keys(args).filter((argument) => !known.includes(argument));
  if (strange.length > 0) {
    throw new Error(`the lab's ${token} does not know ${strange.join(", ")}`);
  }
  return { ...args, ...answer(args, context), region: context.region };
}

const answers: Record<string, (args: Props, context: FunctionContext) => Props> = {
  "aws:ssm/getParameter:getParameter": getParameter,
  "aws:index/getAvailabilityZones:getAvailabilityZones": getAvailabilityZones,
  "aws:ec2/getInternetGateway:getInternetGateway": getInternetGateway,
  [GET_INSTANCES]: getInstances,
  "aws:ec2/getVpc:getVpc": getVpc,
  "aws:index/getPartition:getPartition": getPartition,
  "aws:index/getRegion:getRegion": getRegion,
};

function getParameter(args: Props, { region }: FunctionContext): Props {
  const name = text(args.name);
  const value = publicParameter(name, region);
  return {
    arn: `arn:aws:ssm:${region}::parameter${name}`,
    id: name,
    insecureValue: value,
    name,
    type: "String",
    value,
    version: 1,
  };
}

function getAvailabilityZones(args: Props, { region }: FunctionContext): Props {
  for (const filter of (args.filters ?? []) as Filter[]) {
    if (filter.name !== "opt-in-status" || !filter.values.includes("opt-in-not-required")) {
      throw new Error(
        `the lab's getAvailabilityZones knows the filter opt-in-status = opt-in-not-required, ` +
          `not ${filter.name} = ${filter.values.join(", ")}`,
      );
    }
  }
  if (args.state !== undefined && args.state !== "available") {
    throw new Error(`the lab's zones are all available, none is ${text(args.state)}`);
  }
  const excluded = (args.excludeNames ?? []) as string[];
  const ids = zoneIdsOf(region);
  const zones = zonesOf(region)
    .map((name, index) => ({ name, id: ids[index] ?? "" }))
    .filter(({ name }) => !excluded.includes(name));
  return {
    groupNames: [region],
    id: region,
    names: zones.map(({ name }) => name),
    zoneIds: zones.map(({ id }) => id),
  };
}

function getInternetGateway(args: Props, { records }: FunctionContext): Props {
  const filters = (args.filters ?? []) as Filter[];
  const strange = filters.find(({ name }) => name !== "attachment.vpc-id");
  if (strange) {
    throw new Error(
      `the lab's getInternetGateway knows the filter attachment.vpc-id, not ${strange.name}`,
    );
  }
  const found = [...records.values()].filter(
    ({ id, type, inputs }) =>
      type === INTERNET_GATEWAY &&
      (args.internetGatewayId === undefined || args.internetGatewayId === id) &&
      filters.every(({ values }) => values.includes(text(inputs.vpcId))),
  );
  const gateway = theOnly(found, "EC2 Internet Gateway");
  return {
    arn: gateway.state.arn,
    attachments: [{ state: "available", vpcId: gateway.inputs.vpcId }],
    id: gateway.id,
    internetGatewayId: gateway.id,
    ownerId: ACCOUNT,
    tags: gateway.state.tagsAll ?? {},
  };
}

/** By a tag or the private address. One that is stopped has no address here, and is in no list of running ones. */
function getInstances(args: Props, { records }: FunctionContext): Props {
  const filters = (args.filters ?? []) as Filter[];
  const valueOf = ({ inputs, state }: AwsRecord, name: string) =>
    name === "private-ip-address"
      ? inputs.privateIp
      : (state.tagsAll as Props | undefined)?.[name.replace(/^tag:/, "")];
  const strange = filters.find(({ name }) => !/^tag:|^private-ip-address$/.test(name));
  if (strange) {
    throw new Error(
      `the lab's getInstances knows tag:… and private-ip-address, not ${strange.name}`,
    );
  }
  const found = [...records.values()].filter(
    (record) =>
      record.type === INSTANCE &&
      filters.every(({ name, values }) => values.includes(text(valueOf(record, name)))),
  );
  const addresses = (key: string) => found.map(({ state }) => text(state[key])).filter(Boolean);
  return {
    id: "instances",
    ids: found.map(({ id }) => id),
    privateIps: addresses("privateIp"),
    publicIps: addresses("publicIp"),
  };
}

function getVpc(args: Props, { records }: FunctionContext): Props {
  const found = [...records.values()].filter(({ id, type }) => type === VPC && id === args.id);
  const { id, state } = theOnly(found, `EC2 VPC ${text(args.id)}`);
  return {
    arn: state.arn,
    cidrBlock: state.cidrBlock,
    cidrBlockAssociations: [{ associationId: id, cidrBlock: state.cidrBlock, state: "associated" }],
    default: false,
    dhcpOptionsId: state.dhcpOptionsId,
    enableDnsHostnames: state.enableDnsHostnames,
    enableDnsSupport: state.enableDnsSupport,
    enableNetworkAddressUsageMetrics: false,
    id,
    instanceTenancy: state.instanceTenancy,
    ipv6AssociationId: "",
    ipv6CidrBlock: "",
    ipv6CidrBlockAssociations: [],
    mainRouteTableId: state.mainRouteTableId,
    ownerId: ACCOUNT,
    state: "available",
    tags: state.tagsAll ?? {},
  };
}

/** The lab's ARNs are all of the largest one. */
function getPartition(): Props {
  return {
    dnsSuffix: "amazonaws.com",
    id: "aws",
    partition: "aws",
    reverseDnsPrefix: "com.amazonaws",
  };
}

function getRegion(_args: Props, { region }: FunctionContext): Props {
  return {
    description: `${region} of the lab`,
    endpoint: `ec2.${region}.amazonaws.com`,
    id: region,
    name: region,
  };
}

function theOnly(found: AwsRecord[], what: string): AwsRecord {
  const [first, second] = found;
  if (!first) {
    throw new Error(`no matching ${what} found`);
  }
  if (second) {
    throw new Error(`multiple matching ${what}s found: ${found.map(({ id }) => id).join(", ")}`);
  }
  return first;
}
