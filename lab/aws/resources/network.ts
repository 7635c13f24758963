import { createHash } from "node:crypto";
import { contains, overlaps, parseCidr } from "../addresses";
import { ACCOUNT, zoneIdsOf, zonesOf } from "../catalog";
import { AwsError } from "../errors";
import {
  INSTANCE,
  INTERNET_GATEWAY,
  ROUTE,
  ROUTE_TABLE,
  ROUTE_TABLE_ASSOCIATION,
  SECURITY_GROUP,
  SUBNET,
  VPC,
} from "../schema";
import { find, keyOf, newId, type Props, type Records } from "../store";
import { text } from "../text";
import { arn, existing, idsWhere, network, zoneOf } from "./common";
import type { Handler } from "./handler";

export const vpc: Handler = {
  defaults: {
    enableDnsHostnames: false,
    enableDnsSupport: true,
    enableNetworkAddressUsageMetrics: false,
    instanceTenancy: "default",
  },
  plan({ region }, inputs) {
    const cidr = text(inputs.cidrBlock);
    const { prefix } = network(cidr);
    if (prefix < 16 || prefix > 28) {
      throw new AwsError(
        "InvalidVpc.Range",
        `The CIDR '${cidr}' is invalid: a VPC has a netmask between /16 and /28`,
        "EC2: CreateVpc",
      );
    }
    const id = newId("vpc");
    return {
      id,
      state: {
        arn: arn(region, `vpc/${id}`),
        defaultNetworkAclId: newId("acl"),
        defaultRouteTableId: newId("rtb"),
        defaultSecurityGroupId: newId("sg"),
        dhcpOptionsId: newId("dopt"),
        mainRouteTableId: newId("rtb"),
        ownerId: ACCOUNT,
      },
    };
  },
  async make({ machines }, { inputs }) {
    await machines.createNetwork(text(inputs.cidrBlock));
  },
  blockers: ({ id }, records) =>
    idsWhere(
      records,
      ({ type, inputs }) =>
        [SUBNET, SECURITY_GROUP, INTERNET_GATEWAY, ROUTE_TABLE].includes(type) &&
        inputs.vpcId === id,
    ),
};

export const subnet: Handler = {
  defaults: { mapPublicIpOnLaunch: false, assignIpv6AddressOnCreation: false },
  plan({ records, region }, inputs) {
    const operation = "EC2: CreateSubnet";
    const owner = existing(records, VPC, inputs.vpcId, "InvalidVpcID.NotFound", "vpc ID");
    const cidr = text(inputs.cidrBlock);
    const wanted = network(cidr);
    if (wanted.prefix > 28 || !contains(network(owner.inputs.cidrBlock), wanted)) {
      throw new AwsError(
        "InvalidSubnet.Range",
        `The CIDR '${cidr}' is invalid: expected a network of at most /28 inside ` +
          `${text(owner.inputs.cidrBlock)} of ${owner.id}`,
        operation,
      );
    }
    const neighbour = [...records.values()].find(
      (record) =>
        record.type === SUBNET &&
        record.inputs.vpcId === owner.id &&
        overlaps(network(record.inputs.cidrBlock), wanted),
    );
    if (neighbour) {
      throw new AwsError(
        "InvalidSubnet.Conflict",
        `The CIDR '${cidr}' conflicts with another subnet: ${neighbour.id} has ` +
          text(neighbour.inputs.cidrBlock),
        operation,
      );
    }
    const zone = zoneOf(inputs, region, operation);
    const id = newId("subnet");
    return {
      id,
      state: {
        arn: arn(region, `subnet/${id}`),
        availabilityZone: zone,
        availabilityZoneId: zoneIdsOf(region)[zonesOf(region).indexOf(zone)],
        ownerId: ACCOUNT,
      },
    };
  },
  blockers: ({ id }, records) =>
    idsWhere(records, ({ type, inputs }) => type === INSTANCE && inputs.subnetId === id),
};

export const internetGateway: Handler = {
  plan({ records, region }, inputs) {
    if (inputs.vpcId !== undefined) {
      attachable(records, text(inputs.vpcId));
    }
    const id = newId("igw");
    return { id, state: { arn: arn(region, `internet-gateway/${id}`), ownerId: ACCOUNT } };
  },
  change({ records }, current, wanted) {
    if (wanted.vpcId !== undefined && wanted.vpcId !== current.inputs.vpcId) {
      attachable(records, text(wanted.vpcId));
    }
    return {};
  },
  /** EC2 does not detach a gateway while there are public addresses behind it. */
  blockers: ({ inputs }, records) =>
    idsWhere(
      records,
      ({ type, state, inputs: its }) =>
        type === INSTANCE &&
        state.associatePublicIpAddress === true &&
        find(records, SUBNET, its.subnetId)?.inputs.vpcId === inputs.vpcId,
    ),
};

