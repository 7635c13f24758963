import * as pulumi from "@pulumi/pulumi";
import { RawSettings } from "./settings";

/** This stack's configuration in this project's namespace, as Pulumi hands it over. */
export function stackConfiguration(): RawSettings {
  const prefix = `${pulumi.getProject()}:`;
  const own = (key: string) => key.startsWith(prefix);
  const bare = (key: string) => key.slice(prefix.length);
  const values = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => own(key));
  return {
    values: Object.fromEntries(values.map(([key, value]) => [bare(key), value])),
    secrets: encryptedKeys().filter(own).map(bare),
  };
}

/** The SDK tells which values are encrypted only in this variable, which its language host sets. */
function encryptedKeys(): string[] {
  return JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
}
