import { setTimeout as sleep } from "node:timers/promises";
import { askHealth } from "../../../components/etcd/remote/health";
import type { Fault, Scene } from "../fault";
import { memberOf, onMachine } from "../machine";
import { replaceDamagedData } from "../repair";

/** How long etcd may go on with a full disk: the next page of the database that it needs fails. */
const failSeconds = 30;

const filler = (scene: Scene) => `${memberOf(scene).dataDirectory}/drill-filler`;

/** Until etcd fails by it; it must neither go on without writing nor lose what it acknowledged. */
const full: Fault = {
  id: "full-disk",
  name: "full disk of a member",
  weight: 6,
  victim: "any",
  healedBy: "itself",
  holdSeconds: [1, 4],
  inject: async (scene) => {
    const { dataDirectory, service } = memberOf(scene);
    const restarts = `$(systemctl show --property=NRestarts --value ${service})`;
    // What fallocate leaves, since it takes whole extents, dd takes: it ends with "no space left".
    await onMachine(
      scene,
      `before=${restarts}
       free=$(df --output=avail --block-size=1 ${dataDirectory} | tail -n 1)
       fallocate --length "$free" ${filler(scene)} || true
       dd if=/dev/zero of=${filler(scene)} bs=4k oflag=append conv=notrunc status=none 2>/dev/null || true
       for ((tenths = 0; tenths < ${failSeconds * 10}; tenths++)); do
         ((${restarts} == before)) || exit 0
         sleep 0.1
       done
       echo "etcd has not failed within ${failSeconds} s of a full disk" >&2
       exit 1`,
    );
  },
  heal: async (scene) => {
    await onMachine(scene, `rm -f ${filler(scene)}`);
  },
};

/** How long a member with damaged data is watched: it must not serve again. */
const watchedSeconds = 6;

/** Stops etcd, damages its data, starts it again: it must not take part with that. */
async function damage(scene: Scene, script: string): Promise<void> {
  const { service } = memberOf(scene);
  await onMachine(
    scene,
    `systemctl stop ${service}
     ${script}
     systemctl start --no-block ${service}`,
  );
  await sleep(watchedSeconds * 1000);
  const { members } = await askHealth(scene.operator.outputs);
  if (members.find(({ name }) => name === scene.member)?.healthy !== false) {
    throw new Error(`${scene.member} serves again, on damaged data`);
  }
}

const overwritten: Fault = {
  id: "corrupt",
  name: "data of a member overwritten",
  weight: 0.5,
  victim: "any",
  healedBy: "one pulumi up",
  inject: (scene) =>
    damage(
      scene,
      `cd ${memberOf(scene).dataDirectory}/member
       dd if=/dev/urandom of=snap/db bs=4k count=16 conv=notrunc status=none
       wal=$(ls wal/*.wal | tail -n 1)
       dd if=/dev/urandom of="$wal" bs=4k seek=1 count=16 conv=notrunc status=none`,
    ),
  repair: replaceDamagedData,
};

/** As a disk's silent error would: the file is whole, only its content is not what was written. */
const altered: Fault = {
  id: "altered",
  name: "one key of a member altered on its disk",
  weight: 0.5,
  victim: "any",
  healedBy: "one pulumi up",
  inject: (scene) =>
    // Everywhere in the file: old copies of a page stay in it as free space.
    damage(
      scene,
      `db=${memberOf(scene).dataDirectory}/member/snap/db
       found=$(grep --text --byte-offset --only-matching --fixed-strings ${scene.load.firstKey} $db)
       while IFS=: read -r offset _; do
         printf X | dd of=$db bs=1 seek="$offset" conv=notrunc status=none
       done <<<"$found"`,
    ),
  repair: replaceDamagedData,
};

export const diskFaults: readonly Fault[] = [full, overwritten, altered];
