import { createHash } from "node:crypto";
import {
  contains,
  isReserved,
  type Network,
  overlaps,
  parseCidr,
  toAddress,
  toNumber,
} from "./addresses";
import {
  ACCOUNT,
  architectureOfAmi,
  architectureOfInstanceType,
  zoneIdsOf,
  zonesOf,
} from "./catalog";
import { AwsError } from "./errors";
import type { MachineHost } from "./machineHost";
import {
  EGRESS_RULE,
  INGRESS_RULE,
  INSTANCE,
  INTERNET_GATEWAY,
  KEY_PAIR,
  ROUTE,
  ROUTE_TABLE,
  ROUTE_TABLE_ASSOCIATION,
  SECURITY_GROUP,
  SUBNET,
  VOLUME,
  VOLUME_ATTACHMENT,
  VPC,
} from "./schema";
import { type AwsRecord, newId, type Props, type Records } from "./store";
import { text } from "./text";

export interface Context {
  records: Records;
  region: string;
}

/** What one type of resource does. Everything that looks at other records runs alone. */
export interface Handler {
  /** Values of inputs that the program leaves out. */
  defaults?: Props;
  /** Refuses, or names the new object and what AWS would say of it. */
  plan(context: Context, inputs: Props, name: string): { id: string; state: Props };
  /** The real work behind a creation. */
  make?(host: MachineHost, record: AwsRecord): Promise<void>;
  /** Refuses a change, or gives the state that differs by it from what the inputs say. */
  change?(context: Context, current: AwsRecord, wanted: Props): Props;
  /** The real work behind a change. */
  apply?(host: MachineHost, current: AwsRecord, wanted: Props): Promise<void>;
  /** Ids of what keeps the object from being deleted. */
  blockers?(record: AwsRecord, records: Records): string[];
  blockedCode?: string;
  /** Refuses a deletion that waiting cannot help. */
  mayDelete?(record: AwsRecord): void;
  /** The real work behind a deletion. */
  unmake?(host: MachineHost, record: AwsRecord, records: Records): Promise<void>;
}

const vpc: Handler = {
  defaults: {
    enableDnsHostnames: false,
    enableDnsSupport: true,
    enableNetworkAddressUsageMetrics: false,
    instanceTenancy: "default",
  },
  plan({ records, region }, inputs) {
    const cidr = text(inputs.cidrBlock);
    const { prefix } = network(cidr);
    if (prefix < 16 || prefix > 28) {
      throw new AwsError(
        "InvalidVpc.Range",
        `The CIDR '${cidr}' is invalid: a VPC has a netmask between /16 and /28`,
        "EC2: CreateVpc",
      );
    }
    const id = newId("vpc", records);
    return {
      id,
      state: {
        arn: arn(region, `vpc/${id}`),
        defaultNetworkAclId: newId("acl", records),
        defaultRouteTableId: newId("rtb", records),
        defaultSecurityGroupId: newId("sg", records),
        dhcpOptionsId: newId("dopt", records),
        mainRouteTableId: newId("rtb", records),
        ownerId: ACCOUNT,
      },
    };
  },
  async make(host, { inputs }) {
    await host.createNetwork(text(inputs.cidrBlock));
  },
  blockers: ({ id }, records) =>
    idsWhere(
      records,
      ({ type, inputs }) =>
        [SUBNET, SECURITY_GROUP, INTERNET_GATEWAY, ROUTE_TABLE].includes(type) &&
        inputs.vpcId === id,
    ),
};

