import { asset } from "@pulumi/pulumi";
import type { AwsConfiguration } from "./double";
import type { Props } from "./store";

/** The parts of the provider's configuration that matter here; nested ones may come as JSON. */
export function awsConfiguration(inputs: Props): AwsConfiguration {
  const { defaultTags, region } = inputs;
  const parsed: unknown = typeof defaultTags === "string" ? JSON.parse(defaultTags) : defaultTags;
  return {
    region: typeof region === "string" ? region : undefined,
    defaultTags: (parsed as { tags?: Record<string, string> } | undefined)?.tags,
  };
}

/** How Pulumi writes a secret value, and the mark of other special values. */
const MARK = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** The inputs in plain, and which of them were secret or had a secret inside. */
export function withoutMarks(inputs: Props): { plain: Props; secretKeys: string[] } {
  const secretKeys = Object.keys(inputs).filter((key) => hasSecret(inputs[key]));
  return { plain: unwrap(inputs) as Props, secretKeys };
}

/** A value in the form in which Pulumi passes secrets on. */
export function secretValue(value: unknown): Props {
  return { [MARK]: SECRET, value };
}

function hasSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  return (value as Props)[MARK] === SECRET || Object.values(value).some(hasSecret);
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(unwrap);
  }
  // An asset holds promises, and has no secrets inside.
  if (typeof value !== "object" || value === null || asset.Asset.isInstance(value)) {
    return value;
  }
  const props = value as Props;
  return props[MARK] === SECRET
    ? unwrap(props.value)
    : Object.fromEntries(Object.entries(props).map(([key, part]) => [key, unwrap(part)]));
}
