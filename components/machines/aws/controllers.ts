import * as ebs from "@pulumi/aws/ebs";
import * as ec2 from "@pulumi/aws/ec2";
import { getParameterOutput } from "@pulumi/aws/ssm/getParameter";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { contains, parseCidr, parseIpv4 } from "../../cidr";
import type { ClusterIdentity } from "../../etcd/identity";
import type { Admission } from "../../etcd/rollout/admission";
import { Machine } from "../machine";
import { Access, sshUser } from "./access";
import { Firewall } from "./firewall";
import { architectureOf } from "./instanceTypes";
import { ControllerSubnet, Network } from "./network";
import { controllerUserData } from "./userData";

export interface ControllersArgs {
  readonly clusterName: string;
  readonly controllers: { name: string; privateIp: string }[];
  readonly instanceType: string;
  readonly dataVolumeGiB: number;
  readonly publicAddresses: boolean;
  readonly network: Network;
  readonly firewall: Firewall;
  readonly access: Access;
  /** The name of the IAM instance profile that they have, where they have one. */
  readonly instanceProfile?: pulumi.Input<string> | undefined;
  /** How often each machine, and its data, was made anew on request, by name. */
  readonly replacements: Readonly<Record<string, number>>;
  readonly dataReplacements: Readonly<Record<string, number>>;
  /** Whether data volumes are deleted with the stack, their members or their replacement. */
  readonly deleteData: boolean;
  readonly identity: ClusterIdentity;
  /** What lets changes of a running cluster pass. */
  readonly admission: Admission;
}

/** What an instance is launched with and keeps. */
interface LaunchSpecValues {
  readonly ami: string;
  readonly subnetId: string;
  readonly privateIp: string;
  readonly associatePublicIpAddress: boolean;
  readonly keyName: string;
  /** Secret: it has the machine's own SSH host key. */
  readonly userData: string;
}

type LaunchSpec = { readonly [Key in keyof LaunchSpecValues]: pulumi.Input<LaunchSpecValues[Key]> };

/** Ubuntu's current long-term release. */
const ubuntuRelease = "24.04";

/**
 * How long a new instance may take until it answers: about three minutes while it refuses, six
 * while nothing answers at all (which is also what sshCidrs without one's own address look like).
 */
const patience = { dialErrorLimit: 40, perDialTimeout: 5 };

/** EC2 instances, each with a data volume and an SSH host key of its own. */
export class Controllers extends pulumi.ComponentResource {
  readonly machines: Machine[];
  /** The volume of each member's data. */
  readonly dataVolumes: { readonly member: string; readonly volume: ebs.Volume }[] = [];
  /** Where each instance that runs is reached now, by name. */
  readonly hosts: pulumi.Output<Record<string, string>>;
  private readonly machineHooks: pulumi.ResourceHookBinding;

  /** @param name the component's whose cluster it is */
  constructor(
    private readonly name: string,
    private readonly args: ControllersArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:aws:Controllers", name, {}, opts);
    const image = this.image();
    // Only a type can be changed on an instance; EC2 stops and starts it for that.
    this.machineHooks = args.admission.machineHooks("instanceType", "publicIp");
    this.machines = args.controllers.map((controller) => this.controller(controller, image));
    this.hosts = this.hostsNow();
    this.registerOutputs({ machines: this.machines.map((machine) => machine.id) });
  }

  /**
   * A public address goes with a stop, and what the state knows of it is from before: an update that was
   * interrupted after a stop would be looked for where nobody is.
   */
  private hostsNow(): pulumi.Output<Record<string, string>> {
    // A preview goes to no machine.
    if (!this.args.publicAddresses || pulumi.runtime.isDryRun()) {
      return pulumi.output<Record<string, string>>({});
    }
    const found = this.args.controllers.map(({ name, privateIp }) =>
      ec2
        .getInstancesOutput(
          {
            filters: [
              { name: `tag:${clusterIdTag}`, values: [this.args.identity.id] },
              { name: "private-ip-address", values: [privateIp] },
            ],
            instanceStateNames: ["running"],
          },
          { parent: this },
        )
        .publicIps.apply((addresses) => [name, addresses[0] ?? ""] as const),
    );
    return pulumi
      .all(found)
      .apply((all) => Object.fromEntries(all.filter(([, address]) => address !== "")));
  }

