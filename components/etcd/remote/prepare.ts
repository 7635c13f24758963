import { changesMinor, newerMember, type Survey, unhealthyMembers } from "../rollout/survey";
import { membershipChange, replacedMachines, restores, type Wanted } from "../rollout/wanted";
import { minor } from "semver";
import { LiveMachine } from "./machine";
import { takeSnapshot } from "./snapshot";
import type { StackOutputs } from "../../../ops/stackOutputs";

/** What was found and what is asked for, of a change that nothing speaks against. */
export interface Preparation {
  readonly outputs: StackOutputs;
  readonly survey: Survey;
  readonly before: Wanted;
  readonly wanted: Wanted;
  readonly log: (line: string) => void;
}

/** All that has to happen in the cluster before the machines are touched; each step can be repeated. */
export async function prepare(preparation: Preparation): Promise<void> {
  if (restores(preparation.before, preparation.wanted)) {
    return;
  }
  await takeSnapshotFirst(preparation);
  await agreeOnVersion(preparation);
  await letGo(preparation);
  await handOver(preparation);
}

/**
 * Between minor versions the data changes its form: there is a way back only from before.
 * @throws Error where no snapshot could be taken: the change has not begun then
 */
async function takeSnapshotFirst({ outputs, survey, wanted, log }: Preparation): Promise<void> {
  if (!changesMinor(survey, wanted.version)) {
    return;
  }
  const { where } = await takeSnapshot(outputs, log).catch((error: Error) => {
    throw new Error(
      `a change of the minor version begins with a snapshot, and that failed; nothing was changed: ${error.message}`,
    );
  });
  log(`a snapshot from before the change is in ${where}`);
}

/**
 * Going down a minor version is first agreed among the members as they run; so is going back up
 * before all have gone down, since until then no member of the newer version would start.
 */
async function agreeOnVersion(preparation: Preparation): Promise<void> {
  const { outputs, survey, before, wanted, log } = preparation;
  const newer = newerMember(survey, wanted.version);
  const goesBackUp = before.allowDowngrade && minor(wanted.version) > minor(before.version);
  const name = newer?.name ?? (goesBackUp ? servingMember(survey) : undefined);
  if (name !== undefined) {
    const machine = new LiveMachine(name, outputs);
    // etcdctl's own rule: the minor version, and ".0".
    const target = newer === undefined ? "" : `3.${minor(wanted.version)}.0`;
    await machine.succeed("downgrade", { ...machine.etcdctl, target }, { onStderrLine: log });
  }
}

function servingMember(survey: Survey): string | undefined {
  return survey.health?.members.find((member) => member.healthy)?.name;
}

/** Members that leave are taken out of the cluster before their machines go. */
async function letGo({ outputs, survey, before, wanted, log }: Preparation): Promise<void> {
  const { leaving, staying } = membershipChange(before, wanted);
  if (leaving.length === 0) {
    return;
  }
  // Those that do not serve go first: nobody misses them.
  const down = unhealthyMembers(survey);
  const order = [...leaving].sort((a, b) => Number(down.includes(b)) - Number(down.includes(a)));
  const machine = new LiveMachine(staying[0]!, outputs);
  await machine.succeed(
    "depart",
    {
      ...machine.etcdctl,
      leaving: order.map((name) => before.members[name]!.peerUrl).join(","),
    },
    { timeoutSeconds: 300, onStderrLine: log },
  );
}

/** A member whose machine is made anew does not lead when that goes. */
async function handOver({ outputs, survey, before, wanted, log }: Preparation): Promise<void> {
  const [name] = replacedMachines(before, wanted);
  const problem = survey.members.find((member) => member.name === name)?.problem;
  if (name === undefined || problem !== undefined) {
    return;
  }
  const machine = new LiveMachine(name, outputs);
  await machine.succeed("handover", machine.etcdctl, { onStderrLine: log });
}
