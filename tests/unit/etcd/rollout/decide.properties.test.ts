import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decide,
  decideMember,
  type Question,
  viewOf,
} from "../../../../components/etcd/rollout/decide";
import {
  replacedData,
  replacedMachines,
  restores,
} from "../../../../components/etcd/rollout/desired";
import { isBlocked, type MemberStep } from "../../../../components/etcd/rollout/memberStep";
import type { Observed, SeenMachine } from "../../../../components/etcd/rollout/observed";
import { permitText } from "../../../../components/etcd/rollout/permit";
import { five, namesWay, own } from "./example";
import { cases } from "./seed";
import { type Life, SimulatedCluster, type SimulatedMember } from "./simulated";
import { questions } from "./states";

type Asked = Question & { observed: Observed };

const seenIn = ({ observed }: Asked) =>
  observed.machines.filter((machine): machine is SeenMachine => machine.seen);

/** Whose a machine is not, in the words of docs and not of the code. */
function isStrangers({ cluster, dataCluster, hasData, process }: SeenMachine): boolean {
  return (
    !["", own.clusterId].includes(cluster.id) ||
    !["", own.clusterId].includes(dataCluster) ||
    (hasData && dataCluster === "") ||
    (process.pid !== 0 && process.cluster !== own.clusterId)
  );
}

/** Every step that anybody would be given: by the whole look, and when it is a member's turn. */
function stepsOf(asked: Asked): MemberStep[] {
  const inTurn = Object.keys(asked.desired.members).map((name) => decideMember(asked, name));
  return [...decide(asked).steps, ...inTurn].filter((step): step is MemberStep => !isBlocked(step));
}

const runs = 1000;

/** Made once: to make them takes longer than to decide on them. */
const all = fc.sample(questions, cases(runs));

function holds(what: string, property: (asked: Asked) => void): void {
  it(what, () => {
    for (const asked of all) {
      try {
        property(asked);
      } catch (error) {
        // The same once more by its own rules, which find a smaller case and tell the seed.
        fc.assert(fc.property(questions, property), cases(runs));
        const { seed } = cases(0);
        throw new Error(`with ETCD_SEED=${seed}: ${fc.stringify(asked)}`, { cause: error });
      }
    }
  });
}

