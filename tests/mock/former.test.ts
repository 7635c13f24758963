import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { FormerStack } from "../../components/etcd/rollout/record";
import { desired, recorded } from "../unit/etcd/rollout/example";

const stack = "acme/etcd/prod";
const record = recorded();

/** The stacks that were asked for, by their names. */
let asked: string[];
beforeEach(async () => {
  asked = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, id, inputs }) => {
      expect(type).toBe("pulumi:pulumi:StackReference");
      asked.push(id!);
      const outputs = id === stack ? { record } : {};
      const secretOutputNames = Object.keys(outputs);
      return { id: id!, state: { ...inputs, outputs, secretOutputNames } };
    },
    call: () => ({}),
  });
});

describe("what the last update that succeeded has left", () => {
  it("is asked of the stack by its full name, and of no namesake", async () => {
    expect(await new FormerStack(stack, {}).record).toEqual(record);
    expect(asked).toEqual([stack]);
  });

  it("is nothing where none has succeeded", async () => {
    expect(await new FormerStack("acme/etcd/dev", {}).record).toBeUndefined();
  });

  it("makes an update with the same settings the same one, and any other one new", async () => {
    const former = new FormerStack(stack, {});
    expect(await former.updateOf(desired())).toBe(record.update);
    const other = desired({ version: "3.7.3" });
    const updates = [await former.updateOf(other), await former.updateOf(other)];
    expect(new Set([record.update, ...updates]).size).toBe(3);
    expect(updates[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
