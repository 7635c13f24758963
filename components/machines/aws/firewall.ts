import * as ec2 from "@pulumi/aws/ec2";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { defaultPorts as ports } from "../../etcd/plan";

export interface FirewallArgs {
  readonly clusterName: string;
  readonly vpcId: pulumi.Input<string>;
  readonly sshCidrs: string[];
  readonly clientCidrs: string[];
}

/** The security groups: one that the controllers are in, and one that clients join. */
export class Firewall extends pulumi.ComponentResource {
  readonly members: ec2.SecurityGroup;
  /** Whoever is in it reaches the members' client port. */
  readonly clients: ec2.SecurityGroup;

  constructor(
    private readonly name: string,
    private readonly args: FirewallArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:aws:Firewall", name, {}, opts);
    this.members = this.group("members", "The members of the etcd cluster");
    this.clients = this.group("clients", "The clients of the etcd cluster: reach the members");
    this.allowRanges("ssh", 22, args.sshCidrs);
    this.allowGroup("peers", ports.peer, this.members);
    // Members ask each other before they start, join or restart.
    this.allowGroup("members", ports.client, this.members);
    this.allowGroup("clients", ports.client, this.clients);
    this.allowRanges("clients", ports.client, args.clientCidrs);
    new vpc.SecurityGroupEgressRule(
      `${this.name}-members-out`,
      { securityGroupId: this.members.id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" },
      { parent: this },
    );
    this.registerOutputs({ members: this.members.id, clients: this.clients.id });
  }

  private group(name: string, description: string): ec2.SecurityGroup {
    const { clusterName, vpcId } = this.args;
    return new ec2.SecurityGroup(
      `${this.name}-${name}`,
      { vpcId, description, tags: { Name: `${clusterName}-${name}`, "etcd:cluster": clusterName } },
      { parent: this },
    );
  }

  private allowRanges(name: string, port: number, cidrs: string[]): void {
    for (const cidr of cidrs) {
      this.allow(
        `${name}-from-${cidr.replaceAll(/[/:]/g, "-")}`,
        port,
        cidr.includes(":") ? { cidrIpv6: cidr } : { cidrIpv4: cidr },
      );
    }
  }

  private allowGroup(name: string, port: number, group: ec2.SecurityGroup): void {
    this.allow(`${name}-to-${port}`, port, { referencedSecurityGroupId: group.id });
  }

  private allow(
    name: string,
    port: number,
    source: Pick<
      vpc.SecurityGroupIngressRuleArgs,
      "cidrIpv4" | "cidrIpv6" | "referencedSecurityGroupId"
    >,
  ): void {
    new vpc.SecurityGroupIngressRule(
      `${this.name}-${name}`,
      {
        securityGroupId: this.members.id,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        ...source,
      },
      { parent: this },
    );
  }
}
