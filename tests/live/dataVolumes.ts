import type { AwsDouble } from "../../lab/aws/double";
import { VOLUME } from "../../lab/aws/schema";

/** The data volumes that are in AWS, whether a stack knows of them or not, by name. */
export async function dataVolumes(aws: AwsDouble): Promise<{ id: string; name: string }[]> {
  return (await aws.list())
    .filter(({ type }) => type === VOLUME)
    .map(({ id, inputs }) => ({ id, name: (inputs["tags"] as { Name: string }).Name }))
    .sort((one, other) => `${one.name} ${one.id}`.localeCompare(`${other.name} ${other.id}`));
}
