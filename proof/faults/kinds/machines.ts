import {
  pauseMachine,
  removeMachine,
  resumeMachine,
  startMachine,
  stopMachine,
} from "../../../lab/machines";
import type { Fault } from "../fault";
import { memberOf } from "../machine";
import { replaceLostMachine } from "../repair";

const machineId = (scene: Parameters<Fault["inject"]>[0]) => memberOf(scene).machineId;

/** Nothing on it runs, and its clock goes on, as when a hypervisor or a disk stands still. */
const paused: Fault = {
  id: "pause",
  name: "machine paused, then resumed",
  weight: 8,
  victim: "any",
  healedBy: "itself",
  holdSeconds: [3, 6],
  inject: (scene) => pauseMachine(machineId(scene)),
  heal: (scene) => resumeMachine(machineId(scene)),
};

const stopped: Fault = {
  id: "stop",
  name: "machine stopped, then started",
  weight: 6,
  victim: "any",
  healedBy: "itself",
  holdSeconds: [1, 5],
  inject: (scene) => stopMachine(machineId(scene)),
  // With another one, whoever watches from outside would have to be told of it.
  heal: (scene) => startMachine(machineId(scene), { samePublicAddress: true }),
};

const destroyed: Fault = {
  id: "destroy",
  name: "machine destroyed, replaced with new data",
  weight: 0.5,
  victim: "any",
  healedBy: "one pulumi up",
  inject: (scene) => removeMachine(machineId(scene)),
  repair: replaceLostMachine,
};

export const machineFaults: readonly Fault[] = [paused, stopped, destroyed];
