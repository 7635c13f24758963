import { isAuthority } from "../components/etcd/certificates";
import { observeCluster } from "../components/etcd/remote/observe";
import { decide } from "../components/etcd/rollout/decide";
import { asRecorded, type Desired } from "../components/etcd/rollout/desired";
import type { Observed } from "../components/etcd/rollout/observed";
import { versionNote } from "../components/etcd/versions";
import { renewalLines } from "../components/pki/lifetimes";
import { desiredOf } from "../components/settings/desired";
import { readSettings, type Settings } from "../components/settings/settings";
import { readProject } from "./project";
import { readConfiguration } from "./pulumi";
import {
  attemptedIn,
  exportStack,
  type StackOutputs,
  stackOutputs,
  strangeClustersIn,
} from "./stack";

/** What the next `pulumi up` would do, as far as it concerns the cluster. */
export interface PlannedChange {
  readonly settings: Settings;
  readonly outputs: StackOutputs;
  readonly observed: Observed;
  /** What speaks against it. */
  readonly violations: readonly string[];
  /** What it does, in words. */
  readonly lines: readonly string[];
}

/**
 * Looks at the live cluster and decides as the next `pulumi up` would.
 * @param change a change of the settings that is not in the stack's file yet
 * @throws SettingsError where the settings are not right; Error where the stack has no cluster yet
 */
export async function planChange(
  stack: string | undefined,
  change: (settings: Settings) => Settings = (settings) => settings,
): Promise<PlannedChange> {
  const exported = await exportStack(stack);
  const strange = strangeClustersIn(exported, readProject().name);
  if (strange.length > 0) {
    throw new Error(
      `the stack's cluster (${strange.join(", ")}) is made by another program, whose settings are not known here: its own pulumi preview looks at the cluster, and tells what it would do`,
    );
  }
  const settings = change(readSettings(await readConfiguration(stack)));
  const outputs = stackOutputs(exported);
  const desired = desiredOf(settings);
  const observed = await observeStack(outputs, desired);
  const { violations, lines } = decide({
    clusterId: outputs.clusterId,
    stack: outputs.stack,
    desired: asRecorded(desired),
    recorded: outputs.record,
    attempted: attemptedIn(exported),
    observed,
  });
  const ends = observed.machines.flatMap((machine) =>
    machine.seen
      ? machine.certificates.filter((one) => !isAuthority(one)).map(({ ends }) => ends)
      : [],
  );
  return {
    settings,
    outputs,
    observed,
    violations,
    lines: [...lines, ...renewalLines(ends, settings)],
  };
}

function observeStack(outputs: StackOutputs, desired: Desired): Promise<Observed> {
  const further = Object.values(desired.members).map(({ clientUrl }) => clientUrl);
  const endpoints = [...new Set([...outputs.endpoints, ...further])];
  return observeCluster(outputs, endpoints, outputs.record?.desired.accessControl);
}

export function describePlan(
  plan: Pick<PlannedChange, "lines" | "violations" | "settings">,
): string {
  const { version } = plan.settings;
  const note = versionNote(version);
  return [described(plan), ...(note === undefined ? [] : [`Note: version ${note}`])].join("\n");
}

function described({ lines, violations }: Pick<PlannedChange, "lines" | "violations">): string {
  const indented = (all: readonly string[]) => all.map((line) => `  ${line}`).join("\n");
  if (violations.length > 0) {
    return `pulumi up would refuse this change:\n${indented(violations)}`;
  }
  return lines.length > 0
    ? `pulumi up will change the cluster:\n${indented(lines)}`
    : "pulumi up has nothing to change in the cluster";
}
