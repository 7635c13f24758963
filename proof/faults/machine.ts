import { execOn } from "../../lab/machines";
import type { MemberOutput } from "../../components/outputs";
import type { Scene } from "./fault";

/** The member that is hit, as the stack's outputs have it. */
export function memberOf({ operator, member }: Scene): MemberOutput {
  return operator.outputs.members.find(({ name }) => name === member)!;
}

/** Runs lines of a shell as root on the machine that is hit, past SSH: a fault may be in its way. */
export function onMachine(scene: Scene, script: string): Promise<string> {
  return execOn(memberOf(scene).machineId, "bash", "-euo", "pipefail", "-c", script);
}
