import * as pulumi from "@pulumi/pulumi";
import { type RawSettings, settingName } from "./settings";

/** This stack's configuration, as Pulumi hands it over. */
export function stackConfiguration(): RawSettings {
  const name = (key: string) => settingName(key, pulumi.getProject());
  const values = Object.entries(pulumi.runtime.allConfig());
  return {
    values: Object.fromEntries(values.map(([key, value]) => [name(key), value])),
    secrets: encryptedKeys().map(name),
  };
}

/** The SDK tells which values are encrypted only in this variable, which its language host sets. */
function encryptedKeys(): string[] {
  return JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
}