  private image(): pulumi.Output<string> {
    const architecture = architectureOf(this.args.instanceType);
    const parameter = getParameterOutput(
      {
        name: `/aws/service/canonical/ubuntu/server/${ubuntuRelease}/stable/current/${architecture}/hvm/ebs-gp3/ami-id`,
      },
      { parent: this },
    );
    // A public parameter's value, which the provider marks secret like any other.
    return pulumi.unsecret(parameter.value);
  }

  private controller(
    { name, privateIp }: { name: string; privateIp: string },
    image: pulumi.Output<string>,
  ): Machine {
    const { args } = this;
    // A new machine has a new one: processes on the old one could read it. Refused, the old one is still the machine's.
    const hostKey = new tls.PrivateKey(
      `${this.name}-${name}-host`,
      { algorithm: "ED25519" },
      {
        parent: this,
        replacementTrigger: args.admission.admitted(args.replacements[name] ?? 0),
        dependsOn: args.admission.gate,
      },
    );
    const subnet = subnetOf(privateIp, args.network.subnets);
    const spec = this.launchSpec(name, {
      ami: image,
      subnetId: subnet.subnet.id,
      privateIp,
      associatePublicIpAddress: args.publicAddresses,
      keyName: args.access.keyName,
      userData: pulumi
        .all([hostKey.privateKeyOpenssh, hostKey.publicKeyOpenssh])
        .apply(([hostPrivateKeyOpenssh, hostPublicKeyOpenssh]) =>
          controllerUserData({ name, hostPrivateKeyOpenssh, hostPublicKeyOpenssh }),
        ),
    });
    const instance = this.instance(name, spec);
    const volume = this.dataVolume(name, subnet);
    this.dataVolumes.push({ member: name, volume });
    const attachment = this.attachment(name, volume, instance);
    args.admission.guard.machineIsMade(name, [instance, volume, attachment]);
    return {
      name,
      address: pulumi.output(privateIp),
      publicIp: instance.publicIp.apply((address) => address ?? ""),
      id: instance.id,
      incarnation: pulumi.interpolate`${instance.id}/${instance.instanceType}`,
      generation: pulumi
        .all([instance.tags, volume.tags])
        .apply(([machine, data]) => ({ machine: generationIn(machine), data: generationIn(data) })),
      connection: {
        host: args.publicAddresses
          ? pulumi
              .all([instance.id, instance.publicIp])
              .apply(([id, address]) => publicAddressOf(name, id, address))
          : privateIp,
        user: sshUser,
        privateKey: args.access.privateKey,
        hostKey: hostKey.publicKeyOpenssh.apply((key) => key.trim()),
        proxy: args.access.proxy,
        ...patience,
      },
      // How Nitro instances show a volume: Amazon EBS User Guide, "Map EBS volumes to NVMe device names".
      dataVolume: {
        device: attachment.volumeId.apply(
          (id) => `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${id.replace("-", "")}`,
        ),
        sizeGiB: volume.size,
      },
      readyAfter: [instance, attachment, args.firewall, ...args.network.routes],
    };
  }

  /**
   * What an instance is launched with. A change of any of it would replace every instance in one
   * update, and an image's newer release is such a change: so it is recorded when it is first given,
   * and the record is kept until the machine is replaced on request.
   */
  private launchSpec(name: string, spec: LaunchSpec): LaunchSpec {
    const record = new pulumi.Stash(
      `${this.name}-${name}-launch-spec`,
      { input: { ...spec, userData: pulumi.secret(spec.userData) } },
      {
        parent: this,
        replacementTrigger: this.args.replacements[name] ?? 0,
        dependsOn: this.args.admission.gate,
      },
    );
    const recorded = record.output.apply((output) => output as LaunchSpecValues);
    // One secret in it makes all of it one.
    const plain = pulumi.unsecret(recorded);
    return {
      ami: plain.ami,
      subnetId: plain.subnetId,
      privateIp: plain.privateIp,
      associatePublicIpAddress: plain.associatePublicIpAddress,
      keyName: plain.keyName,
      userData: recorded.userData,
    };
  }

