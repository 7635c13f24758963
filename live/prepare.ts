import { type Survey, unhealthyMembers } from "../components/etcd/rollout/survey";
import { membershipChange, replacedMachines, type Wanted } from "../components/etcd/rollout/wanted";
import * as semver from "semver";
import { LiveMachine } from "./machine";
import type { StackOutputs } from "./stackOutputs";

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
  await goDown(preparation);
  await letGo(preparation);
  await handOver(preparation);
}

/** Going down a minor version is first agreed among the members as they run. */
async function goDown({ outputs, survey, wanted, log }: Preparation): Promise<void> {
  const newer = survey.members.filter(
    ({ version }) => version !== undefined && semver.minor(version) > semver.minor(wanted.version),
  );
  const asked = newer[0];
  if (asked !== undefined) {
    const machine = new LiveMachine(asked.name, outputs);
    // etcdctl's own rule: the minor version, and ".0".
    const target = `3.${semver.minor(wanted.version)}.0`;
    await machine.succeed("downgrade", { ...machine.etcdctl, target }, { onStderrLine: log });
  }
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
