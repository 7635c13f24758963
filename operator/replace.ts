// npm run replace -- NAME [--new-data] [--stack NAME] [--yes]: a new machine for one member, and on
// request new data, given back by the others. Looks first, then lets pulumi up do it.
import { parseArgs } from "node:util";
import { ownCluster } from "../components/outputs";
import { usesExistingMachines } from "../components/settings/settings";
import { describePlan, planChange } from "./change";
import { runPulumi } from "./pulumi";
import { replaceByUp } from "./replacement";

const usage = "npm run replace -- NAME [--new-data] [--stack NAME] [--yes]";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      "new-data": { type: "boolean" },
      stack: { type: "string", short: "s" },
      yes: { type: "boolean", short: "y" },
    },
    allowPositionals: true,
  });
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) {
    throw new Error(`expected one member's name: ${usage}`);
  }
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
    process.exitCode = 1;
    return;
  }
  if (!usesExistingMachines(plan.settings)) {
    await forgetWhatIsGone(name, values.stack);
  }
  process.exitCode = await replaceByUp({
    member: name,
    counts: Object.fromEntries(counters.map((key) => [key, plan.settings[key][name]!])),
    stack: values.stack,
    fullName: plan.outputs.stack,
    yes: values.yes ?? false,
    log: console.log,
  });
}

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
  const words = targets.flatMap((target) => ["--target", target]);
  await runPulumi(["refresh", "--yes", "--skip-preview", ...words], stack);
}

main().catch((error: Error) => {
  console.error(`replace: ${error.message}`);
  process.exitCode = 1;
});
