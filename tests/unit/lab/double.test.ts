import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { architectureOfInstanceType, zoneIdsOf } from "../../../lab/aws/catalog";
import { AwsDouble } from "../../../lab/aws/double";
import {
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
} from "../../../lab/aws/schema";
import type { Props } from "../../../lab/aws/store";
import { imageId, makeNetwork, publicKey } from "./awsNetwork";
import { FakeHost } from "./fakeHost";
import { tempFolder } from "../../tempFolder";

let file: string;
let host: FakeHost;
let aws: AwsDouble;

beforeEach(() => {
  file = path.join(tempFolder(), "aws.json");
  host = new FakeHost();
  aws = new AwsDouble(file, host, { dependencyWaitSeconds: 0 });
});

const make = async (type: string, inputs: Props, name = "it") =>
  (await aws.create(type, name, inputs)).id;

const ami = (architecture?: string) => imageId(aws, architecture);
const network = () => makeNetwork(aws);

describe("creating", () => {
  it("boots a machine and tells what EC2 would tell of it", async () => {
    const { instance, subnetId } = await network();
    const { id, state } = await aws.create(INSTANCE, "c", {
      ...instance,
      associatePublicIpAddress: true,
    });

    expect(id).toMatch(/^i-0[0-9a-f]{16}$/);
    expect(host.booted).toEqual([
      {
        name: "controller-0",
        ip: "10.0.1.10",
        userData: "#cloud-config",
        publicKey,
        instanceId: id,
        hasPublicAddress: true,
      },
    ]);
    expect(state).toMatchObject({
      privateIp: "10.0.1.10",
      publicIp: "203.0.113.10",
      privateDns: "ip-10-0-1-10.ec2.internal",
      availabilityZone: "us-east-1a",
      instanceState: "running",
      subnetId,
      arn: `arn:aws:ec2:us-east-1:123456789012:instance/${id}`,
      tagsAll: { Name: "controller-0" },
    });
    expect(state.primaryNetworkInterfaceId).toMatch(/^eni-0[0-9a-f]{16}$/);
    expect(state).not.toHaveProperty("bootKey");
  });

  it("gives free addresses, and public ones only where the subnet or the instance says so", async () => {
    const { instance } = await network();
    const anyAddress = { ...instance, privateIp: undefined };
    const [first, second] = await Promise.all([
      aws.create(INSTANCE, "a", anyAddress),
      aws.create(INSTANCE, "b", anyAddress),
    ]);
    expect([first.state.privateIp, second.state.privateIp].sort()).toEqual([
      "10.0.1.4",
      "10.0.1.5",
    ]);
    expect(first.state.publicIp).toBe("");
  });

  it("keeps its records for the next process", async () => {
    const { vpcId } = await network();
    const later = new AwsDouble(file, host);
    const found = await later.invoke("aws:ec2/getVpc:getVpc", { id: vpcId });
    expect(found.cidrBlock).toBe("10.0.0.0/16");
  });

  it("boots in parallel, and still gives an address to one instance alone", async () => {
    const { instance } = await network();
    host.bootSeconds = 0.2;
    const results = await Promise.allSettled([
      make(INSTANCE, instance),
      make(INSTANCE, { ...instance, privateIp: "10.0.1.11" }),
      make(INSTANCE, instance),
    ]);
    expect(host.mostBooting).toBe(2);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  });

  it("forgets a machine that did not boot", async () => {
    const { instance } = await network();
    host.bootError = new Error("no room");
    await expect(make(INSTANCE, instance)).rejects.toThrow("no room");
    host.bootError = undefined;
    await expect(make(INSTANCE, instance)).resolves.toMatch(/^i-/);
  });

  it("names key pairs and security groups as Pulumi does, and keeps the name", async () => {
    const first = await aws.check(KEY_PAIR, { publicKey }, { name: "etcd" });
    expect(first.inputs.keyName).toMatch(/^etcd-[0-9a-f]{7}$/);
    const again = await aws.check(KEY_PAIR, { publicKey }, { name: "etcd", olds: first.inputs });
    expect(again.inputs).toEqual(first.inputs);
  });
});

