import { createHash } from "node:crypto";
import { isReserved, toAddress, toNumber } from "../addresses";
import { architectureOfAmi, architectureOfInstanceType } from "../catalog";
import { AwsError } from "../errors";
import type { MachineHost } from "../machineHost";
import { INSTANCE, KEY_PAIR, SUBNET, VOLUME_ATTACHMENT, VPC } from "../schema";
import { type AwsRecord, find, keyOf, newId, type Props, type Records } from "../store";
import { text } from "../text";
import { arn, existing, network } from "./common";
import type { Handler } from "./handler";
import { profileUsable } from "./role";
import { groupExists } from "./securityGroup";

export const keyPair: Handler = {
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
    if (records.has(keyOf(KEY_PAIR, keyName))) {
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
        keyPairId: newId("key"),
        keyType: algorithm === "ssh-rsa" ? "rsa" : "ed25519",
        publicKey,
      },
    };
  },
};

const userDataLimit = 16_384;

export const instance: Handler = {
  defaults: {
    iamInstanceProfile: "",
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
    profileUsable(records, inputs.iamInstanceProfile, operation);
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
    const id = newId("i");
    const privateIp = addressIn(records, itsSubnet, inputs.privateIp);
    const hasPublicIp = inputs.associatePublicIpAddress ?? itsSubnet.state.mapPublicIpOnLaunch;
    const itsVpc = find(records, VPC, itsSubnet.inputs.vpcId);
    const hasPublicDns = hasPublicIp === true && itsVpc?.state.enableDnsHostnames === true;
    const dashed = privateIp.replaceAll(".", "-");
    const isFirst = region === "us-east-1";
    return {
      id,
      state: {
        arn: arn(region, `instance/${id}`),
        associatePublicIpAddress: hasPublicIp === true,
        availabilityZone: zone,
        instanceState: "running",
        ipv6Addresses: [],
        keyName: keyNameOf(records, inputs.keyName),
        primaryNetworkInterfaceId: newId("eni"),
        privateDns: `ip-${dashed}.${isFirst ? "ec2" : `${region}.compute`}.internal`,
        privateIp,
        publicIp: "",
        // With the address that it is given when it boots.
        publicDns: hasPublicDns
          ? `ec2-0-0-0-0.${isFirst ? "compute-1" : `${region}.compute`}.amazonaws.com`
          : "",
        securityGroups: [],
        vpcSecurityGroupIds: groupsOf(records, inputs, itsSubnet),
        // For the boot alone: the key may be renamed away before the machine is there.
        ...(inputs.keyName === undefined
          ? {}
          : { bootKey: find(records, KEY_PAIR, inputs.keyName)?.state.publicKey }),
      },
    };
  },
  async make({ machines }, record) {
    const { bootKey, ...state } = record.state;
    const tags = (record.inputs.tags ?? {}) as Record<string, string>;
    await machines.bootMachine({
      name: tags.Name ?? record.id,
      ip: text(state.privateIp),
      userData: userDataOf(record.inputs),
      publicKey: typeof bootKey === "string" ? bootKey : "",
      instanceId: record.id,
      hasPublicAddress: state.associatePublicIpAddress === true,
    });
    record.state = { ...state, ...(await publicAddressOf(machines, record)) };
  },
  change({ records }, current, wanted) {
    runsHere(wanted, "EC2: ModifyInstanceAttribute");
    const operation = "EC2: AssociateIamInstanceProfile";
    profileUsable(records, wanted.iamInstanceProfile, operation);
    const itsSubnet = find(records, SUBNET, current.inputs.subnetId);
    return {
      instanceState: "running",
      // It is launched with it or not; the inputs may have what was read while it was stopped.
      associatePublicIpAddress: current.state.associatePublicIpAddress,
      vpcSecurityGroupIds: itsSubnet
        ? groupsOf(records, wanted, itsSubnet)
        : current.state.vpcSecurityGroupIds,
    };
  },
  async apply({ machines }, current, wanted) {
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
      await machines.stopMachine(current.id);
      await machines.startMachine(current.id);
    }
  },
  /**
   * A stopped instance has no public address. The provider reads from that that it was launched
   * without one, as it finds it nowhere else (hashicorp/terraform-provider-aws#33775).
   */
  async observe({ machines }, { id, inputs, state }) {
    const [its, runs] = await Promise.all([
      publicAddressOf(machines, { id, state }),
      machines.machineRuns(id),
    ]);
    const associatePublicIpAddress = its.publicIp !== "";
    const instanceState = runs ? "running" : "stopped";
    return {
      state: { ...state, ...its, associatePublicIpAddress, instanceState },
      inputs:
        inputs.associatePublicIpAddress === undefined
          ? inputs
          : { ...inputs, associatePublicIpAddress },
    };
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
  async unmake({ machines }, { id }, records) {
    const attached = [...records.values()].filter(
      ({ type, inputs }) => type === VOLUME_ATTACHMENT && inputs.instanceId === id,
    );
    try {
      await machines.removeMachine(id);
    } catch (error) {
      // A machine that somebody else has taken away is as good as removed.
      if (await machines.machineExists(id)) {
        throw error;
      }
    }
    for (const { inputs } of attached) {
      await machines.detachVolume(text(inputs.volumeId));
    }
  },
};

/** The public address that an instance has now, and the name that goes with it. */
async function publicAddressOf(
  machines: MachineHost,
  { id, state }: Pick<AwsRecord, "id" | "state">,
): Promise<{ publicIp: string; publicDns: string }> {
  const publicIp = await machines.publicAddress(id);
  const name = `ec2-${publicIp.replaceAll(".", "-")}`;
  const publicDns = publicIp === "" ? "" : text(state.publicDns).replace(/^ec2-[\d-]+/, name);
  return { publicIp, publicDns };
}

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
  if (!find(records, KEY_PAIR, keyName)) {
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
  const ofVpc = find(records, VPC, vpcId)?.state.defaultSecurityGroupId;
  return wanted.length > 0 ? wanted : [text(ofVpc)];
}