  /**
   * It keeps its launch spec whatever a refresh reads of it: a difference in any of it would replace
   * the instance, and the engine does that without asking a hook first. Of a stopped instance the
   * provider reads that it has no public address, so a refresh while controllers are stopped would
   * replace all of them at once. A replacement on request, and one of an instance that is gone, takes
   * the spec as it is recorded.
   */
  private instance(name: string, spec: LaunchSpec): ec2.Instance {
    const { args } = this;
    const { guard } = args.admission;
    const generation = args.admission.admitted(args.replacements[name] ?? 0);
    return new ec2.Instance(
      `${this.name}-${name}`,
      {
        ...spec,
        instanceType: args.instanceType,
        iamInstanceProfile: args.instanceProfile,
        vpcSecurityGroupIds: [args.firewall.members.id],
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
        },
        rootBlockDevice: {
          volumeType: "gp3",
          volumeSize: rootVolumeGiB(args.dataVolumeGiB),
          encrypted: true,
        },
        tags: {
          ...this.tagsOf(name),
          [clusterIdTag]: args.identity.id,
          [generationTag]: generation.apply(String),
        },
      },
      {
        parent: this,
        replacementTrigger: generation,
        // Of the root volume only this replaces; its size and type change in place.
        ignoreChanges: [...Object.keys(spec), "rootBlockDevice.encrypted"],
        // The address is fixed: the new one can only have it when the old one is gone.
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["userData", "userDataBase64"],
        dependsOn: guard.machineWaitsFor(name),
        hooks: { ...this.machineHooks, beforeCreate: [guard.hook(name, "machine")] },
      },
    );
  }

  /** The data outlives the instance: on a volume of its own. */
  private dataVolume(name: string, subnet: ControllerSubnet): ebs.Volume {
    const { args } = this;
    const { gate, guard } = args.admission;
    const generation = args.admission.admitted(args.dataReplacements[name] ?? 0);
    return new ebs.Volume(
      `${this.name}-${name}-data`,
      {
        availabilityZone: subnet.subnet.availabilityZone,
        size: args.dataVolumeGiB,
        type: "gp3",
        encrypted: true,
        tags: { ...this.tagsOf(name, `${name}-data`), [generationTag]: generation.apply(String) },
      },
      // In another zone it would be another volume, an empty one.
      {
        parent: this,
        ignoreChanges: ["availabilityZone"],
        dependsOn: guard.machineWaitsFor(name, gate),
        replacementTrigger: generation,
        retainOnDelete: !args.deleteData,
        hooks: { beforeCreate: [guard.hook(name, "volume")] },
      },
    );
  }

  private attachment(name: string, volume: ebs.Volume, instance: ec2.Instance) {
    const { guard } = this.args.admission;
    return new ec2.VolumeAttachment(
      `${this.name}-${name}-data`,
      {
        instanceId: instance.id,
        volumeId: volume.id,
        deviceName: "/dev/sdf",
        // Taking a mounted volume away would lose what is not written yet, or hang.
        stopInstanceBeforeDetaching: true,
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        // EC2 lets go of the volumes of an instance that goes.
        deletedWith: instance,
        hooks: { beforeCreate: [guard.hook(name, "attachment")] },
      },
    );
  }

  private tagsOf(name: string, Name = name) {
    return { Name, "etcd:cluster": this.args.clusterName };
  }
}

/**
 * How large a root disk is, in GiB: 6 for the system, its journal and releases of etcd, and twice quotaGiB for the
 * last snapshot of a full database and the next one. It follows from dataVolumeGiB, which is at least
 * 2 * quotaGiB + 4 and cannot shrink either, as far as that can grow with a quotaGiB of at most 8.
 */
function rootVolumeGiB(dataVolumeGiB: number): number {
  return Math.min(dataVolumeGiB, 20) + 2;
}

/** Whose an instance is. */
const clusterIdTag = "etcd:cluster-id";

/** What a machine or a volume tells of how often it was asked for. */
const generationTag = "etcd:generation";

function generationIn(tags: Record<string, string> | undefined): number {
  return Number(tags?.[generationTag] ?? "0");
}

/** @throws RunError where there is none: a connection to no host at all would be one to this computer. */
function publicAddressOf(name: string, id: string, address: string | undefined): string {
  if (!address) {
    throw new pulumi.RunError(
      `${name} has no public address: its instance ${id} is stopped, or was launched without one. ` +
        `Start it (aws ec2 start-instances --instance-ids ${id}) and run pulumi up --refresh. ` +
        `If it runs, set publicAddresses to false, as it was when the instance was launched.`,
    );
  }
  return address;
}

function subnetOf(privateIp: string, subnets: ControllerSubnet[]): ControllerSubnet {
  const address = parseIpv4(privateIp);
  const found = subnets.find(({ cidr }) => {
    const range = parseCidr(cidr);
    return range !== undefined && address !== undefined && contains(range, address);
  });
  if (found === undefined) {
    throw new Error(`${privateIp} is in none of the subnets`);
  }
  return found;
}
