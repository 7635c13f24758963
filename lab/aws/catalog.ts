import { createHash } from "node:crypto";
import { AwsError } from "./errors";

/** The account of the lab: the one that AWS's own documentation uses. */
export const ACCOUNT = "123456789012";

export type Architecture = "x86_64" | "arm64";

/** The zones of a region, as names: a to d. */
export function zonesOf(region: string): string[] {
  return ["a", "b", "c", "d"].map((letter) => `${region}${letter}`);
}

/** The zone ids in the order of the zones: us-east-1 has use1-az1 and so on. */
export function zoneIdsOf(region: string): string[] {
  const parts = region.split("-");
  const number = parts.pop() ?? "";
  const area = parts.shift() ?? "";
  const short = parts
    .map((part) => part.replace(/north|south|east|west|central|gov/g, (word) => word.charAt(0)))
    .join("");
  return [1, 2, 3, 4].map((zone) => `${area}${short}${number}-az${zone}`);
}

/** Canonical's images start on gp3 volumes from 23.10 on, and the parameter's name says so. */
const ubuntuReleases: Record<string, string> = {
  "20.04": "ebs-gp2",
  focal: "ebs-gp2",
  "22.04": "ebs-gp2",
  jammy: "ebs-gp2",
  "24.04": "ebs-gp3",
  noble: "ebs-gp3",
  "26.04": "ebs-gp3",
};

const ubuntuParameter =
  /^\/aws\/service\/canonical\/ubuntu\/server\/([^/]+)\/stable\/current\/(amd64|arm64)\/hvm\/(ebs-gp[23])\/ami-id$/;

const amiMarks: Record<Architecture, string> = { x86_64: "ami-08664", arm64: "ami-0a064" };

/** The value of a public parameter: an AMI id that stays the same and tells its architecture. */
export function publicParameter(name: string, region: string): string {
  const [, release = "", architecture, disk] = ubuntuParameter.exec(name) ?? [];
  if (ubuntuReleases[release] !== disk || disk === undefined) {
    throw new AwsError(
      "ParameterNotFound",
      `no parameter ${name} in the lab; it has /aws/service/canonical/ubuntu/server/<release>/` +
        `stable/current/<amd64|arm64>/hvm/<disk>/ami-id for ` +
        Object.entries(ubuntuReleases)
          .map(([known, itsDisk]) => `${known} (${itsDisk})`)
          .join(", "),
      "SSM: GetParameter",
    );
  }
  const mark = amiMarks[architecture === "arm64" ? "arm64" : "x86_64"];
  const hash = createHash("sha256").update(`${region}${name}`).digest("hex");
  return mark + hash.slice(0, 12);
}

/** What an AMI id of the lab was made for; undefined for an id that the lab did not make. */
export function architectureOfAmi(ami: string): Architecture | undefined {
  const marks = Object.entries(amiMarks) as [Architecture, string][];
  return /^ami-[0-9a-f]{17}$/.test(ami)
    ? marks.find(([, mark]) => ami.startsWith(mark))?.[0]
    : undefined;
}

/**
 * The architecture of an instance type by AWS's naming: a "g" right after the generation is
 * Graviton (t4g, m7gd, im4gn), and so is a1. Undefined for what is no instance type.
 */
export function architectureOfInstanceType(instanceType: string): Architecture | undefined {
  const parts =
    /^([a-z]+)(\d+)([a-z-]*)\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)$/.exec(
      instanceType,
    );
  if (!parts) {
    return undefined;
  }
  const [, family = "", generation = "", suffix = ""] = parts;
  return suffix.startsWith("g") || family + generation === "a1" ? "arm64" : "x86_64";
}
