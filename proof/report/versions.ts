import { version as pulumiSdk } from "@pulumi/pulumi/version";
import { run } from "../../lab/run";

/** The versions of what has a part in whatever is measured here. */
export async function versionsInUse(): Promise<Record<string, string>> {
  const pulumi = await run("pulumi", ["version"], { limitSeconds: 30 });
  return {
    pulumi: pulumi.stdout.trim().replace(/^v/, "") || "unknown",
    "@pulumi/pulumi": pulumiSdk,
    "Node.js": process.versions.node,
  };
}
