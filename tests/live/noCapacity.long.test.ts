import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { INSTANCE } from "../../lab/aws/schema";
import { Operator } from "../../proof/changes/operator";
import { etcdctl } from "./cluster";
import { expectThreeHealthyMembers } from "./expectations";

describe.skipIf(!inject("canRunPulumi"))("controllers on EC2", () => {
  const operator = new Operator(() => undefined);
  let machineIds: string[];

  beforeAll(async () => {
    await operator.lab.down();
    await operator.start({});
    machineIds = operator.outputs.members.map(({ machineId }) => machineId);
  });
  afterAll(() => operator.lab.down());

  const instanceIds = async () =>
    (await operator.lab.aws.list()).filter(({ type }) => type === INSTANCE).map(({ id }) => id);

  it("are two while EC2 has no capacity for a replacement, and three after the next pulumi up", async () => {
    const [kept] = machineIds;
    const asked = { replacements: { "controller-1": 1 } };
    operator.lab.aws.failNext(INSTANCE, "InsufficientInstanceCapacity", "controller-1");
    const failed = await operator.attempt(asked);
    expect(failed.exitCode, failed.output).not.toBe(0);
    expect(failed.output).toContain("api error InsufficientInstanceCapacity");
    expect(await instanceIds()).toHaveLength(2);
    await etcdctl(operator.outputs, ["put", "with", "two of three"], operator.outputs.endpoints[0]);

    const again = await operator.attempt(asked);
    expect(again.exitCode, again.output).toBe(0);
    expect(await instanceIds()).toContain(kept);
    const outputs = await operator.engine.outputs();
    await expectThreeHealthyMembers(outputs);
    const read = ["get", "with", "--print-value-only"];
    expect(await etcdctl(outputs, read, outputs.endpoints[1])).toBe("two of three");
  });
});