describe("what EC2 refuses of an instance", () => {
  it.each<[string, Props, string]>([
    ["an unknown subnet", { subnetId: "subnet-0123" }, "InvalidSubnetID.NotFound"],
    ["an address elsewhere", { privateIp: "10.0.2.10" }, "InvalidParameterValue"],
    ["a malformed address", { privateIp: "10.0.1" }, "expected an IPv4 address"],
    ["the network's address", { privateIp: "10.0.1.0" }, "reserved address range"],
    ["the router's address", { privateIp: "10.0.1.1" }, "reserved address range"],
    ["the fourth address", { privateIp: "10.0.1.3" }, "reserved address range"],
    ["the last address", { privateIp: "10.0.1.255" }, "reserved address range"],
    ["an unknown group", { vpcSecurityGroupIds: ["sg-0123"] }, "InvalidGroup.NotFound"],
    ["an unknown key", { keyName: "nobody" }, "InvalidKeyPair.NotFound"],
    ["an unknown image", { ami: "ami-0123456789abcdef0" }, "InvalidAMIID.NotFound"],
    ["an unknown type", { instanceType: "t3.gigantic" }, "InvalidParameterValue"],
    ["another architecture", { instanceType: "t4g.small" }, "does not match the architecture"],
    ["another zone", { availabilityZone: "us-east-1b" }, "InvalidParameterValue"],
    ["too much user data", { userData: "x".repeat(16_385) }, "limited to 16384 bytes"],
    ["a property it does not know", { hibernation: true }, "hibernation"],
    ["a nested property it does not know", { metadataOptions: { tokens: 1 } }, "tokens"],
  ])("%s", async (_what, change, message) => {
    const { instance } = await network();
    await expect(make(INSTANCE, { ...instance, ...change })).rejects.toThrow(message);
    expect(host.booted).toEqual([]);
  });

  it("an address in use", async () => {
    const { instance } = await network();
    const id = await make(INSTANCE, instance);
    await expect(make(INSTANCE, instance)).rejects.toThrow(
      `InvalidIPAddress.InUse: Address 10.0.1.10 is in use by ${id}`,
    );
  });

  it("a group of another network", async () => {
    const { instance } = await network();
    const other = await make(VPC, { cidrBlock: "10.1.0.0/16" });
    const group = await make(SECURITY_GROUP, { vpcId: other });
    await expect(make(INSTANCE, { ...instance, vpcSecurityGroupIds: [group] })).rejects.toThrow(
      "belong to different networks",
    );
  });
});

