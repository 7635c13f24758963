import * as fs from "node:fs/promises";
import * as path from "node:path";
import { BUCKET, bucketParts, VOLUME, VOLUME_ATTACHMENT } from "./aws/schema";
import type { AwsRecord } from "./aws/store";

/** A state as the engine keeps it in a file. */
interface State {
  readonly checkpoint: { readonly latest?: { readonly resources?: readonly unknown[] } };
}

/**
 * The states of all stacks, as text each.
 * @param folder theirs, where the engine keeps them in files
 * @throws Error where there is none: then what is in none of them cannot be told
 */
export async function statesIn(folder: string): Promise<string[]> {
  const names = await fs.readdir(folder, { recursive: true }).catch((): string[] => []);
  const files = names.filter((name) => name.endsWith(".json"));
  if (files.length === 0) {
    throw new Error(`there is no state in ${folder}, so what is in none of them cannot be told`);
  }
  return Promise.all(files.map((name) => fs.readFile(path.join(folder, name), "utf8")));
}

/**
 * What AWS has and no state knows, but for what is in nobody's way and may have been kept on purpose: volumes and
 * buckets. What the engine was making when it was killed is in a state apart from its resources, some of it with the
 * id that it had got; and the next update makes it once more.
 */
export function unknownOf(
  records: readonly Pick<AwsRecord, "type" | "id" | "inputs">[],
  states: readonly string[],
): Pick<AwsRecord, "type" | "id">[] {
  const resources = states.map((text) => (JSON.parse(text) as State).checkpoint.latest?.resources);
  const known = JSON.stringify(resources);
  const isKnown = (id: unknown) => known.includes(JSON.stringify(id));
  return records.filter(
    ({ type, id, inputs }) =>
      !isKnown(id) &&
      ![VOLUME, BUCKET, ...bucketParts].includes(type) &&
      // Its deletion stops the machine; and the provider takes an attachment that is there for its own.
      !(type === VOLUME_ATTACHMENT && isKnown(inputs["instanceId"]) && isKnown(inputs["volumeId"])),
  );
}
