import { minorOf } from "../../../components/etcd/versions";
import { newest } from "../../../components/etcd/versions";
import { lastLines } from "../../../lab/run";
import type { Fault, Scene } from "../fault";
import type { Operator, Settings } from "../../changes/operator";

export const upgradeFrom = newest["3.6"];
export const upgradeTo = newest["3.7"];

/** A `pulumi up` to new settings, killed where it says so, and finished by another. */
async function change(
  { operator, load, injection, note }: Scene,
  settings: Settings,
  { kill, instances = [] }: { kill: boolean; instances?: readonly string[] },
): Promise<void> {
  operator.ask(settings);
  if (kill) {
    note(await operator.killedUp(injection.fraction, instances));
  }
  await operator.up();
  // Clients are told of other members and credentials by the stack's outputs.
  load.reconnect(operator.target);
}

/** Which of several changes is killed. */
const isKilled = ({ injection }: Scene, index: number, of: number) => injection.pick % of === index;

const upgrade: Fault = {
  id: "killed-upgrade",
  name: `pulumi up killed in an upgrade (${upgradeFrom} → ${upgradeTo})`,
  weight: 0.5,
  victim: "nobody",
  healedBy: "one pulumi up",
  prepare: async (operator) => {
    if (operator.outputs.version !== upgradeFrom) {
      operator.ask({ version: upgradeFrom, allowDowngradeTo: minorOf(upgradeFrom) });
      await operator.up();
    }
  },
  inject: (scene) => change(scene, { version: upgradeTo }, { kill: true }),
};

const rotation: Fault = {
  id: "killed-rotation",
  name: "pulumi up killed in a CA rotation",
  weight: 0.5,
  victim: "nobody",
  healedBy: "one pulumi up",
  inject: async (scene) => {
    const [old] = authorities(scene.operator);
    const steps = [[old, old + 1], [old + 1, old], [old + 1]];
    for (const [index, step] of steps.entries()) {
      const kill = isKilled(scene, index, steps.length);
      await change(scene, { certificateAuthorities: step }, { kill });
    }
  },
};

function authorities({ settings }: Operator): [number] {
  return (settings["certificateAuthorities"] ?? [1]) as [number];
}

const scaling: Fault = {
  id: "killed-scaling",
  name: "pulumi up killed in a scaling (3 → 5 → 3)",
  weight: 0.5,
  victim: "nobody",
  healedBy: "one pulumi up",
  inject: async (scene) => {
    const three = scene.operator.outputs.members.map(({ name, privateIp }) => ({
      name,
      privateIp,
    }));
    const more = [3, 4].map((number) => ({
      name: `controller-${number}`,
      privateIp: `10.0.1.${10 + number}`,
    }));
    await change(
      scene,
      { controllers: [...three, ...more] },
      { kill: isKilled(scene, 0, 2), instances: more.map(({ name }) => name) },
    );
    await change(scene, { controllers: three }, { kill: isKilled(scene, 1, 2) });
  },
};

/** The state's lock lets one of them through, or none where each sees the other's. */
const twoAtOnce: Fault = {
  id: "two-ups",
  name: "two pulumi ups at once",
  weight: 0.5,
  victim: "nobody",
  healedBy: "one pulumi up",
  inject: async ({ operator, injection, note }) => {
    const heartbeatIntervalMs = operator.settings["heartbeatIntervalMs"] === 120 ? 100 : 120;
    operator.ask({ heartbeatIntervalMs });
    const runs = await operator.twoUps(injection.fraction * 4000);
    note(`ended with ${runs.map(({ exitCode }) => exitCode).join(" and ")}`);
    const strange = runs.find(
      ({ exitCode, output }) => exitCode !== 0 && !output.includes("the stack is currently locked"),
    );
    if (strange !== undefined) {
      throw new Error(
        `an up failed, and not for the other's lock. Its last lines:\n${lastLines(strange.output, 25)}`,
      );
    }
  },
  repair: ({ operator }) => operator.up(),
};

export const upFaults: readonly Fault[] = [upgrade, rotation, scaling, twoAtOnce];
