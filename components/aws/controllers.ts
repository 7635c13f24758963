import * as ebs from "@pulumi/aws/ebs";
import * as ec2 from "@pulumi/aws/ec2";
import { getParameterOutput } from "@pulumi/aws/ssm/getParameter";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { contains, parseCidr, parseIpv4 } from "../cidr";
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
}

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

  constructor(
    name: string,
    private readonly args: ControllersArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:aws:Controllers", name, {}, opts);
    const image = this.image();
    this.machines = args.controllers.map((controller) => this.controller(controller, image));
    this.registerOutputs({ machines: this.machines.map((machine) => machine.id) });
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
    const tags = { Name: name, "etcd:cluster": args.clusterName };
    const { subnet } = subnetOf(privateIp, args.network.subnets);
    const hostKey = new tls.PrivateKey(`${name}-host`, { algorithm: "ED25519" }, { parent: this });
    const instance = new ec2.Instance(
      name,
      {
        ami: image,
        instanceType: args.instanceType,
        subnetId: subnet.id,
        privateIp,
        associatePublicIpAddress: args.publicAddresses,
        vpcSecurityGroupIds: [args.firewall.members.id],
        keyName: args.access.keyName,
        userData: pulumi.secret(
          pulumi
            .all([hostKey.privateKeyOpenssh, hostKey.publicKeyOpenssh])
            .apply(([hostPrivateKeyOpenssh, hostPublicKeyOpenssh]) =>
              controllerUserData({ name, hostPrivateKeyOpenssh, hostPublicKeyOpenssh }),
            ),
        ),
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
        },
        rootBlockDevice: { volumeType: "gp3", volumeSize: 8, encrypted: true },
        tags,
      },
      {
        parent: this,
        // A change of any of these would replace, or stop, every controller in one update: they are
        // what they were when the instance was made.
        ignoreChanges: [
          "privateIp",
          "instanceType",
          "ami",
          "userData",
          "keyName",
          "subnetId",
          "associatePublicIpAddress",
        ],
        // The address is fixed: the new one can only have it when the old one is gone.
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["userData", "userDataBase64"],
      },
    );
    const volume = new ebs.Volume(
      `${name}-data`,
      {
        availabilityZone: subnet.availabilityZone,
        size: args.dataVolumeGiB,
        type: "gp3",
        encrypted: true,
        tags: { ...tags, Name: `${name}-data` },
      },
      // In another zone it would be another volume, an empty one.
      { parent: this, ignoreChanges: ["availabilityZone"] },
    );
    const attachment = new ec2.VolumeAttachment(
      `${name}-data`,
      {
        instanceId: instance.id,
        volumeId: volume.id,
        deviceName: "/dev/sdf",
        // Taking a mounted volume away would lose what is not written yet, or hang.
        stopInstanceBeforeDetaching: true,
      },
      { parent: this, deleteBeforeReplace: true },
    );
    return {
      name,
      address: privateIp,
      publicIp: instance.publicIp.apply((address) => address ?? ""),
      id: withItsAddress(name, instance, privateIp),
      connection: {
        host: args.publicAddresses ? instance.publicIp : privateIp,
        user: sshUser,
        privateKey: args.access.privateKey,
        hostKey: hostKey.publicKeyOpenssh.apply((key) => key.trim()),
        proxy: args.access.proxy,
        ...patience,
      },
      // How Nitro instances show a volume: Amazon EBS User Guide, "Map EBS volumes to NVMe device names".
      dataDevice: volume.id.apply(
        (id) => `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${id.replace("-", "")}`,
      ),
      readyAfter: [instance, attachment, args.firewall, ...args.network.routes],
    };
  }
}

/** The instance's id, once it is sure that the instance has the address that the member will use. */
function withItsAddress(
  name: string,
  instance: ec2.Instance,
  expected: string,
): pulumi.Output<string> {
  return pulumi.all([instance.id, instance.privateIp]).apply(([id, address]) => {
    if (address !== expected) {
      throw new pulumi.RunError(
        `${name} has the address ${address}, and the setting controllers says ${expected}: ` +
          "a member cannot move. Set the address back. Nothing was changed",
      );
    }
    return id;
  });
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
