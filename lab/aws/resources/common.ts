import { randomBytes } from "node:crypto";
import { type Network, parseCidr } from "../addresses";
import { ACCOUNT, zoneIdsOf, zonesOf } from "../catalog";
import { AwsError } from "../errors";
import { type AwsRecord, find, type Props, type Records } from "../store";
import { text } from "../text";

export function arn(region: string, what: string): string {
  return `arn:aws:ec2:${region}:${ACCOUNT}:${what}`;
}

export function network(cidr: unknown): Network {
  const parsed = parseCidr(text(cidr));
  if (!parsed) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text(cidr)}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  return parsed;
}

export function zoneOf(inputs: Props, region: string, operation: string): string {
  const zones = zonesOf(region);
  const byId = zones[zoneIdsOf(region).indexOf(text(inputs.availabilityZoneId))];
  const zone = text(inputs.availabilityZone ?? byId ?? zones[0]);
  const isKnownId = inputs.availabilityZoneId === undefined || byId !== undefined;
  if (!zones.includes(zone) || !isKnownId) {
    throw new AwsError(
      "InvalidParameterValue",
      `Value (${text(inputs.availabilityZone ?? inputs.availabilityZoneId)}) for parameter ` +
        `availabilityZone is invalid. ${region} has ${zones.join(", ")}.`,
      operation,
    );
  }
  return zone;
}

export function existing(
  records: Records,
  type: string,
  id: unknown,
  code: string,
  what: string,
): AwsRecord {
  const record = find(records, type, id);
  if (!record) {
    throw new AwsError(code, `The ${what} '${text(id)}' does not exist`);
  }
  return record;
}

/** A name as the provider makes it of a prefix: with the time and a number after it. */
export function uniqueName(prefix: unknown): string {
  const time = new Date().toISOString().replace(/\D/g, "");
  return `${text(prefix)}${time}${randomBytes(5).toString("hex").slice(1)}`;
}

export function idsWhere(records: Records, matches: (record: AwsRecord) => boolean): string[] {
  return [...records.values()].filter(matches).map(({ id }) => id);
}
