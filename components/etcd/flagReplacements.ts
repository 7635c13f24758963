import { gateOfFlag } from "./featureGates";
import { hasFlag } from "./knownFlags";

/** What came for a flag that has no experimental name. Source: the words of 3.4's `etcdmain/config.go`. */
const renamed: Readonly<Record<string, string>> = {
  debug: "log-level: debug",
  "log-output": "log-outputs",
};

/** What a release has in place of a flag that it has not got, as an entry of extraFlags, or undefined. */
export function replacementOf(version: string, name: string): string | undefined {
  const gate = gateOfFlag(name);
  if (gate !== undefined && hasFlag(version, "feature-gates")) {
    return `feature-gates: ${gate}=true`;
  }
  // Flags become stable by losing their first word.
  const stable = name.replace(/^experimental-/, "");
  const candidates = [stable, `experimental-${name}`];
  return (
    candidates.find((other) => hasFlag(version, other)) ??
    (Object.hasOwn(renamed, name) ? renamed[name] : undefined)
  );
}
