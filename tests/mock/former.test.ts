import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { FormerStack } from "../../components/etcd/rollout/record";
import { desired, recorded } from "../unit/etcd/rollout/example";

const stack = "acme/etcd/prod";
const record = recorded();

/** The stacks that were asked for, by their names. */
let asked: string[];
/** How often the state cannot be read before it can. */
let torn: number;
beforeEach(async () => {
  [asked, torn] = [[], 0];
  await pulumi.runtime.setMocks({
    newResource: ({ type }) => {
      throw new Error(`a resource for what only has to be read: ${type}`);
    },
    call: ({ token, inputs }) => {
      expect(token).toBe("pulumi:pulumi:readStackOutputs");
      asked.push(inputs.name as string);
      if (asked.length <= torn) {
        throw new Error("failed to load checkpoint: EOF");
      }
      return { name: inputs.name, outputs: inputs.name === stack ? { record } : {} };
    },
  });
});

describe("what the last update that succeeded has left", () => {
  it("is asked of the stack by its full name, and of no namesake", async () => {
    expect(await new FormerStack(stack).record).toEqual(record);
    expect(asked).toEqual([stack]);
  });

  it("is read again where the engine is just writing it", async () => {
    torn = 3;
    expect(await new FormerStack(stack).record).toEqual(record);
    expect(asked).toHaveLength(4);
  });

  it("is not taken for nothing where it cannot be read", async () => {
    torn = Infinity;
    await expect(new FormerStack(stack).record).rejects.toThrow(
      /acme\/etcd\/prod cannot be read, and without it nothing is changed/,
    );
  });

  it("is nothing where none has succeeded", async () => {
    expect(await new FormerStack("acme/etcd/dev").record).toBeUndefined();
  });

  it("makes an update with the same settings the same one, and any other one new", async () => {
    const former = new FormerStack(stack);
    expect(await former.updateOf(desired())).toBe(record.update);
    const other = desired({ version: "3.7.3" });
    const updates = [await former.updateOf(other), await former.updateOf(other)];
    expect(new Set([record.update, ...updates]).size).toBe(3);
    expect(updates[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