describe("what EC2 refuses of a network", () => {
  it.each<[string, Props, string]>([
    ["overlapping", { cidrBlock: "10.0.1.128/25" }, "InvalidSubnet.Conflict"],
    ["outside the VPC", { cidrBlock: "10.1.0.0/24" }, "InvalidSubnet.Range"],
    ["too small", { cidrBlock: "10.0.2.0/29" }, "InvalidSubnet.Range"],
    ["with host bits", { cidrBlock: "10.0.2.5/24" }, 'did you mean "10.0.2.0/24"?'],
    ["in an unknown VPC", { vpcId: "vpc-0123" }, "InvalidVpcID.NotFound"],
    ["in an unknown zone", { availabilityZone: "us-east-1z" }, "InvalidParameterValue"],
  ])("a subnet %s", async (_what, change, message) => {
    const { vpcId } = await network();
    await expect(make(SUBNET, { vpcId, cidrBlock: "10.0.2.0/24", ...change })).rejects.toThrow(
      message,
    );
  });

  it.each([
    ["10.0.0.0/8", "InvalidVpc.Range"],
    ["10.0.0.0/30", "InvalidVpc.Range"],
    ["10.0.0/16", "not a valid IPv4 CIDR block"],
  ])("a VPC of %s", async (cidrBlock, message) => {
    await expect(make(VPC, { cidrBlock })).rejects.toThrow(message);
  });

  it("a second gateway, a route twice, a subnet with two tables", async () => {
    const { vpcId, subnetId } = await network();
    const gatewayId = await make(INTERNET_GATEWAY, { vpcId });
    await expect(make(INTERNET_GATEWAY, { vpcId })).rejects.toThrow("Resource.AlreadyAssociated");

    const routeTableId = await make(ROUTE_TABLE, { vpcId });
    const route = { routeTableId, gatewayId, destinationCidrBlock: "0.0.0.0/0" };
    await make(ROUTE, route);
    await expect(make(ROUTE, route)).rejects.toThrow("RouteAlreadyExists");

    await make(ROUTE_TABLE_ASSOCIATION, { subnetId, routeTableId });
    await expect(make(ROUTE_TABLE_ASSOCIATION, { subnetId, routeTableId })).rejects.toThrow(
      "Resource.AlreadyAssociated",
    );
    await expect(aws.delete(ROUTE_TABLE, routeTableId)).rejects.toThrow("DependencyViolation");
  });

  it.each<[string, Props, string]>([
    ["a bad CIDR", { cidrIpv4: "10.0.0.0/33" }, "not a valid IPv4 CIDR block"],
    ["host bits", { cidrIpv4: "10.0.0.7/24" }, 'did you mean "10.0.0.0/24"?'],
    ["a bad IPv6 CIDR", { cidrIpv4: undefined, cidrIpv6: "::/200" }, "not a valid IPv6 CIDR"],
    ["no peer", { cidrIpv4: undefined }, "exactly one of"],
    ["two peers", { cidrIpv6: "::/0" }, "exactly one of"],
    ["one port", { toPort: undefined }, "needs both fromPort and toPort"],
    ["ports the wrong way", { fromPort: 23 }, "Invalid TCP port range (23-22)"],
    ["ports of all traffic", { ipProtocol: "-1" }, "ports must not be set"],
    ["an unknown protocol", { ipProtocol: "ssh" }, '"ssh" is not tcp'],
    ["an unknown group", { securityGroupId: "sg-0123" }, "InvalidGroup.NotFound"],
    [
      "an unknown peer group",
      { cidrIpv4: undefined, referencedSecurityGroupId: "sg-0123" },
      "InvalidGroup.NotFound",
    ],
  ])("a rule with %s", async (_what, change, message) => {
    const { vpcId } = await network();
    const securityGroupId = await make(SECURITY_GROUP, { vpcId });
    const rule: Props = {
      securityGroupId,
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      cidrIpv4: "10.0.0.0/8",
    };
    await expect(make(INGRESS_RULE, { ...rule, ...change })).rejects.toThrow(message);
    await make(INGRESS_RULE, rule);
    await expect(make(INGRESS_RULE, rule)).rejects.toThrow("InvalidPermission.Duplicate");
  });

  it.each([
    ["an ECDSA key", "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY="],
    ["no key at all", "ssh-ed25519 hello"],
  ])("%s as a key pair", async (_what, key) => {
    await expect(make(KEY_PAIR, { publicKey: key })).rejects.toThrow("InvalidKey.Format");
  });
});