describe("whatever is asked for, was done and is seen", () => {
  holds("there is a decision, the same each time, and nothing is changed by making it", (asked) => {
    const before = structuredClone(asked);
    const decided = (question: Asked) => [
      decide(question),
      ...Object.keys(question.desired.members).map((name) => decideMember(question, name)),
    ];
    const [first, again] = [decided(asked), decided(structuredClone(asked))];
    expect([isDeepStrictEqual(again, first), isDeepStrictEqual(asked, before)]).toEqual([
      true,
      true,
    ]);
    expect(decide({ ...asked, observed: undefined }).steps).toEqual([]);
  });

  holds("what is refused is not begun", (asked) => {
    const { violations, preparations, steps } = decide(asked);
    const names = Object.keys(asked.desired.members);
    if (violations.length > 0) {
      expect([...preparations, ...steps]).toEqual([]);
    } else {
      expect(steps.map(({ member }) => member).sort()).toEqual(names.sort());
    }
  });

  holds("what a preview refuses is refused by the look, too", (asked) => {
    const { violations } = decide({ ...asked, observed: undefined });
    expect(decide(asked).violations).toEqual(expect.arrayContaining([...violations]));
  });

  holds("every refusal names a way to go", (asked) => {
    const blocked = Object.keys(asked.desired.members)
      .map((name) => decideMember(asked, name))
      .flatMap((step) => (isBlocked(step) ? step.blocked : []));
    const texts = [...decide(asked).violations, ...blocked];
    expect(texts.filter((text) => !namesWay(text))).toEqual([]);
    expect(texts.filter((text) => /undefined|\[object|NaN/.test(text))).toEqual([]);
  });

  holds("a cluster is founded once, and never beside what was not seen", (asked) => {
    const founding = stepsOf(asked).filter(({ action }) => action === "found");
    if (founding.length === 0) {
      return;
    }
    const seen = seenIn(asked);
    expect(asked.recorded).toBeUndefined();
    expect(asked.desired.restore.id).toBe("");
    expect(seen.filter(({ cluster }) => cluster.founded + cluster.restored !== "")).toEqual([]);
    expect(seen.flatMap(({ view }) => [...view.answers.values()])).not.toContain("serves");
    for (const name of Object.keys(asked.desired.members)) {
      expect(seen.some((machine) => machine.name === name)).toBe(true);
    }
    for (const { member } of founding) {
      const { hasData, process } = seen.find((machine) => machine.name === member)!;
      expect([hasData, process.pid]).toEqual([false, 0]);
    }
  });

  holds("nothing acts on a machine that was not seen, or is a stranger's", (asked) => {
    const usable = seenIn(asked).filter((machine) => !isStrangers(machine));
    const acting = [
      ...stepsOf(asked).map(({ member }) => member),
      ...decide(asked).preparations.flatMap((one) => {
        return "through" in one ? one.through : "from" in one ? one.from : [];
      }),
    ];
    const names = usable.map(({ name }) => name);
    expect(acting.filter((name) => !names.includes(name))).toEqual([]);
  });

  holds("a member that serves stops only while every other one serves", (asked) => {
    const view = viewOf(asked, asked.observed);
    for (const step of stepsOf(asked)) {
      const isServing = view.serves(step.member);
      if (step.action === "restart") {
        expect(isServing).toBe(true);
        const { peerUrl } = asked.desired.members[step.member]!;
        const others = view.members!.filter(
          ({ name, peerUrls }) => !peerUrls.includes(peerUrl) && name !== step.member,
        );
        for (const other of others) {
          expect(view.entryServes(other)).toBe(true);
          expect(step.serve.some((url) => other.clientUrls.includes(url))).toBe(true);
        }
        for (const id of step.lead) {
          expect(view.members!.find((one) => one.id === id)?.isLearner).toBe(false);
        }
        expect(view.alarms!.filter(({ alarm }) => alarm !== "NOSPACE")).toEqual([]);
      } else if (step.action !== "keep" && step.action !== "restore") {
        expect(isServing && step.action === "start").toBe(false);
      }
    }
  });

  holds("one that runs and is silent is left alone, unless the others do without it", (asked) => {
    const view = viewOf(asked, asked.observed);
    for (const step of stepsOf(asked).filter(({ action }) => action === "start")) {
      const { process } = seenIn(asked).find(({ name }) => name === step.member)!;
      const isAlive = process.pid !== 0 && (process.isUp || process.restarts < 3);
      if (isAlive && view.isServed && view.members !== undefined) {
        const { peerUrl } = asked.desired.members[step.member]!;
        const mute = view.members.filter(
          (one) =>
            !one.peerUrls.includes(peerUrl) && one.name !== step.member && !view.entryServes(one),
        );
        expect(mute).toEqual([]);
      }
    }
  });

  holds("who joins has nothing, and takes nobody's place that serves", (asked) => {
    const view = viewOf(asked, asked.observed);
    for (const step of stepsOf(asked).filter(({ action }) => action === "join")) {
      const { hasData, process } = seenIn(asked).find(({ name }) => name === step.member)!;
      expect([hasData, process.pid, view.isServed]).toEqual([false, 0, true]);
      const removed = view.members!.filter(({ id }) => id === step.remove);
      expect(removed.length > 0).toBe(step.remove !== "");
      // Ids that two have are a stranger's joke.
      expect(removed.length > 0 && removed.every((one) => view.entryServes(one))).toBe(false);
      expect(step.remove !== "" && !step.add).toBe(false);
    }
  });

  holds(
    "a snapshot is begun from only where it waits, and where that has not been done",
    (asked) => {
      const { desired, recorded } = asked;
      for (const step of stepsOf(asked).filter(({ action }) => action === "restore")) {
        const { cluster, restoreWaiting } = seenIn(asked).find(({ name }) => name === step.member)!;
        expect(restores(recorded?.desired, desired)).toBe(true);
        expect(restoreWaiting).toBe(desired.restore.id);
        expect(cluster.restored).not.toBe(desired.restore.id);
        expect(step.token).toBe(`${own.clusterId}-${desired.restore.id}`);
      }
    },
  );

  holds(
    "one machine is replaced at most, with its data or not, whatever was interrupted",
    (asked) => {
      const { desired, recorded, attempted } = asked;
      const { violations } = decide(asked);
      const since = recorded?.desired ?? attempted;
      if (violations.length > 0 || since === undefined || restores(recorded?.desired, desired)) {
        return;
      }
      const replaced = [...replacedMachines(since, desired), ...replacedData(since, desired)];
      expect(new Set(replaced).size).toBeLessThanOrEqual(recorded === undefined ? 0 : 1);
    },
  );

  holds("who stays is not taken out", (asked) => {
    const staying = Object.values(asked.desired.members).map(({ peerUrl }) => peerUrl);
    for (const one of decide(asked).preparations) {
      const urls = one.kind === "remove" ? one.peerUrls : [];
      expect(urls.filter((url) => staying.includes(url))).toEqual([]);
    }
  });

  holds("a permit has the lines that a script reads, and no others", (asked) => {
    const binding = { update: "0011223344556677", clusterId: own.clusterId, digest: "d" };
    for (const step of stepsOf(asked)) {
      const lines = permitText(step, binding).split("\n");
      expect(lines).toHaveLength(17);
      expect(lines.filter((line) => !/^([a-z_]+=[A-Za-z0-9_./:=,+-]*)?$/.test(line))).toEqual([]);
    }
  });

  it("is all of what there can be: every action, refusals and changes that pass", () => {
    const actions = all.flatMap((asked) => stepsOf(asked).map(({ action }) => action));
    expect(new Set(actions)).toEqual(
      new Set(["found", "join", "restart", "start", "restore", "keep"]),
    );
    const kinds = all.flatMap((asked) => decide(asked).preparations.map(({ kind }) => kind));
    expect(new Set(kinds)).toEqual(
      new Set(["snapshot", "downgrade", "remove", "transfer-leadership"]),
    );
    const passed = all.filter((asked) => decide(asked).violations.length === 0);
    expect(passed.length).toBeGreaterThan(100);
    expect(passed.length).toBeLessThan(runs - 100);
  });
});

// --- carried out, step by step ----------------------------------------------------------------------

const lives = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Life>("running") },
  { weight: 1, arbitrary: fc.constantFrom<Life>("stopped", "looping", "hung") },
);

