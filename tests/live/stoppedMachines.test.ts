import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { INSTANCE } from "../../lab/aws/schema";
import { machineExists, startMachine, stopMachine } from "../../lab/machines";
import { up } from "../../lab/pulumiEngine";
import { Operator } from "../../proof/changes/operator";
import { etcdctl } from "./cluster";
import { expectThreeHealthyMembers } from "./expectations";

/** Somebody stops the controllers over the weekend, and looks on Monday how things are. */
describe.skipIf(!inject("canRunPulumi"))("controllers that are stopped outside Pulumi", () => {
  const operator = new Operator(() => undefined);
  const refreshing = [...up, "--refresh"];
  let machineIds: string[];

  beforeAll(async () => {
    await operator.lab.down();
    await operator.start({});
    machineIds = operator.outputs.members.map(({ machineId }) => machineId);
    await etcdctl(operator.outputs, ["put", "before", "the weekend"]);
  });
  afterAll(() => operator.lab.down());

  const instanceIds = async () =>
    (await operator.lab.aws.list()).filter(({ type }) => type === INSTANCE).map(({ id }) => id);

  async function expectTheSameMachines(): Promise<void> {
    expect((await instanceIds()).sort()).toEqual([...machineIds].sort());
    for (const id of machineIds) {
      expect(await machineExists(id), id).toBe(true);
    }
  }

  it("are not replaced by pulumi up --refresh while they are stopped", async () => {
    await Promise.all(machineIds.map((id) => stopMachine(id)));
    const { exitCode, output } = await operator.attempt({}, refreshing);
    await expectTheSameMachines();
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(/controller-\d has no public address: its instance i-\w+ is stopped/);
    expect(output).toMatch(/aws ec2 start-instances --instance-ids i-\w+/);
  });

  it("are found at their new public addresses when they are started again", async () => {
    const before = operator.outputs.members.map(({ publicIp }) => publicIp);
    await Promise.all(machineIds.map((id) => startMachine(id)));
    const { exitCode, output } = await operator.attempt({}, refreshing);
    expect(exitCode, output).toBe(0);
    await expectTheSameMachines();
    const outputs = await operator.engine.outputs();
    for (const { publicIp } of outputs.members) {
      expect(before).not.toContain(publicIp);
    }
    await expectThreeHealthyMembers(outputs);
    expect(await etcdctl(outputs, ["get", "before", "--print-value-only"])).toBe("the weekend");
  });
});
