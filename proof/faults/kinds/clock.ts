import { copyTo } from "../../../lab/machines";
import type { Fault, Scene } from "../fault";
import { etcdWithJumpingClock } from "../jumpingClock";
import { memberOf, onMachine } from "../machine";
import { upgradeFrom, upgradeTo } from "./ups";

const program = "/opt/drill-etcd";
/** As clock/jump.go has it. */
const jumpFile = "/run/drill-clock-jump";
const restartSeconds = 30;

/** How far it jumps, in seconds: further back than the certificates are old, or ahead. */
const jumps = [-3600, -60, 60, 3600];

/** The machines share one host's clock, which is nobody's to set: so etcd gets one of its own. */
const jumping: Fault = {
  id: "clock",
  name: "clock of a member's etcd jumps",
  weight: 6,
  victim: "any",
  healedBy: "itself",
  holdSeconds: [3, 6],
  whyNot: async () => {
    try {
      await Promise.all([upgradeFrom, upgradeTo].map(etcdWithJumpingClock));
      return undefined;
    } catch (error) {
      return `the machines share their host's clock, and no etcd with one of its own could be built: ${(error as Error).message}`;
    }
  },
  inject: async (scene) => {
    const { machineId } = memberOf(scene);
    await copyTo(machineId, await etcdWithJumpingClock(scene.operator.outputs.version), program);
    await onMachine(scene, inPlace(scene));
    const jump = jumps[Math.min(jumps.length - 1, Math.floor(scene.injection.fraction * 4))]!;
    const seconds = await onMachine(scene, setClock(jump));
    scene.note(`its clock is ${seconds} s off`);
  },
  heal: async (scene) => {
    await onMachine(scene, away(scene));
  },
};

const itsEtcd = (scene: Scene) => `"$(readlink -f ${memberOf(scene).binaries}/etcd)"`;

const inPlace = (scene: Scene) => `
  mount --bind ${program} ${itsEtcd(scene)}
  timeout ${restartSeconds} systemctl restart ${memberOf(scene).service}`;

/** What a server says in the header Date is its own clock. */
const setClock = (seconds: number) => `
  echo -n ${seconds} >${jumpFile}
  sleep 0.5
  shown=$(curl -s --max-time 5 --dump-header - --output /dev/null http://127.0.0.1:2381/health | tr -d '\\r' | sed -n 's/^Date: //p')
  off=$(($(date -d "$shown" +%s) - $(date +%s)))
  if ((off < ${seconds} - 2 || off > ${seconds} + 2)); then
    echo "etcd's clock is $off s off, expected ${seconds}" >&2
    exit 1
  fi
  echo "$off"`;

const away = (scene: Scene) => `
  rm -f ${jumpFile}
  if mountpoint --quiet ${itsEtcd(scene)}; then
    umount ${itsEtcd(scene)}
    systemctl restart --no-block ${memberOf(scene).service}
  fi
  rm -f ${program}`;

export const clockFaults: readonly Fault[] = [jumping];