const memberStates: fc.Arbitrary<SimulatedMember> = fc
  .record({
    life: lives,
    isEmptied: fc.oneof(
      { weight: 8, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    entry: fc.oneof(
      { weight: 8, arbitrary: fc.constant("voter" as const) },
      { weight: 1, arbitrary: fc.constantFrom("none", "learner", "unstarted") },
    ),
    isSeen: fc.oneof(
      { weight: 12, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
  })
  .map(({ life, isEmptied, entry, isSeen }) => {
    const hasData = !isEmptied && entry !== "none" && entry !== "unstarted";
    return {
      life: hasData ? life : "stopped",
      digest: "before",
      hasData,
      founded: hasData,
      entry,
      isSeen,
    };
  });

const clusters = fc
  .constantFrom(1, 2, 3, 3, 3, 5, 5)
  .chain((size) =>
    fc.tuple(...five.slice(0, size).map((name) => memberStates.map((one) => [name, one] as const))),
  );

/** Chances, drawn one after the other: mostly that all goes well. */
const tape = (chances: number) =>
  fc.array(fc.nat({ max: chances }), { minLength: 1, maxLength: 40 }).map((drawn) => {
    let at = 0;
    return () => drawn[at++ % drawn.length]!;
  });

const broken: Life[] = ["hung", "looping", "stopped"];

describe("an update that is carried out", () => {
  it("never has two members down that served, and never ends a quorum", () => {
    const property = fc.property(
      clusters,
      tape(7),
      tape(5),
      fc.boolean(),
      (states, fate, luck, looksAtAll) => {
        const cluster = new SimulatedCluster(
          new Map(states.map(([name, one]) => [name, { ...one }])),
          {
            comesUp: () => broken[fate()] ?? "running",
            misses: () => luck() === 0,
            looksAtAll: () => looksAtAll,
          },
        );
        const names = states.map(([name]) => name);
        const hadQuorum = cluster.serving.length > 0;
        // What an update leaves undone the next one, which asks for something else, finds.
        for (const digest of ["first", "second", "third"]) {
          cluster.update(digest, names);
          if (hadQuorum && cluster.voters.length > 2) {
            expect(cluster.serving.length, cluster.told.join("\n")).toBeGreaterThan(0);
          }
        }
      },
    );
    fc.assert(property, cases(1200));
  });

  it("brings everybody to what is asked for, where a quorum serves and all goes well", () => {
    fc.assert(
      fc.property(clusters, fc.boolean(), (states, looksAtAll) => {
        const members = new Map(states.map(([name, one]) => [name, { ...one, isSeen: true }]));
        const cluster = new SimulatedCluster(members, {
          comesUp: () => "running",
          misses: () => false,
          looksAtAll: () => looksAtAll,
        });
        fc.pre(cluster.serving.length > 0);
        // Two that run without taking part wait for each other: which of them to end is nobody's to decide
        // but a person's.
        const waiting = states.filter(
          ([, { life, hasData, entry }]) =>
            hasData && (life === "hung" || (life === "running" && entry === "learner")),
        );
        fc.pre(waiting.length < 2);
        // Data of a member that was taken out is not ours to delete.
        const names = states.map(([name]) => name);
        cluster.update("asked", names);
        cluster.update("asked", names);
        const done = names.map((name) => [cluster.serves(name), cluster.member(name).digest]);
        expect(done, cluster.told.join("\n")).toEqual(names.map(() => [true, "asked"]));
      }),
      cases(600),
    );
  });

  it("brings a cluster back that was stopped as a whole", () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 5), fc.boolean(), (size, looksAtAll) => {
        const names = five.slice(0, size);
        const stopped = (): SimulatedMember => ({
          life: "stopped",
          digest: "before",
          hasData: true,
          founded: true,
          entry: "voter",
          isSeen: true,
        });
        const cluster = new SimulatedCluster(new Map(names.map((name) => [name, stopped()])), {
          comesUp: () => "running",
          misses: () => false,
          looksAtAll: () => looksAtAll,
        });
        cluster.update("asked", names);
        expect(cluster.serving, cluster.told.join("\n")).toEqual(names);
      }),
      cases(20),
    );
  });
});
