// npm run replace: a new machine for one member, and on request new data, given back by the others.
import { ownCluster } from "../components/settings/names";
import { runCommand, UsageError } from "./commandLine";

const usage = `npm run replace -- MEMBER [--stack NAME]   a new machine for one member
npm run replace -- MEMBER --new-data       and a new data volume, which the others fill
npm run replace -- MEMBER --yes            without asking once more

Looks at the cluster first, says what will happen, and lets pulumi up do it. What follows is its exit status.`;

const options = {
  "new-data": { type: "boolean" },
  stack: { type: "string", short: "s" },
  yes: { type: "boolean", short: "y", default: false },
} as const;

runCommand({ name: "replace", usage, options }, async (values, [name, ...others]) => {
  if (name === undefined || others.length > 0) {
    throw new UsageError("expected one member's name");
  }
  const { usesExistingMachines } = await import("../components/settings/settings.js");
  const { describePlan, planChange } = await import("./change.js");
  const { replaceByUp } = await import("./replacement.js");

  const counters = values["new-data"]
    ? (["replacements", "dataReplacements"] as const)
    : (["replacements"] as const);
  const plan = await planChange(values.stack, (settings) => ({
    ...settings,
    ...Object.fromEntries(counters.map((key) => [key, countedUp(settings[key], name)])),
  }));
  const { members } = plan.outputs;
  if (!members.some((member) => member.name === name)) {
    throw new Error(`${name} is no member: ${members.map((one) => one.name).join(", ")}`);
  }
  console.log(describePlan(plan));
  if (plan.violations.length > 0) {
    return 1;
  }
  if (!usesExistingMachines(plan.settings)) {
    await forgetWhatIsGone(name, values.stack);
  }
  return replaceByUp({
    member: name,
    counts: Object.fromEntries(counters.map((key) => [key, plan.settings[key][name]!])),
    stack: values.stack,
    fullName: plan.outputs.stack,
    yes: values.yes,
    log: console.log,
  });
});

function countedUp(counts: Readonly<Record<string, number>>, name: string) {
  return { ...counts, [name]: (counts[name] ?? 0) + 1 };
}

/**
 * An instance that was terminated outside Pulumi is still in its state, and EC2 cannot stop what is
 * gone to take its volume off.
 */
async function forgetWhatIsGone(name: string, stack: string | undefined): Promise<void> {
  const targets = [
    `**aws:ec2/instance:Instance::${ownCluster}-${name}`,
    `**aws:ec2/volumeAttachment:VolumeAttachment::${ownCluster}-${name}-data`,
    `**aws:ebs/volume:Volume::${ownCluster}-${name}-data`,
  ];
  const { runPulumi } = await import("./pulumi.js");
  const words = targets.flatMap((target) => ["--target", target]);
  await runPulumi(["refresh", "--yes", "--skip-preview", ...words], stack);
}