describe("volumes", () => {
  const attach = async () => {
    const { instance } = await network();
    const instanceId = await make(INSTANCE, instance);
    const volumeId = await make(VOLUME, { availabilityZone: "us-east-1a", size: 8 });
    const attachment = { instanceId, volumeId, deviceName: "/dev/sdf" };
    const id = await make(VOLUME_ATTACHMENT, attachment);
    return { id, instanceId, volumeId, attachment };
  };

  it("are attached and detached, and survive their instance", async () => {
    const { id, instanceId, volumeId } = await attach();
    await expect(aws.delete(VOLUME, volumeId)).rejects.toThrow("VolumeInUse");
    await aws.delete(INSTANCE, instanceId);
    await aws.delete(VOLUME_ATTACHMENT, id);
    await aws.delete(VOLUME, volumeId);
    expect(host.calls.slice(-5)).toEqual([
      "createVolume 8",
      "attachVolume",
      "removeMachine",
      "detachVolume",
      "deleteVolume",
    ]);
  });

  it("take what is attached already for their own, as after an update that was killed", async () => {
    const { attachment } = await attach();
    await expect(make(VOLUME_ATTACHMENT, attachment)).resolves.toMatch(/^vai-/);
  });

  it("do not stop an instance that is gone, and say so", async () => {
    const { attachment } = await attach();
    const stopping = { ...attachment, stopInstanceBeforeDetaching: true };
    const id = await make(VOLUME_ATTACHMENT, stopping);
    await host.removeMachine(attachment.instanceId);
    await expect(aws.delete(VOLUME_ATTACHMENT, id)).rejects.toThrow("IncorrectInstanceState");
  });

  it("refuse another zone, a second instance, a taken device name and shrinking; growing is let", async () => {
    const { attachment, volumeId } = await attach();
    const there = await make(VOLUME, { availabilityZone: "us-east-1b", size: 8 });
    const here = await make(VOLUME, { availabilityZone: "us-east-1a", size: 8 });
    await expect(make(VOLUME_ATTACHMENT, { ...attachment, volumeId: there })).rejects.toThrow(
      "InvalidVolume.ZoneMismatch",
    );
    const elsewhere = { ...attachment, deviceName: "/dev/sdz" };
    await expect(make(VOLUME_ATTACHMENT, elsewhere)).rejects.toThrow("VolumeInUse");
    await expect(make(VOLUME_ATTACHMENT, { ...attachment, volumeId: here })).rejects.toThrow(
      "already in use",
    );
    const volume = { availabilityZone: "us-east-1a", size: 8 };
    const size = (GiB: number) => aws.update(VOLUME, volumeId, volume, { ...volume, size: GiB });
    await expect(size(4)).rejects.toThrow("cannot be smaller");
    await size(16);
    expect(host.calls.at(-1)).toBe("growVolume 16");
  });
});

describe("a stopped instance", () => {
  const publicInstance = async () => {
    const { instance } = await network();
    const inputs = { ...instance, associatePublicIpAddress: true };
    const { id } = await aws.create(INSTANCE, "c", inputs);
    return { id, inputs };
  };

  it("is read as one that was launched without a public address, until it is started", async () => {
    const { id, inputs } = await publicInstance();
    await host.stopMachine(id);
    const stopped = await aws.read(INSTANCE, id);
    expect(stopped).toMatchObject({
      state: {
        instanceState: "stopped",
        associatePublicIpAddress: false,
        publicIp: "",
        privateIp: "10.0.1.10",
      },
      inputs: { associatePublicIpAddress: false },
    });
    // What a refresh and an update make of it, unless the program ignores the difference.
    expect(await aws.diff(INSTANCE, stopped!.inputs, inputs)).toMatchObject({
      replaces: ["associatePublicIpAddress"],
    });
    await host.startMachine(id);
    expect(await aws.read(INSTANCE, id)).toMatchObject({
      state: {
        instanceState: "running",
        associatePublicIpAddress: true,
        // Another one than before.
        publicIp: "203.0.114.10",
      },
      inputs: { associatePublicIpAddress: true },
    });
  });

  it("is still one with a public address after a change with what was read of it", async () => {
    const { id, inputs } = await publicInstance();
    await host.stopMachine(id);
    const { inputs: read } = (await aws.read(INSTANCE, id))!;
    const update = aws.update(INSTANCE, id, read, { ...read, instanceType: "t3.large" });
    await expect(update).resolves.toMatchObject({ publicIp: "203.0.114.10" });
    expect(await aws.read(INSTANCE, id)).toMatchObject({
      state: { instanceState: "running", associatePublicIpAddress: true },
      inputs: { ...inputs, instanceType: "t3.large" },
    });
  });
});

