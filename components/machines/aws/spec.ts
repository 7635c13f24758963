import { contains, parseCidr, parseIpv4 } from "../../cidr";
import type { MemberRequest } from "../../etcd/plan";
import type { MachineSpec } from "../machine";
import { architectureOf } from "./instanceTypes";

/** What of controllers on EC2 is looked at before it changes. */
export interface Ec2SpecArgs {
  readonly controllers: readonly { readonly name: string; readonly privateIp: string }[];
  readonly instanceType: string;
  readonly dataVolumeGiB: number;
  readonly replacements: Readonly<Record<string, number>>;
  readonly dataReplacements: Readonly<Record<string, number>>;
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly subnetCidrs: readonly string[];
  readonly availabilityZones: readonly string[];
  readonly publicAddresses: boolean;
}

/** The members of controllers on EC2, and what is asked of the machines as a whole. */
export function ec2Spec(args: Ec2SpecArgs): { requests: MemberRequest[]; spec: MachineSpec } {
  return {
    requests: args.controllers.map(({ name, privateIp }) => ({ name, address: privateIp })),
    spec: {
      instanceType: args.instanceType,
      architecture: architectureOf(args.instanceType),
      dataVolumeGiB: args.dataVolumeGiB,
      fixed: networkOf(args),
      members: Object.fromEntries(
        args.controllers.map(({ name, privateIp }) => [
          name,
          {
            machineGeneration: args.replacements[name] ?? 0,
            dataGeneration: args.dataReplacements[name] ?? 0,
            place: subnetOf(privateIp, args.subnetCidrs),
          },
        ]),
      ),
    },
  };
}

/** The network that machines are made in and cannot leave. */
function networkOf(args: Ec2SpecArgs): Record<string, string> {
  return {
    vpcId: args.vpcId,
    vpcCidr: args.vpcId === "" ? args.vpcCidr : "",
    availabilityZones: args.availabilityZones.join(", "),
    publicAddresses: String(args.publicAddresses),
  };
}

/** The range that an address is in; machines of one range are in one zone. */
function subnetOf(address: string, subnetCidrs: readonly string[]): string {
  const parsed = parseIpv4(address);
  const found = subnetCidrs.find((cidr) => {
    const range = parseCidr(cidr);
    return range !== undefined && parsed !== undefined && contains(range, parsed);
  });
  return found ?? "";
}
