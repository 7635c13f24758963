import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { FormerUpdate } from "../../components/etcd/rollout/record";
import { desired, recorded } from "../unit/etcd/rollout/example";

const stack = "acme/etcd/prod";
const urn = "urn:pulumi:prod::etcd::etcd:index:Admission$pulumi:index:Stash::record";
/** The same stash of another cluster of the program. */
const other = "urn:pulumi:prod::etcd::etcd:index:Admission$pulumi:index:Stash::other-record";
const formerly = (name: string, stash = urn) => new FormerUpdate(name, pulumi.output(stash));
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
      expect(token).toBe("pulumi:pulumi:readStackResourceOutputs");
      asked.push(inputs.stackName as string);
      if (asked.length <= torn) {
        throw new Error("failed to load checkpoint: EOF");
      }
      // The stash's own output is its first input for ever.
      const outputs = { input: record, output: "of the first update" };
      return {
        name: inputs.stackName,
        outputs:
          inputs.stackName === stack ? { [urn]: { type: "pulumi:index:Stash", outputs } } : {},
      };
    },
  });
});

describe("what the last update that succeeded has left", () => {
  it("is asked of the stack by its full name, and of no namesake", async () => {
    expect(await formerly(stack).record).toEqual(record);
    expect(asked).toEqual([stack]);
  });

  it("is of that cluster, and not of another one of the same program", async () => {
    expect(await formerly(stack, other).record).toBeUndefined();
  });

  it("is asked for without making a resource of whatever the state refers to", async () => {
    const monitor = pulumi.runtime.getMonitor() as unknown as Record<string, unknown>;
    const invoke = (monitor["invoke"] as (...args: unknown[]) => void).bind(monitor);
    const accepts: boolean[] = [];
    monitor["invoke"] = (request: { getAcceptresources(): boolean }, callback: unknown) => {
      accepts.push(request.getAcceptresources());
      invoke(request, callback);
    };
    expect(await formerly(stack).record).toEqual(record);
    expect(accepts).toEqual([false]);
  });

  it("is read again where the engine is just writing it", async () => {
    torn = 3;
    expect(await formerly(stack).record).toEqual(record);
    expect(asked).toHaveLength(4);
  });

  it("is not taken for nothing where it cannot be read", async () => {
    torn = Infinity;
    await expect(formerly(stack).record).rejects.toThrow(
      /acme\/etcd\/prod cannot be read, and without it nothing is changed/,
    );
  });

  it("is nothing where none has succeeded", async () => {
    expect(await formerly("acme/etcd/dev").record).toBeUndefined();
  });

  it("makes an update with the same settings the same one, and any other one new", async () => {
    const former = formerly(stack);
    expect(await former.updateOf(desired())).toBe(record.update);
    const other = desired({ version: "3.7.3" });
    const updates = [await former.updateOf(other), await former.updateOf(other)];
    expect(new Set([record.update, ...updates]).size).toBe(3);
    expect(updates[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