describe("a creation that is to fail", () => {
  it("fails once, with EC2's code, and makes nothing", async () => {
    const { instance } = await network();
    aws.failNext(INSTANCE, "InsufficientInstanceCapacity");
    await expect(make(INSTANCE, instance)).rejects.toThrow(
      "api error InsufficientInstanceCapacity: ",
    );
    expect(host.booted).toEqual([]);
    await make(INSTANCE, instance);
  });

  it("is that of the resource that was named", async () => {
    const { instance } = await network();
    aws.failNext(INSTANCE, "InstanceLimitExceeded", "b");
    await make(INSTANCE, instance, "a");
    const other = { ...instance, privateIp: "10.0.1.11" };
    await expect(make(INSTANCE, other, "b")).rejects.toThrow("InstanceLimitExceeded");
    await make(INSTANCE, other, "b");
  });

  it("is of a type that there is", () => {
    expect(() => aws.failNext("aws:ec2/eip:Eip", "AddressLimitExceeded")).toThrow("has no aws:ec2");
  });
});

describe("deleting", () => {
  it("refuses what others depend on, and waits for them to go", async () => {
    const { vpcId, subnetId, instance } = await network();
    const group = await make(SECURITY_GROUP, { vpcId });
    const id = await make(INSTANCE, { ...instance, vpcSecurityGroupIds: [group] });

    await expect(aws.delete(VPC, vpcId)).rejects.toThrow("DependencyViolation");
    await expect(aws.delete(SUBNET, subnetId)).rejects.toThrow("DependencyViolation");
    await expect(aws.delete(SECURITY_GROUP, group)).rejects.toThrow("DependencyViolation");

    const patient = new AwsDouble(file, host, { dependencyWaitSeconds: 5 });
    await Promise.all([patient.delete(SUBNET, subnetId), patient.delete(INSTANCE, id)]);
    await patient.delete(SECURITY_GROUP, group);
    await patient.delete(VPC, vpcId);
    expect((await patient.list()).map(({ type }) => type)).toEqual([KEY_PAIR]);
  });

  it("refuses a group that another group's rule names, not one that names itself", async () => {
    const { vpcId } = await network();
    const [a, b] = [
      await make(SECURITY_GROUP, { vpcId, name: "a" }),
      await make(SECURITY_GROUP, { vpcId, name: "b" }),
    ];
    const rule = (securityGroupId: string, referencedSecurityGroupId: string) =>
      make(INGRESS_RULE, { securityGroupId, referencedSecurityGroupId, ipProtocol: "-1" });
    await rule(a, a);
    const cross = await rule(b, a);
    await expect(aws.delete(SECURITY_GROUP, a)).rejects.toThrow("DependencyViolation");
    await aws.delete(INGRESS_RULE, cross);
    await aws.delete(SECURITY_GROUP, a);
  });

  it("refuses a protected instance", async () => {
    const { instance } = await network();
    const id = await make(INSTANCE, { ...instance, disableApiTermination: true });
    await expect(aws.delete(INSTANCE, id)).rejects.toThrow("OperationNotPermitted");
  });

  it("succeeds for an instance whose machine is gone already, and frees its address", async () => {
    const { instance } = await network();
    const id = await make(INSTANCE, instance);
    host.machines.clear();
    await aws.delete(INSTANCE, id);
    await aws.delete(INSTANCE, id);
    await make(INSTANCE, instance);
  });

  it("notices by reading that a machine is gone", async () => {
    const { instance } = await network();
    const id = await make(INSTANCE, instance);
    expect(await aws.read(INSTANCE, id)).toMatchObject({ state: { privateIp: "10.0.1.10" } });
    host.machines.clear();
    expect(await aws.read(INSTANCE, id)).toBeUndefined();
    await make(INSTANCE, instance);
  });
});

