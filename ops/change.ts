import { describeChange } from "../components/etcd/rollout/description";
import { refusals } from "../components/etcd/rollout/refusals";
import type { Survey } from "../components/etcd/rollout/survey";
import { renewalLines } from "../components/pki/lifetimes";
import { readSettings, type Settings } from "../components/settings/settings";
import { wantedCluster } from "../components/wanted";
import { readStackOutputs, type StackOutputs } from "./stackOutputs";
import { surveyCluster } from "../components/etcd/remote/survey";
import { readAskedBefore, readConfiguration } from "./pulumi";

/** What the next `pulumi up` would do, as far as it concerns the cluster. */
export interface PlannedChange {
  readonly settings: Settings;
  readonly outputs: StackOutputs;
  readonly survey: Survey;
  /** What speaks against it. */
  readonly refusals: string[];
  /** What it does, in words. */
  readonly lines: string[];
}

/**
 * Looks at the live cluster and compares it with the stack's settings.
 * @param change a change of the settings that is not in the stack's file yet
 * @throws SettingsError where the settings are not right; Error where the stack has no cluster yet
 */
export async function planChange(
  stack: string | undefined,
  change: (settings: Settings) => Settings = (settings) => settings,
): Promise<PlannedChange> {
  const settings = change(readSettings(await readConfiguration(stack)));
  const outputs = await readStackOutputs(stack);
  const survey = await surveyCluster(outputs);
  const { wanted } = wantedCluster(settings);
  const ends = survey.members.flatMap((member) => member.certificateEnds ?? []);
  const before = await readAskedBefore(stack);
  return {
    settings,
    outputs,
    survey,
    refusals: refusals(survey, before, wanted),
    lines: [...describeChange(survey, before, wanted), ...renewalLines(ends, settings)],
  };
}

export function describePlan({ lines, refusals: found }: PlannedChange): string {
  const indented = (all: string[]) => all.map((line) => `  ${line}`).join("\n");
  if (found.length > 0) {
    return `pulumi up would refuse this change:\n${indented(found)}`;
  }
  return lines.length > 0
    ? `pulumi up will change the cluster:\n${indented(lines)}`
    : "pulumi up has nothing to change in the cluster";
}
