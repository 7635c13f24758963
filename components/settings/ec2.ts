import { rangesFromAnywhere } from "../cidr";
import { instanceTypeError } from "../machines/aws/instanceTypes";
import type { ClusterSettings } from "./cluster";
import { labelError } from "./names";
import { checkNetwork } from "./network";
import { type SettingError, errorOf } from "./reader";

/** What of the settings concerns controllers on EC2. `Pulumi.yaml` describes each of them. */
export interface Ec2Settings {
  readonly controllers: { readonly name: string; readonly privateIp: string }[];
  readonly instanceType: string;
  readonly dataVolumeGiB: number;
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly subnetCidrs: string[];
  readonly availabilityZones: string[];
  readonly publicAddresses: boolean;
  readonly sshCidrs: string[];
  readonly sshFromAnywhere: boolean;
  readonly clientCidrs: string[];
  readonly clientsFromAnywhere: boolean;
  /** How often each member's machine, and its data, were asked for again; a member that is not in it: never. */
  readonly replacements: Readonly<Record<string, number>>;
  readonly dataReplacements: Readonly<Record<string, number>>;
}

type Asked = Ec2Settings & Pick<ClusterSettings, "quotaGiB" | "tls">;

/** All that can be wrong with controllers on EC2, but for how they are logged in to. */
export function checkEc2(settings: Asked): SettingError[] {
  return [
    ...checkControllerNames(settings),
    ...errorOf("instanceType", instanceTypeError(settings.instanceType)),
    ...checkDataVolume(settings),
    ...checkNetwork(settings),
  ];
}

/** What is allowed and deserves a second thought, each with its setting's name. */
export function ec2Warnings({ sshCidrs, clientCidrs }: Ec2Settings): string[] {
  return [
    ...(rangesFromAnywhere(sshCidrs) !== undefined
      ? ["sshCidrs lets everybody try port 22 of every controller"]
      : []),
    ...(rangesFromAnywhere(clientCidrs) !== undefined
      ? ["clientCidrs lets everybody try port 2379 of every controller"]
      : []),
  ];
}

function checkControllerNames({ controllers }: Asked): SettingError[] {
  return controllers.flatMap(({ name }, index) => {
    const setting = `controllers[${index}].name`;
    const first = controllers.findIndex((controller) => controller.name === name);
    const taken =
      first < index ? `is "${name}", which controllers[${first}] is called already` : undefined;
    return [...errorOf(setting, labelError(name)), ...errorOf(setting, taken)];
  });
}

/** A defragmentation writes the database a second time; the write-ahead log needs room, too. */
function checkDataVolume({ quotaGiB, dataVolumeGiB }: Asked): SettingError[] {
  const least = 2 * quotaGiB + 4;
  return dataVolumeGiB < least
    ? [
        {
          setting: "dataVolumeGiB",
          text: `is ${dataVolumeGiB}, expected at least ${least}: twice quotaGiB for a defragmentation, and 4 for the log and snapshots`,
        },
      ]
    : [];
}
