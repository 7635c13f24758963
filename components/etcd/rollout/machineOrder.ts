import type { ClusterView } from "./clusterView";
import { type Desired, membershipChange, replacedData, replacedMachines } from "./desired";

/** What the machines of a living cluster are changed by: what was done last, and what was seen before the update. */
export interface Standpoint {
  readonly before: Desired;
  readonly view: ClusterView;
}

/** In which order machines are changed, so that no update ever has two of a living cluster in pieces. */
export interface MachineOrder {
  /** The machines of members that stay, one after the other. */
  readonly order: readonly string[];
  /** Those of them whose members do not serve while others do: the next machine waits for the member itself. */
  readonly broken: readonly string[];
}

/**
 * Broken members first, since the next one can only be spared when they are back. A replacement that was asked
 * for comes last, so that whatever else would be replaced is found before; and before that the leader.
 */
export function machineOrder({ before, view }: Standpoint, desired: Desired): MachineOrder {
  const { staying } = membershipChange(before, desired);
  const asked = [...replacedMachines(before, desired), ...replacedData(before, desired)];
  const broken = view.isServed ? staying.filter((name) => !view.serves(name)) : [];
  const rank = (name: string) =>
    broken.includes(name) ? 0 : asked.includes(name) ? 3 : name === view.leader ? 2 : 1;
  return { order: [...staying].sort((one, other) => rank(one) - rank(other)), broken };
}

/** What of a machine would be made. */
export type MachinePart = "machine" | "volume" | "attachment";

/**
 * Why a part of a machine is not made again: the one that there is does its work, and nobody has asked for
 * another. The engine asks nobody before it replaces something: that the state calls it tainted, a provider
 * reads another value, or somebody says `--replace`, is enough for it.
 */
export function unaskedReplacement(
  name: string,
  part: MachinePart,
  { before, view }: Standpoint,
  desired: Desired,
): string | undefined {
  const asked = {
    machine: replacedMachines(before, desired),
    volume: replacedData(before, desired),
    attachment: [...replacedMachines(before, desired), ...replacedData(before, desired)],
  }[part];
  const { staying } = membershipChange(before, desired);
  const machine = view.machine(name);
  const isThere = machine?.seen === true && (part === "machine" || machine.hasData);
  if (!staying.includes(name) || !isThere || asked.includes(name)) {
    return undefined;
  }
  return `${name} was about to get another ${part}, and nobody has asked for that: the state calls the one it has tainted, a provider reads it otherwise, or somebody said --replace. No other machine is touched by this update. What is gone of ${name} by now is made by another pulumi up, before anything else is; to replace a machine: npm run replace -- ${name}`;
}
