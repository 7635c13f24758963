import { desiredCluster } from "../etcd/desiredCluster";
import type { Desired } from "../etcd/rollout/desired";
import { ec2Spec } from "../machines/aws/spec";
import { existingSpec } from "../machines/existing/spec";
import { restoreRequest } from "../snapshots";
import { type Settings, usesExistingMachines } from "./settings";

/** What the settings of a stack ask of its cluster, as the program asks it. */
export function desiredOf(settings: Settings): Desired {
  const { machines, replacements, dataReplacements } = settings;
  const { requests, spec } = usesExistingMachines(settings)
    ? existingSpec(
        machines.map((machine) => ({
          ...machine,
          generation: {
            machine: replacements[machine.name] ?? 0,
            data: dataReplacements[machine.name] ?? 0,
          },
        })),
      )
    : ec2Spec(settings);
  const request = { ...settings, restore: restoreRequest(settings) };
  return desiredCluster(request, requests, spec).desired;
}