function attachable(records: Records, vpcId: string): void {
  existing(records, VPC, vpcId, "InvalidVpcID.NotFound", "vpc ID");
  const [attached] = idsWhere(
    records,
    ({ type, inputs }) => type === INTERNET_GATEWAY && inputs.vpcId === vpcId,
  );
  if (attached) {
    throw new AwsError(
      "Resource.AlreadyAssociated",
      `network ${vpcId} already has an internet gateway attached: ${attached}`,
      "EC2: AttachInternetGateway",
    );
  }
}

interface RouteBlock {
  cidrBlock?: string;
  gatewayId?: string;
}

export const routeTable: Handler = {
  defaults: { routes: [], propagatingVgws: [] },
  plan({ records, region }, inputs) {
    existing(records, VPC, inputs.vpcId, "InvalidVpcID.NotFound", "vpc ID");
    routesReachable(records, inputs);
    const id = newId("rtb");
    return { id, state: { arn: arn(region, `route-table/${id}`), ownerId: ACCOUNT } };
  },
  change({ records }, _current, wanted) {
    routesReachable(records, wanted);
    return {};
  },
  blockers: ({ id }, records) =>
    idsWhere(
      records,
      ({ type, inputs }) => type === ROUTE_TABLE_ASSOCIATION && inputs.routeTableId === id,
    ),
};

function routesReachable(records: Records, { routes, vpcId }: Props): void {
  for (const block of (routes ?? []) as RouteBlock[]) {
    if (block.cidrBlock !== undefined && !parseCidr(block.cidrBlock)) {
      throw new AwsError("InvalidParameterValue", `'${block.cidrBlock}' is not a valid CIDR block`);
    }
    gatewayOf(records, block.gatewayId, vpcId);
  }
}

function gatewayOf(records: Records, gatewayId: unknown, vpcId: unknown): void {
  const code = "InvalidGatewayID.NotFound";
  const gateway = existing(records, INTERNET_GATEWAY, gatewayId, code, "gateway ID");
  if (gateway.inputs.vpcId !== vpcId) {
    throw new AwsError(
      "InvalidParameterValue",
      `route table and network gateway ${gateway.id} belong to different networks`,
      "EC2: CreateRoute",
    );
  }
}

export const route: Handler = {
  plan({ records }, inputs) {
    const destination = text(inputs.destinationCidrBlock ?? inputs.destinationIpv6CidrBlock);
    const tableId = text(inputs.routeTableId);
    const table = existing(
      records,
      ROUTE_TABLE,
      tableId,
      "InvalidRouteTableID.NotFound",
      "routeTable ID",
    );
    gatewayOf(records, inputs.gatewayId, table.inputs.vpcId);
    const hash = createHash("sha256").update(destination).digest();
    const id = `r-${tableId}${hash.readUInt32BE(0)}`;
    if (records.has(keyOf(ROUTE, id))) {
      throw new AwsError(
        "RouteAlreadyExists",
        `Route in Route Table (${tableId}) with destination (${destination}) already exists`,
        "EC2: CreateRoute",
      );
    }
    return { id, state: { origin: "CreateRoute", state: "active" } };
  },
  change({ records }, _current, wanted) {
    const table = find(records, ROUTE_TABLE, wanted.routeTableId);
    gatewayOf(records, wanted.gatewayId, table?.inputs.vpcId);
    return {};
  },
};

export const routeTableAssociation: Handler = {
  plan({ records }, inputs) {
    sameNetwork(records, inputs);
    const [already] = idsWhere(
      records,
      ({ type, inputs: its }) =>
        type === ROUTE_TABLE_ASSOCIATION && its.subnetId === inputs.subnetId,
    );
    if (already) {
      throw new AwsError(
        "Resource.AlreadyAssociated",
        `the specified association for ${text(inputs.subnetId)} conflicts with ${already}`,
        "EC2: AssociateRouteTable",
      );
    }
    return { id: newId("rtbassoc"), state: {} };
  },
  change({ records }, _current, wanted) {
    sameNetwork(records, wanted);
    return {};
  },
};

function sameNetwork(records: Records, { routeTableId, subnetId }: Props): void {
  const table = existing(
    records,
    ROUTE_TABLE,
    routeTableId,
    "InvalidRouteTableID.NotFound",
    "routeTable ID",
  );
  const itsSubnet = existing(records, SUBNET, subnetId, "InvalidSubnetID.NotFound", "subnet ID");
  if (table.inputs.vpcId !== itsSubnet.inputs.vpcId) {
    throw new AwsError(
      "InvalidParameterValue",
      `Route table ${table.id} and subnet ${itsSubnet.id} belong to different networks`,
      "EC2: AssociateRouteTable",
    );
  }
}
