import * as ec2 from "@pulumi/aws/ec2";
import { getAvailabilityZonesOutput } from "@pulumi/aws/getAvailabilityZones";
import * as pulumi from "@pulumi/pulumi";

export interface NetworkArgs {
  readonly clusterName: string;
  /** An existing VPC's id, or "" to make one. */
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly subnetCidrs: string[];
  /** A zone for each subnet, or none to take the region's in turn. */
  readonly availabilityZones: string[];
  /** Whether the subnets get a route to the internet. */
  readonly publicAddresses: boolean;
}

export interface ControllerSubnet {
  readonly cidr: string;
  readonly subnet: ec2.Subnet;
}

/** A VPC (or an existing one), the controllers' subnets in it, and their way to the internet. */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly subnets: ControllerSubnet[];
  /** What has to exist before a machine in it reaches the internet. */
  readonly routes: pulumi.Resource[];

  constructor(
    private readonly name: string,
    private readonly args: NetworkArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:aws:Network", name, {}, opts);
    this.vpcId = args.vpcId === "" ? this.makeVpc() : pulumi.output(args.vpcId);
    this.subnets = this.makeSubnets();
    this.routes = args.publicAddresses ? this.makeRoutes() : [];
    this.registerOutputs({ vpcId: this.vpcId });
  }

  private tags(name: string): Record<string, string> {
    return { Name: `${this.args.clusterName}-${name}`, "etcd:cluster": this.args.clusterName };
  }

  private makeVpc(): pulumi.Output<string> {
    const vpc = new ec2.Vpc(
      `${this.name}-vpc`,
      { cidrBlock: this.args.vpcCidr, enableDnsHostnames: true, tags: this.tags("vpc") },
      { parent: this },
    );
    return vpc.id;
  }

  private makeSubnets(): ControllerSubnet[] {
    const zones = this.zones();
    return this.args.subnetCidrs.map((cidr, index) => {
      const subnet = new ec2.Subnet(
        `${this.name}-subnet-${cidr.replace("/", "-")}`,
        {
          vpcId: this.vpcId,
          cidrBlock: cidr,
          availabilityZone: zones.apply((names) => names[index % names.length]!),
          tags: this.tags(`subnet-${index}`),
        },
        // A zone that AWS adds must not move a subnet, and everything in it, elsewhere.
        { parent: this, ignoreChanges: ["availabilityZone"] },
      );
      return { cidr, subnet };
    });
  }

  private zones(): pulumi.Output<string[]> {
    if (this.args.availabilityZones.length > 0) {
      return pulumi.output(this.args.availabilityZones);
    }
    const available = getAvailabilityZonesOutput(
      { state: "available", filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }] },
      { parent: this },
    );
    return available.names;
  }

  private makeRoutes(): pulumi.Resource[] {
    const table = new ec2.RouteTable(
      `${this.name}-routes`,
      { vpcId: this.vpcId, tags: this.tags("routes") },
      { parent: this },
    );
    const toInternet = new ec2.Route(
      `${this.name}-internet`,
      {
        routeTableId: table.id,
        destinationCidrBlock: "0.0.0.0/0",
        gatewayId: this.internetGatewayId(),
      },
      { parent: this },
    );
    const associations = this.subnets.map(
      ({ cidr, subnet }) =>
        new ec2.RouteTableAssociation(
          `${this.name}-routes-${cidr.replace("/", "-")}`,
          { routeTableId: table.id, subnetId: subnet.id },
          { parent: this },
        ),
    );
    return [toInternet, ...associations];
  }

  /** A VPC has one internet gateway at most: an existing one's is looked up. */
  private internetGatewayId(): pulumi.Output<string> {
    if (this.args.vpcId === "") {
      const gateway = new ec2.InternetGateway(
        `${this.name}-internet`,
        { vpcId: this.vpcId, tags: this.tags("internet") },
        { parent: this },
      );
      return gateway.id;
    }
    const gateway = ec2.getInternetGatewayOutput(
      { filters: [{ name: "attachment.vpc-id", values: [this.args.vpcId] }] },
      { parent: this },
    );
    return gateway.internetGatewayId;
  }
}