describe("changing", () => {
  const base: Record<string, Props> = {
    [INSTANCE]: {
      ami: "ami-1",
      instanceType: "t3.small",
      subnetId: "subnet-1",
      privateIp: "10.0.1.10",
      keyName: "key",
      userData: "a",
      vpcSecurityGroupIds: ["sg-1", "sg-2"],
    },
    [SUBNET]: { cidrBlock: "10.0.1.0/24", availabilityZone: "us-east-1a", vpcId: "vpc-1" },
    [VOLUME]: { availabilityZone: "us-east-1a", size: 8 },
    [SECURITY_GROUP]: { name: "a", description: "b", vpcId: "vpc-1" },
    [INGRESS_RULE]: { securityGroupId: "sg-1", ipProtocol: "tcp", cidrIpv4: "10.0.0.0/8" },
    [VOLUME_ATTACHMENT]: { instanceId: "i-1", volumeId: "vol-1", deviceName: "/dev/sdf" },
  };

  it.each<[string, Props, string[]]>([
    [INSTANCE, { ami: "ami-2" }, ["ami"]],
    [INSTANCE, { keyName: "other" }, ["keyName"]],
    [INSTANCE, { subnetId: "subnet-2" }, ["subnetId"]],
    [INSTANCE, { privateIp: "10.0.1.11" }, ["privateIp"]],
    [INSTANCE, { userData: "b" }, []],
    [INSTANCE, { userData: "b", userDataReplaceOnChange: true }, ["userData"]],
    [INSTANCE, { instanceType: "t3.large" }, []],
    [INSTANCE, { instanceType: "t4g.small" }, ["instanceType"]],
    [INSTANCE, { tags: { Name: "x" } }, []],
    [INSTANCE, { rootBlockDevice: { encrypted: true } }, ["rootBlockDevice"]],
    [INSTANCE, { rootBlockDevice: { volumeSize: 20 } }, []],
    [SUBNET, { cidrBlock: "10.0.2.0/24" }, ["cidrBlock"]],
    [SUBNET, { availabilityZone: "us-east-1b" }, ["availabilityZone"]],
    [SUBNET, { vpcId: "vpc-2" }, ["vpcId"]],
    [SUBNET, { mapPublicIpOnLaunch: true }, []],
    [VOLUME, { availabilityZone: "us-east-1b" }, ["availabilityZone"]],
    [VOLUME, { size: 16 }, []],
    [SECURITY_GROUP, { description: "c" }, ["description"]],
    [INGRESS_RULE, { cidrIpv4: "10.0.0.0/16" }, []],
    [INGRESS_RULE, { securityGroupId: "sg-2" }, ["securityGroupId"]],
    [VOLUME_ATTACHMENT, { instanceId: "i-2" }, ["instanceId"]],
    [VOLUME_ATTACHMENT, { stopInstanceBeforeDetaching: true }, []],
  ])("%s %o replaces for %j", async (type, change, replaces) => {
    const olds = base[type] as Props;
    const diff = await aws.diff(type, olds, { ...olds, ...change });
    expect(diff).toMatchObject({ changes: true, replaces });
  });

  it("sees no change in another order of groups, or of keys", async () => {
    const olds = { ...base[INSTANCE], tags: { a: "1", b: "2" } };
    const news = { ...olds, vpcSecurityGroupIds: ["sg-2", "sg-1"], tags: { b: "2", a: "1" } };
    expect(await aws.diff(INSTANCE, olds, news)).toMatchObject({ changes: false, replaces: [] });
  });

  it("deletes first where two of one name cannot be", async () => {
    const olds = base[SECURITY_GROUP] as Props;
    const change = { description: "c" };
    expect(await aws.diff(SECURITY_GROUP, olds, { ...olds, ...change })).toMatchObject({
      deleteBeforeReplace: true,
    });
    expect(await aws.diff(SECURITY_GROUP, olds, { ...olds, ...change, name: "new" })).toMatchObject(
      { deleteBeforeReplace: false },
    );
  });

  it("stops and starts for another type, not for another tag", async () => {
    const { instance } = await network();
    const { id } = await aws.create(INSTANCE, "c", instance);
    const tagged = await aws.update(INSTANCE, id, instance, { ...instance, tags: { Name: "x" } });
    expect(tagged).toMatchObject({ tags: { Name: "x" }, tagsAll: { Name: "x" } });
    expect(host.calls).not.toContain("stopMachine");

    const larger = await aws.update(INSTANCE, id, instance, {
      ...instance,
      instanceType: "t3.large",
    });
    expect(larger).toMatchObject({ instanceType: "t3.large", privateIp: "10.0.1.10" });
    expect(host.calls.slice(-2)).toEqual(["stopMachine", "startMachine"]);
    await expect(
      aws.update(INSTANCE, id, instance, { ...instance, privateIp: "10.0.1.11" }),
    ).rejects.toThrow("a change of privateIp takes a replacement");
  });

  it("falls back to the default when an input goes, and keeps what AWS chose", async () => {
    const { vpcId } = await network();
    const inputs = { vpcId, cidrBlock: "10.0.2.0/24" };
    const olds = { ...inputs, mapPublicIpOnLaunch: true };
    const { id } = await aws.create(SUBNET, "s", olds);
    expect(await aws.update(SUBNET, id, olds, inputs)).toMatchObject({
      mapPublicIpOnLaunch: false,
      availabilityZone: "us-east-1a",
    });
  });
});

