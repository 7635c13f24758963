import type { AwsDouble } from "../../../lab/aws/double";
import { KEY_PAIR, SUBNET, VPC } from "../../../lab/aws/schema";
import type { Props } from "../../../lab/aws/store";

export const publicKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";

/** The id of Canonical's image for an architecture. */
export async function imageId(aws: AwsDouble, architecture = "amd64"): Promise<unknown> {
  const name = `/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture}/hvm/ebs-gp3/ami-id`;
  return (await aws.invoke("aws:ssm/getParameter:getParameter", { name })).value;
}

/** A VPC with one subnet, a key pair and the inputs of an instance in it. */
export async function makeNetwork(aws: AwsDouble) {
  const make = async (type: string, inputs: Props) => (await aws.create(type, "it", inputs)).id;
  const vpcId = await make(VPC, { cidrBlock: "10.0.0.0/16" });
  const subnetId = await make(SUBNET, {
    vpcId,
    cidrBlock: "10.0.1.0/24",
    availabilityZone: "us-east-1a",
  });
  const keyName = await make(KEY_PAIR, { publicKey });
  const instance: Props = {
    ami: await imageId(aws),
    instanceType: "t3.small",
    subnetId,
    keyName,
    privateIp: "10.0.1.10",
    userData: "#cloud-config",
    tags: { Name: "controller-0" },
  };
  return { vpcId, subnetId, keyName, instance };
}
