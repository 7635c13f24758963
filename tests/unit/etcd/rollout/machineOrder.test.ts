import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { viewOf } from "../../../../components/etcd/rollout/decide";
import {
  machineOrder,
  type MachinePart,
  unaskedReplacement,
} from "../../../../components/etcd/rollout/machineOrder";
import {
  type ObservedChanges,
  desired,
  emptied,
  five,
  membersOf,
  observed,
  recorded,
} from "./example";
import { cases } from "./seed";

const before = desired({ members: membersOf(five) });

function standpoint(changes: ObservedChanges = {}) {
  const seen = observed({ all: five, ...changes });
  const asked = { desired: before, recorded: recorded({ members: before.members }) };
  return { before, view: viewOf({ ...asked, attempted: undefined }, seen) };
}

const asking = (machine: string, data = 0) =>
  desired({
    members: membersOf(five, { [machine]: { machineGeneration: 1, dataGeneration: data } }),
  });

describe("the order in which machines are changed", () => {
  it("has the leader's last", () => {
    expect(machineOrder(standpoint({ leader: "b" }), before)).toEqual({
      order: ["a", "c", "d", "e", "b"],
      broken: [],
    });
  });

  it("has that which is replaced on request after the leader's", () => {
    expect(machineOrder(standpoint(), asking("c")).order).toEqual(["b", "d", "e", "a", "c"]);
  });

  it("has those first whose members do not serve, and nobody but them where they are replaced", () => {
    const changes: ObservedChanges = {
      answers: { d: "silent", e: "refused" },
      machines: { e: "no route" },
    };
    expect(machineOrder(standpoint(changes), asking("e"))).toEqual({
      order: ["d", "e", "b", "c", "a"],
      broken: ["d", "e"],
    });
  });

  it("waits for no member where none serves: they start together", () => {
    expect(machineOrder(standpoint({ silent: true }), before).broken).toEqual([]);
  });

  it("is of members that stay", () => {
    const others = desired({ members: membersOf(["a", "b", "c", "f"]) });
    expect(machineOrder(standpoint(), others).order).toEqual(["b", "c", "a"]);
  });
});

describe("a part of a machine that nobody has asked for", () => {
  const why = (part: MachinePart, asked = before, changes: ObservedChanges = {}) =>
    unaskedReplacement("c", part, standpoint(changes), asked);

  it.each<MachinePart>(["machine", "volume", "attachment"])("is refused: %s", (part) => {
    expect(why(part)).toMatch(
      new RegExp(
        `^c was about to get another ${part}, .*tainted.*--replace.*npm run replace -- c$`,
      ),
    );
  });

  it.each<[string, MachinePart, number, boolean]>([
    ["a machine", "machine", 0, true],
    ["its disk with it", "attachment", 0, true],
    ["no other volume", "volume", 0, false],
    ["another volume, where data is asked for", "volume", 1, true],
  ])("is made where it is asked for: %s", (_, part, data, isMade) => {
    expect(why(part, asking("c", data)) === undefined).toBe(isMade);
  });

  it("is made where there is none: a machine that cannot be seen, a disk without data", () => {
    expect(why("machine", before, { machines: { c: "no route" } })).toBeUndefined();
    expect(why("volume", before, { machines: { c: emptied } })).toBeUndefined();
    expect(why("machine", before, { machines: { c: emptied } })).toBeDefined();
  });

  it("is made for a member that joins", () => {
    const more = desired({ members: membersOf([...five, "f"]) });
    expect(unaskedReplacement("f", "machine", standpoint(), more)).toBeUndefined();
  });

  it("is never missing beside another one, whatever the engine would replace", () => {
    const some = fc.subarray(five);
    fc.assert(
      fc.property(
        fc.record({ doomed: some, unseen: some, mute: some }),
        fc.option(fc.constantFrom(...five), { nil: undefined }),
        fc.constantFrom(...five),
        ({ doomed, unseen, mute }, one, leader) => {
          const now = standpoint({
            leader,
            machines: Object.fromEntries(unseen.map((name) => [name, "no route"])),
            answers: Object.fromEntries([...mute, ...unseen].map((name) => [name, "silent"])),
          });
          const asked = one === undefined ? before : asking(one);
          // The engine deletes, then makes; what fails keeps all that come after from being touched.
          let missing: string[] = [];
          const { order, broken } = machineOrder(now, asked);
          for (const name of order) {
            if (!doomed.includes(name) && name !== one) {
              continue;
            }
            missing.push(name);
            expect(missing.filter((other) => !unseen.includes(other)).length).toBeLessThanOrEqual(
              1,
            );
            if (unaskedReplacement(name, "machine", now, asked) !== undefined) {
              break;
            }
            // The next machine waits until it is a member again.
            missing = missing.filter((other) => !broken.includes(other));
          }
        },
      ),
      cases(2000),
    );
  });
});