describe("functions", () => {
  it("gives stable image ids that tell their architecture", async () => {
    expect(await ami()).toBe(await ami());
    expect(await ami()).not.toBe(await ami("arm64"));
    const { instance } = await network();
    await make(INSTANCE, { ...instance, ami: await ami("arm64"), instanceType: "t4g.small" });
  });

  it.each([
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
    "/aws/service/canonical/ubuntu/server/23.99/stable/current/amd64/hvm/ebs-gp3/ami-id",
    "/mine",
  ])("has no parameter %s", async (name) => {
    await expect(aws.invoke("aws:ssm/getParameter:getParameter", { name })).rejects.toThrow(
      "ParameterNotFound",
    );
  });

  it("knows the zones of the region", async () => {
    aws.configure({ region: "eu-west-1" });
    const token = "aws:index/getAvailabilityZones:getAvailabilityZones";
    const filters = [{ name: "opt-in-status", values: ["opt-in-not-required"] }];
    expect(await aws.invoke(token, { state: "available", filters })).toMatchObject({
      names: ["eu-west-1a", "eu-west-1b", "eu-west-1c", "eu-west-1d"],
      zoneIds: ["euw1-az1", "euw1-az2", "euw1-az3", "euw1-az4"],
    });
    expect(zoneIdsOf("ap-southeast-2")[0]).toBe("apse2-az1");
    expect(zoneIdsOf("us-gov-west-1")[0]).toBe("usgw1-az1");
  });

  it("finds the gateway of a network", async () => {
    const { vpcId } = await network();
    const token = "aws:ec2/getInternetGateway:getInternetGateway";
    const args = { filters: [{ name: "attachment.vpc-id", values: [vpcId] }] };
    await expect(aws.invoke(token, args)).rejects.toThrow("no matching EC2 Internet Gateway found");
    const id = await make(INTERNET_GATEWAY, { vpcId });
    expect(await aws.invoke(token, args)).toMatchObject({ id, internetGatewayId: id });
  });

  it("finds instances by a tag and an address, and where they are reached", async () => {
    const token = "aws:ec2/getInstances:getInstances";
    const by = (name: string, value: string) => ({
      filters: [{ name, values: [value] }],
      instanceStateNames: ["running"],
    });
    expect(await aws.invoke(token, by("tag:etcd:cluster-id", "nobody's"))).toMatchObject({
      ids: [],
      publicIps: [],
    });
    await expect(aws.invoke(token, by("vpc-id", "vpc-1"))).rejects.toThrow(/knows tag:…/);
  });

  it("refuses what it does not have", async () => {
    await expect(aws.invoke("aws:ec2/getAmi:getAmi", {})).rejects.toThrow("has no function");
    await expect(aws.invoke("aws:ec2/getVpc:getVpc", { tags: {} })).rejects.toThrow("tags");
    await expect(aws.create("aws:sqs/queue:Queue", "q", {})).rejects.toThrow(
      "the lab's AWS has no aws:sqs/queue:Queue",
    );
  });

  it.each([
    ["t3.small", "x86_64"],
    ["m5a.large", "x86_64"],
    ["g4dn.xlarge", "x86_64"],
    ["m7i-flex.large", "x86_64"],
    ["t4g.small", "arm64"],
    ["im4gn.large", "arm64"],
    ["c7gd.16xlarge", "arm64"],
    ["a1.medium", "arm64"],
    ["small", undefined],
  ])("takes %s for %s", (type, architecture) => {
    expect(architectureOfInstanceType(type)).toBe(architecture);
  });
});
