import {
  Cidr,
  contains,
  covers,
  isAnyCidr,
  isReservedByAws,
  overlaps,
  parseCidr,
  parseIpv4,
  rangesFromAnywhere,
} from "../cidr";
import { SettingError } from "./reader";

interface NetworkSettings {
  readonly controllers: readonly { readonly name: string; readonly privateIp: string }[];
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly subnetCidrs: readonly string[];
  readonly availabilityZones: readonly string[];
  readonly sshCidrs: readonly string[];
  readonly sshFromAnywhere: boolean;
  readonly clientCidrs: readonly string[];
  readonly clientsFromAnywhere: boolean;
  readonly publicAddresses: boolean;
  readonly tls: "on" | "off";
}

/** Everything about addresses that AWS, or a member that cannot be reached, would find much later. */
export function checkNetwork(settings: NetworkSettings): SettingError[] {
  const vpc = settings.vpcId === "" ? parseCidr(settings.vpcCidr) : undefined;
  return [
    ...checkVpc(settings, vpc),
    ...checkSubnets(settings.subnetCidrs, vpc),
    ...checkZones(settings),
    ...checkAddresses(settings),
    ...checkSources(settings),
    ...checkOpenness(settings),
  ];
}

function checkVpc({ vpcId, vpcCidr }: NetworkSettings, vpc: Cidr | undefined): SettingError[] {
  if (vpcId !== "") {
    return /^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/.test(vpcId)
      ? []
      : [{ setting: "vpcId", text: `is "${vpcId}", expected an id such as vpc-0a1b2c3d4e5f67890` }];
  }
  if (vpc === undefined) {
    return [{ setting: "vpcCidr", text: notACidr(vpcCidr) }];
  }
  return vpc.prefix < 16 || vpc.prefix > 28
    ? [
        {
          setting: "vpcCidr",
          text: `is ${vpcCidr}, expected a range from /16 to /28, as AWS has them`,
        },
      ]
    : [];
}

function notACidr(text: string): string {
  return `is "${text}", expected an IPv4 range such as 10.0.0.0/16, with the host bits zero`;
}

function checkSubnets(subnetCidrs: readonly string[], vpc: Cidr | undefined): SettingError[] {
  const errors: SettingError[] = [];
  if (subnetCidrs.length === 0) {
    errors.push({ setting: "subnetCidrs", text: "is empty, expected at least one range" });
  }
  const subnets = subnetCidrs.map(parseCidr);
  subnets.forEach((subnet, index) => {
    const setting = `subnetCidrs[${index}]`;
    if (subnet === undefined) {
      errors.push({ setting, text: notACidr(subnetCidrs[index]!) });
      return;
    }
    if (subnet.prefix < 16 || subnet.prefix > 28) {
      errors.push({
        setting,
        text: `is ${subnet.text}, expected a range from /16 to /28, as AWS has them`,
      });
    }
    if (vpc !== undefined && !covers(vpc, subnet)) {
      errors.push({
        setting,
        text: `is ${subnet.text}, expected a range inside vpcCidr ${vpc.text}`,
      });
    }
    const before = subnets.slice(0, index).find((other) => other && overlaps(other, subnet));
    if (before !== undefined) {
      errors.push({ setting, text: `is ${subnet.text}, which overlaps with ${before.text}` });
    }
  });
  return errors;
}

function checkZones({ availabilityZones: zones, subnetCidrs }: NetworkSettings): SettingError[] {
  const errors: SettingError[] = [];
  if (zones.length > 0 && zones.length !== subnetCidrs.length) {
    errors.push({
      setting: "availabilityZones",
      text: `has ${zones.length} entries, expected one for each of the ${subnetCidrs.length} subnetCidrs, or none`,
    });
  }
  zones.forEach((zone, index) => {
    if (!/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/.test(zone)) {
      errors.push({
        setting: `availabilityZones[${index}]`,
        text: `is "${zone}", expected a zone such as us-east-1a`,
      });
    }
  });
  return errors;
}

function checkAddresses({ controllers, subnetCidrs }: NetworkSettings): SettingError[] {
  const subnets = subnetCidrs.map(parseCidr).filter((subnet) => subnet !== undefined);
  return controllers.flatMap(({ privateIp }, index): SettingError[] => {
    const setting = `controllers[${index}].privateIp`;
    const address = parseIpv4(privateIp);
    if (address === undefined) {
      return [{ setting, text: `is "${privateIp}", expected an IPv4 address such as 10.0.1.10` }];
    }
    const first = controllers.findIndex((controller) => controller.privateIp === privateIp);
    if (first < index) {
      return [{ setting, text: `is ${privateIp}, which controllers[${first}] has already` }];
    }
    const subnet = subnets.find((range) => contains(range, address));
    if (subnet === undefined) {
      return [
        {
          setting,
          text: `is ${privateIp}, expected an address in one of subnetCidrs: ${subnetCidrs.join(", ")}`,
        },
      ];
    }
    return isReservedByAws(subnet, address)
      ? [
          {
            setting,
            text: `is ${privateIp}, which AWS keeps for itself: the first four addresses of ${subnet.text} and its last`,
          },
        ]
      : [];
  });
}

function checkSources(settings: NetworkSettings): SettingError[] {
  const errors: SettingError[] = [];
  for (const setting of ["sshCidrs", "clientCidrs"] as const) {
    settings[setting].forEach((cidr, index) => {
      if (!isAnyCidr(cidr)) {
        errors.push({
          setting: `${setting}[${index}]`,
          text: `is "${cidr}", expected a range such as 203.0.113.7/32, with the host bits zero`,
        });
      } else if (settings[setting].indexOf(cidr) < index) {
        errors.push({
          setting: `${setting}[${index}]`,
          text: `is ${cidr}, which is there already`,
        });
      }
    });
  }
  if (settings.sshCidrs.length === 0) {
    errors.push({
      setting: "sshCidrs",
      text: "is empty, expected the ranges that may reach port 22, your own address among them, such as 203.0.113.7/32",
    });
  }
  return errors;
}

/** Ports that everybody could try are asked for twice; a database without certificates is never open to the world. */
function checkOpenness(settings: NetworkSettings): SettingError[] {
  const { sshFromAnywhere, clientsFromAnywhere, publicAddresses, tls } = settings;
  const wide = (cidrs: readonly string[]) => rangesFromAnywhere(cidrs.filter(isAnyCidr));
  const [ssh, clients] = [wide(settings.sshCidrs), wide(settings.clientCidrs)];
  const errors: SettingError[] = [];
  if (ssh !== undefined && !sshFromAnywhere) {
    errors.push({
      setting: "sshCidrs",
      text: `has ${ssh}: port 22 would be open to everybody. Name ranges, or confirm it with sshFromAnywhere: true`,
    });
  }
  if (clients !== undefined && tls === "on" && !clientsFromAnywhere) {
    errors.push({
      setting: "clientCidrs",
      text: `has ${clients}: everybody could try port 2379, where only a certificate keeps them out. Name ranges, or confirm it with clientsFromAnywhere: true`,
    });
  }
  if (clients !== undefined && tls === "off") {
    errors.push({
      setting: "clientCidrs",
      text: `has ${clients}, and tls is off: everybody could read and write everything. Name ranges, or set tls to on`,
    });
  }
  if (publicAddresses && tls === "off") {
    errors.push({
      setting: "tls",
      text: "is off, and the controllers have public addresses: only a firewall's rule would keep everybody out of a database that asks nobody for a certificate. Set tls to on, or publicAddresses to false",
    });
  }
  return errors;
}
