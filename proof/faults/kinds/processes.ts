import type { Fault, Victim } from "../fault";
import { memberOf, onMachine } from "../machine";

/** systemd starts it again after RestartSec, 2 s. */
function killed(id: string, name: string, victim: Victim): Fault {
  return {
    ...{ id, name, victim, weight: 8, healedBy: "itself" },
    inject: async (scene) => {
      await onMachine(scene, `systemctl kill --signal=KILL ${memberOf(scene).service}`);
    },
  };
}

export const processFaults: readonly Fault[] = [
  killed("kill", "etcd killed (SIGKILL) on a member", "any"),
  killed("kill-leader", "etcd killed (SIGKILL) on the leader", "leader"),
];