const subnet: Handler = {
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
    const id = newId("subnet", records);
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

const internetGateway: Handler = {
  plan({ records, region }, inputs) {
    if (inputs.vpcId !== undefined) {
      attachable(records, text(inputs.vpcId));
    }
    const id = newId("igw", records);
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
        state.publicIp !== "" &&
        records.get(text(its.subnetId))?.inputs.vpcId === inputs.vpcId,
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

const routeTable: Handler = {
  defaults: { routes: [], propagatingVgws: [] },
  plan({ records, region }, inputs) {
    existing(records, VPC, inputs.vpcId, "InvalidVpcID.NotFound", "vpc ID");
    routesReachable(records, inputs);
    const id = newId("rtb", records);
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

const route: Handler = {
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
    if (records.has(id)) {
      throw new AwsError(
        "RouteAlreadyExists",
        `Route in Route Table (${tableId}) with destination (${destination}) already exists`,
        "EC2: CreateRoute",
      );
    }
    return { id, state: { origin: "CreateRoute", state: "active" } };
  },
  change({ records }, _current, wanted) {
    const table = records.get(text(wanted.routeTableId));
    gatewayOf(records, wanted.gatewayId, table?.inputs.vpcId);
    return {};
  },
};

const routeTableAssociation: Handler = {
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
    return { id: newId("rtbassoc", records), state: {} };
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

const securityGroup: Handler = {
  defaults: {
    description: "Managed by Pulumi",
    egress: [],
    ingress: [],
    revokeRulesOnDelete: false,
  },
  plan({ records, region }, inputs, name) {
    existing(records, VPC, inputs.vpcId, "InvalidVpcID.NotFound", "vpc ID");
    const id = newId("sg", records);
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
function groupExists(records: Records, id: unknown): { vpcId: unknown } {
  const record = records.get(text(id));
  if (record?.type === SECURITY_GROUP) {
    return { vpcId: record.inputs.vpcId };
  }
  for (const { id: vpcId, type, state } of records.values()) {
    if (type === VPC && state.defaultSecurityGroupId === id) {
      return { vpcId };
    }
  }
  throw new AwsError("InvalidGroup.NotFound", `The security group '${text(id)}' does not exist`);
}

function securityGroupRule(type: string): Handler {
  return {
    plan({ records, region }, inputs) {
      ruleAllowed(type, records, inputs);
      const id = newId("sgr", records);
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

const keyPair: Handler = {
  plan({ records, region }, inputs, name) {
    const operation = "EC2: ImportKeyPair";
    const publicKey = text(inputs.publicKey).trim();
    const [algorithm, encoded = ""] = publicKey.split(/\s+/);
    const blob = Buffer.from(encoded, "base64");
    // EC2 takes no ECDSA keys. The key's own text names its kind once more, after its length.
    if (
      (algorithm !== "ssh-rsa" && algorithm !== "ssh-ed25519") ||
      blob.subarray(4, 4 + algorithm.length).toString() !== algorithm
    ) {
      throw new AwsError(
        "InvalidKey.Format",
        "Key is not in valid OpenSSH public key format: expected ssh-ed25519 or ssh-rsa, " +
          `got ${publicKey.slice(0, 30)}`,
        operation,
      );
    }
    const keyName = text(inputs.keyName ?? `${text(inputs.keyNamePrefix)}${Date.now()}`);
    if (records.has(keyName)) {
      throw new AwsError(
        "InvalidKeyPair.Duplicate",
        `The keypair already exists: ${keyName} (for ${name})`,
        operation,
      );
    }
    return {
      id: keyName,
      state: {
        arn: arn(region, `key-pair/${keyName}`),
        fingerprint: createHash("sha256").update(blob).digest("base64"),
        keyName,
        keyPairId: newId("key", records),
        keyType: algorithm === "ssh-rsa" ? "rsa" : "ed25519",
        publicKey,
      },
    };
  },
};

const userDataLimit = 16_384;

const instance: Handler = {
  defaults: {
    disableApiStop: false,
    disableApiTermination: false,
    ebsOptimized: false,
    monitoring: false,
    sourceDestCheck: true,
    tenancy: "default",
    userDataReplaceOnChange: false,
    instanceInitiatedShutdownBehavior: "stop",
  },
  plan({ records, region }, inputs) {
    const operation = "EC2: RunInstances";
    runsHere(inputs, operation);
    const itsSubnet = existing(
      records,
      SUBNET,
      inputs.subnetId,
      "InvalidSubnetID.NotFound",
      "subnet ID",
    );
    const zone = itsSubnet.state.availabilityZone;
    if (inputs.availabilityZone !== undefined && inputs.availabilityZone !== zone) {
      throw new AwsError(
        "InvalidParameterValue",
        `availabilityZone ${text(inputs.availabilityZone)} is not that of ${itsSubnet.id}, ` +
          text(zone),
        operation,
      );
    }
    const id = newId("i", records);
    const privateIp = addressIn(records, itsSubnet, inputs.privateIp);
    const hasPublicIp = inputs.associatePublicIpAddress ?? itsSubnet.state.mapPublicIpOnLaunch;
    const itsVpc = records.get(text(itsSubnet.inputs.vpcId));
    const publicIp = hasPublicIp === true ? privateIp : "";
    const dashed = privateIp.replaceAll(".", "-");
    const isFirst = region === "us-east-1";
    const hasPublicDns = publicIp !== "" && itsVpc?.state.enableDnsHostnames === true;
    return {
      id,
      state: {
        arn: arn(region, `instance/${id}`),
        associatePublicIpAddress: hasPublicIp === true,
        availabilityZone: zone,
        instanceState: "running",
        ipv6Addresses: [],
        keyName: keyNameOf(records, inputs.keyName),
        primaryNetworkInterfaceId: newId("eni", records),
        privateDns: `ip-${dashed}.${isFirst ? "ec2" : `${region}.compute`}.internal`,
        privateIp,
        publicDns: hasPublicDns
          ? `ec2-${dashed}.${isFirst ? "compute-1" : `${region}.compute`}.amazonaws.com`
          : "",
        publicIp,
        securityGroups: [],
        vpcSecurityGroupIds: groupsOf(records, inputs, itsSubnet),
        // For the boot alone: the key may be renamed away before the machine is there.
        ...(inputs.keyName === undefined
          ? {}
          : { bootKey: records.get(text(inputs.keyName))?.state.publicKey }),
      },
    };
  },
  async make(host, record) {
    const { bootKey, ...state } = record.state;
    record.state = state;
    const tags = (record.inputs.tags ?? {}) as Record<string, string>;
    await host.bootMachine({
      name: tags.Name ?? record.id,
      ip: text(state.privateIp),
      userData: userDataOf(record.inputs),
      publicKey: typeof bootKey === "string" ? bootKey : "",
      instanceId: record.id,
    });
  },
  change({ records }, current, wanted) {
    runsHere(wanted, "EC2: ModifyInstanceAttribute");
    const itsSubnet = records.get(text(current.inputs.subnetId));
    return {
      instanceState: "running",
      vpcSecurityGroupIds: itsSubnet
        ? groupsOf(records, wanted, itsSubnet)
        : current.state.vpcSecurityGroupIds,
    };
  },
  async apply(host, current, wanted) {
    const changed = (property: string) => current.inputs[property] !== wanted[property];
    const needsStop = ["instanceType", "userData", "userDataBase64", "ebsOptimized"].some(changed);
    if (needsStop) {
      if (current.inputs.disableApiStop === true && wanted.disableApiStop === true) {
        throw new AwsError(
          "OperationNotPermitted",
          `The instance '${current.id}' may not be stopped. Modify its 'disableApiStop' attribute`,
          "EC2: StopInstances",
        );
      }
      await host.stopMachine(current.id);
      await host.startMachine(current.id);
    }
  },
  mayDelete({ id, inputs }) {
    if (inputs.disableApiTermination === true && inputs.forceDestroy !== true) {
      throw new AwsError(
        "OperationNotPermitted",
        `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' attribute`,
        "EC2: TerminateInstances",
      );
    }
  },
  /** EC2 lets go of an instance's volumes when it is terminated. */
  async unmake(host, { id }, records) {
    const attached = [...records.values()].filter(
      ({ type, inputs }) => type === VOLUME_ATTACHMENT && inputs.instanceId === id,
    );
    try {
      await host.removeMachine(id);
    } catch (error) {
      // A machine that somebody else has taken away is as good as removed.
      if (await host.machineExists(id)) {
        throw error;
      }
    }
    for (const { inputs } of attached) {
      await host.detachVolume(text(inputs.volumeId));
    }
  },
};

/** Refuses an unknown AMI or instance type, two architectures and too much user data. */
function runsHere(inputs: Props, operation: string): void {
  const ami = text(inputs.ami);
  const instanceType = text(inputs.instanceType);
  const ofAmi = architectureOfAmi(ami);
  if (!ofAmi) {
    throw new AwsError(
      "InvalidAMIID.NotFound",
      `The image id '[${ami}]' does not exist; the lab has those of Canonical's public parameters`,
      operation,
    );
  }
  const ofType = architectureOfInstanceType(instanceType);
  if (!ofType) {
    throw new AwsError(
      "InvalidParameterValue",
      `Invalid value '${instanceType}' for InstanceType.`,
      operation,
    );
  }
  if (ofAmi !== ofType) {
    throw new AwsError(
      "InvalidParameterValue",
      `The architecture '${ofType}' of the specified instance type '${instanceType}' does not ` +
        `match the architecture '${ofAmi}' of the specified AMI '${ami}'.`,
      operation,
    );
  }
  const size = Buffer.byteLength(userDataOf(inputs));
  if (size > userDataLimit) {
    throw new AwsError(
      "InvalidParameterValue",
      `User data is limited to ${userDataLimit} bytes, got ${size}`,
      operation,
    );
  }
}

function userDataOf(inputs: Props): string {
  if (typeof inputs.userDataBase64 === "string") {
    return Buffer.from(inputs.userDataBase64, "base64").toString("utf8");
  }
  return typeof inputs.userData === "string" ? inputs.userData : "";
}

/** The address that the program asked for, if it can be had; else the first free one. */
function addressIn(records: Records, itsSubnet: AwsRecord, wanted: unknown): string {
  const operation = "EC2: RunInstances";
  const range = network(itsSubnet.inputs.cidrBlock);
  const taken = new Map(
    [...records.values()]
      .filter(({ type }) => type === INSTANCE)
      .filter(({ inputs }) => inputs.subnetId === itsSubnet.id)
      .map(({ id, state }) => [text(state.privateIp), id]),
  );
  if (wanted === undefined) {
    for (let value = range.first + 4; value < range.last; value++) {
      if (!taken.has(toAddress(value))) {
        return toAddress(value);
      }
    }
    throw new AwsError(
      "InsufficientFreeAddressesInSubnet",
      `no free address in ${itsSubnet.id} (${range.cidr})`,
      operation,
    );
  }
  const address = text(wanted);
  const value = toNumber(address);
  if (value < range.first || value > range.last) {
    throw new AwsError(
      "InvalidParameterValue",
      `Address ${address} does not fall within the subnet's address range ${range.cidr}`,
      operation,
    );
  }
  if (isReserved(range, address)) {
    throw new AwsError(
      "InvalidParameterValue",
      `Address ${address} is in the subnet's reserved address range: AWS keeps the first four ` +
        `addresses and the last one of ${range.cidr}`,
      operation,
    );
  }
  if (taken.has(address)) {
    throw new AwsError(
      "InvalidIPAddress.InUse",
      `Address ${address} is in use by ${taken.get(address) ?? ""}`,
      operation,
    );
  }
  return address;
}

function keyNameOf(records: Records, keyName: unknown): string {
  if (keyName === undefined) {
    return "";
  }
  if (records.get(text(keyName))?.type !== KEY_PAIR) {
    throw new AwsError(
      "InvalidKeyPair.NotFound",
      `The key pair '${text(keyName)}' does not exist`,
      "EC2: RunInstances",
    );
  }
  return text(keyName);
}

function groupsOf(records: Records, inputs: Props, itsSubnet: AwsRecord): string[] {
  const vpcId = itsSubnet.inputs.vpcId;
  const wanted = (inputs.vpcSecurityGroupIds ?? []) as string[];
  for (const id of wanted) {
    if (groupExists(records, id).vpcId !== vpcId) {
      throw new AwsError(
        "InvalidParameter",
        `Security group ${id} and subnet ${itsSubnet.id} belong to different networks.`,
        "EC2: RunInstances",
      );
    }
  }
  const ofVpc = records.get(text(vpcId))?.state.defaultSecurityGroupId;
  return wanted.length > 0 ? wanted : [text(ofVpc)];
}

const volume: Handler = {
  defaults: { encrypted: false, type: "gp2" },
  plan({ records, region }, inputs) {
    zoneOf(inputs, region, "EC2: CreateVolume");
    const size = Number(inputs.size);
    if (!Number.isInteger(size) || size < 1 || size > 65_536) {
      throw new AwsError(
        "InvalidParameterValue",
        `Volume of ${text(inputs.size)} GiB is invalid: expected 1 to 65536`,
        "EC2: CreateVolume",
      );
    }
    const id = newId("vol", records);
    return {
      id,
      state: { arn: arn(region, `volume/${id}`), createTime: new Date().toISOString() },
    };
  },
  make: (host, { id, inputs }) => host.createVolume(id, Number(inputs.size)),
  change(_context, current, wanted) {
    if (Number(wanted.size) < Number(current.inputs.size)) {
      throw new AwsError(
        "InvalidParameterValue",
        `New size cannot be smaller than existing size: ${text(wanted.size)} < ` +
          `${text(current.inputs.size)} GiB`,
        "EC2: ModifyVolume",
      );
    }
    return {};
  },
  async apply(host, { id, inputs }, wanted) {
    if (wanted.size === inputs.size) {
      return;
    }
    if (!host.growVolume) {
      throw new Error(
        `${id}: the lab's disks do not grow (asked for ${text(wanted.size)} GiB, it has ` +
          `${text(inputs.size)})`,
      );
    }
    await host.growVolume(id, Number(wanted.size));
  },
  blockedCode: "VolumeInUse",
  blockers: ({ id }, records) =>
    [...records.values()]
      .filter(({ type, inputs }) => type === VOLUME_ATTACHMENT && inputs.volumeId === id)
      .map(({ inputs }) => text(inputs.instanceId)),
  unmake: (host, { id }) => host.deleteVolume(id),
};

const volumeAttachment: Handler = {
  defaults: { forceDetach: false, skipDestroy: false, stopInstanceBeforeDetaching: false },
  plan({ records }, inputs) {
    const operation = "EC2: AttachVolume";
    const itsVolume = existing(
      records,
      VOLUME,
      inputs.volumeId,
      "InvalidVolume.NotFound",
      "volume",
    );
    const itsInstance = existing(
      records,
      INSTANCE,
      inputs.instanceId,
      "InvalidInstanceID.NotFound",
      "instance ID",
    );
    const zone = itsInstance.state.availabilityZone;
    if (itsVolume.inputs.availabilityZone !== zone) {
      throw new AwsError(
        "InvalidVolume.ZoneMismatch",
        `The volume '${itsVolume.id}' is not in the same availability zone as instance ` +
          `'${itsInstance.id}': ${text(itsVolume.inputs.availabilityZone)}, ${text(zone)}`,
        operation,
      );
    }
    const attachments = [...records.values()].filter(({ type }) => type === VOLUME_ATTACHMENT);
    const already = attachments.find((other) => other.inputs.volumeId === itsVolume.id);
    // The provider takes an attachment that is there for its own: an update may have been killed.
    const isThere =
      already?.inputs.instanceId === itsInstance.id &&
      already.inputs.deviceName === inputs.deviceName;
    if (already && !isThere) {
      throw new AwsError(
        "VolumeInUse",
        `${itsVolume.id} is already attached to an instance: ${text(already.inputs.instanceId)}`,
        operation,
      );
    }
    const onDevice = attachments.find(
      (other) =>
        other.inputs.instanceId === itsInstance.id && other.inputs.deviceName === inputs.deviceName,
    );
    if (onDevice && !isThere) {
      throw new AwsError(
        "InvalidParameterValue",
        `Invalid value '${text(inputs.deviceName)}' for unixDevice. Attachment point is ` +
          `already in use by ${text(onDevice.inputs.volumeId)}`,
        operation,
      );
    }
    const hash = createHash("sha256").update(
      `${text(inputs.deviceName)}${itsInstance.id}${itsVolume.id}`,
    );
    return { id: `vai-${hash.digest().readUInt32BE(0)}`, state: {} };
  },
  make: (host, { inputs }) => host.attachVolume(text(inputs.volumeId), text(inputs.instanceId)),
  async unmake(host, { inputs }) {
    if (inputs.skipDestroy === true) {
      return;
    }
    const instanceId = text(inputs.instanceId);
    if (inputs.stopInstanceBeforeDetaching === true) {
      if (!(await host.machineExists(instanceId))) {
        throw new AwsError(
          "IncorrectInstanceState",
          `This instance '${instanceId}' is not in a state from which it can be stopped.`,
          "EC2: StopInstances",
        );
      }
      await host.stopMachine(instanceId);
    }
    await host.detachVolume(text(inputs.volumeId));
  },
};

/** What each type does. */
export const handlers: Record<string, Handler> = {
  [VPC]: vpc,
  [SUBNET]: subnet,
  [INTERNET_GATEWAY]: internetGateway,
  [ROUTE_TABLE]: routeTable,
  [ROUTE]: route,
  [ROUTE_TABLE_ASSOCIATION]: routeTableAssociation,
  [SECURITY_GROUP]: securityGroup,
  [INGRESS_RULE]: securityGroupRule(INGRESS_RULE),
  [EGRESS_RULE]: securityGroupRule(EGRESS_RULE),
  [KEY_PAIR]: keyPair,
  [INSTANCE]: instance,
  [VOLUME]: volume,
  [VOLUME_ATTACHMENT]: volumeAttachment,
};

function arn(region: string, what: string): string {
  return `arn:aws:ec2:${region}:${ACCOUNT}:${what}`;
}

function network(cidr: unknown): Network {
  const parsed = parseCidr(text(cidr));
  if (!parsed) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text(cidr)}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  return parsed;
}

function zoneOf(inputs: Props, region: string, operation: string): string {
  const zones = zonesOf(region);
  const byId = zones[zoneIdsOf(region).indexOf(text(inputs.availabilityZoneId))];
  const zone = text(inputs.availabilityZone ?? byId ?? zones[0]);
  const isKnownId = inputs.availabilityZoneId === undefined || byId !== undefined;
  if (!zones.includes(zone) || !isKnownId) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text(inputs.availabilityZone ?? inputs.availabilityZoneId)}) for parameter ` +
        `availabilityZone is invalid. ${region} has ${zones.join(", ")}.`,
      operation,
    );
  }
  return zone;
}

function existing(
  records: Records,
  type: string,
  id: unknown,
  code: string,
  what: string,
): AwsRecord {
  const record = records.get(text(id));
  if (record?.type !== type) {
    throw new AwsError(code, `The ${what} '${text(id)}' does not exist`);
  }
  return record;
}

function idsWhere(records: Records, matches: (record: AwsRecord) => boolean): string[] {
  return [...records.values()].filter(matches).map(({ id }) => id);
}
