import * as pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings";
import * as state from "@pulumi/pulumi/runtime/state";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { RemoteCluster } from "../../components/etcd/remote/cluster";
import { accessControl, Admission } from "../../components/etcd/rollout/admission";
import type { Preparation } from "../../components/etcd/rollout/decide";
import type { Desired } from "../../components/etcd/rollout/desired";
import type { MachineGuard } from "../../components/etcd/rollout/machineGuard";
import type { MachinePart } from "../../components/etcd/rollout/machineOrder";
import type { Observed, View } from "../../components/etcd/rollout/observed";
import type { StackRecord } from "../../components/etcd/rollout/record";
import {
  blank,
  desired,
  membersOf,
  names,
  observed,
  own,
  recorded,
  stopped,
} from "../unit/etcd/rollout/example";

/** What the machines show, whom it was asked of, and what was sent to them. */
const site = vi.hoisted(() => ({
  looks: [] as string[],
  lookedAt: [] as string[],
  user: "ubuntu",
  accessAsked: [] as boolean[],
  hostKeys: [] as (string | undefined)[],
  permits: [] as { name: string; action: string }[],
  prepared: [] as string[],
  handedOver: [] as string[],
  waitedFor: [] as string[],
  machines: [] as unknown[],
  releasesAskedFor: [] as string[],
}));

const shown = (name: string) =>
  site.machines.find((machine) => (machine as { name: string }).name === name);

vi.mock("../../components/etcd/remote/observe", () => ({
  observe: ({ name }: { name: string }) => {
    site.looks.push(name);
    return Promise.resolve(shown(name));
  },
  observeCluster: ({ members }: RemoteCluster, _: unknown, asksAccess: boolean) => {
    site.accessAsked.push(asksAccess);
    site.lookedAt = members.map(({ target }) => target.host);
    site.hostKeys.push(...members.map(({ target }) => target.hostKey));
    site.looks.push(...members.map(({ name }) => name));
    return Promise.resolve({ machines: members.map(({ name }) => shown(name)) });
  },
}));
vi.mock("../../components/etcd/remote/turn", () => ({
  inTurn: async (
    { member: { name } }: { member: { name: string } },
    until: Promise<void>,
    work: (turn: unknown) => Promise<unknown>,
  ) => {
    await until;
    const look = () => {
      site.looks.push(name);
      return Promise.resolve(shown(name));
    };
    return work({ look, leave: takePermit });
  },
}));
vi.mock("../../components/etcd/releasePage", () => ({
  missingRelease: (_: unknown, version: string) => {
    site.releasesAskedFor.push(version);
    return Promise.resolve(
      version === "3.6.99" ? "version is 3.6.99, and there is none" : undefined,
    );
  },
}));
function takePermit(permit: string) {
  const lines = permit.split("\n");
  const [name, action] = ["member", "action"].map((key) =>
    lines.find((line) => line.startsWith(`${key}=`))!.slice(key.length + 1),
  );
  site.permits.push({ name: name!, action: action! });
  return Promise.resolve();
}
vi.mock("../../components/etcd/rollout/prepare", () => ({
  prepare: (all: readonly Preparation[]) => {
    site.prepared.push(...all.map(({ kind }) => kind));
    return Promise.resolve();
  },
}));
vi.mock("../../components/etcd/remote/wait", () => ({
  waitUntilHealthy: ({ members }: RemoteCluster, { name }: { name: string }) => {
    const own = members.find((member) => member.name === name);
    site.waitedFor.push(`${name} at ${own?.target.host}`);
    site.hostKeys.push(own?.target.hostKey);
    return Promise.resolve();
  },
}));
vi.mock("../../components/etcd/remote/machine", () => ({
  LiveMachine: class {
    readonly target = {};
    readonly etcdctl = {};
    constructor(readonly name: string) {}
    get member() {
      return { name: this.name };
    }
    succeed(script: string) {
      site.handedOver.push(`${script} ${this.name}`);
      return Promise.resolve("");
    }
  },
}));

const digest = "d".repeat(64);

// What its type declarations leave out.
const { getMonitor } = settings as unknown as { getMonitor: () => Record<string, unknown> };

/** What is made for a member is called after the component and the member. */
const resourceOf = (name: string) => `admission-${name}`;

const recordUrn =
  "urn:pulumi:stack::project::etcd:index:Admission$pulumi:index:Stash::admission-record";

/** That of b's machine is made again, once the change is admitted. */
let keyOfB = pulumi.output("recorded");
const hostKeyNow = (name: string) => (name === "b" ? keyOfB : pulumi.output("recorded"));

/** An update of a stack whose last one that succeeded has left this record, if any has. */
async function update(asked: Desired, former?: Desired, restored: string[] = []) {
  const record: StackRecord | undefined = former && {
    ...recorded({}, restored),
    desired: former,
    binaries: "/opt/etcd/v3.6.16/bin",
    digests: Object.fromEntries(names.map((name) => [name, "left"])),
    repairs: { b: "earlier" },
    machines: Object.fromEntries(
      Object.keys(former.members).map((name) => [
        name,
        { host: name, port: 22, user: "ubuntu", hostKey: "recorded" },
      ]),
    ),
  };
  await pulumi.runtime.setMocks({
    newResource: ({ id, name, inputs }) => ({
      id: id ?? name,
      state: {
        ...inputs,
        output: inputs.input,
      },
    }),
    call: ({ inputs }) => ({
      name: inputs.stackName,
      outputs: record ? { [recordUrn]: { outputs: { input: record } } } : {},
    }),
  });
  const monitor = getMonitor();
  const accept = (_: unknown, callback: (error: null, answer: object) => void) =>
    callback(null, {});
  monitor["registerResourceHook"] = accept;
  monitor["registerErrorHook"] = accept;
  const identity = { id: pulumi.output(own.clusterId), name: "etcd", stack: own.stack };
  const admission = new Admission("admission", {
    identity,
    members: Object.keys(asked.members),
    desired: pulumi.output(asked),
    binaries: "/opt/etcd/v3.6.16/bin",
    renewal: { certificate: 120, authority: 366 },
    source: { kind: "release", url: "https://mirror.example.com", checksums: undefined },
  });
  const secret = pulumi.output("key");
  admission.connect(
    { privateKey: secret, password: pulumi.output(""), bastionPrivateKey: pulumi.output("") },
    Object.keys(asked.members).map((name) => ({
      name,
      connection: {
        ...{ host: name === "b" ? "1.2.3.5" : name, hostKey: hostKeyNow(name) },
        user: site.user,
      },
    })),
    pulumi.output<Record<string, string>>({ b: "1.2.3.5" }),
  );
  const gate = (attempted?: Desired) =>
    (admission as unknown as { admit(old: unknown): Promise<void> }).admit(
      attempted && { update: "before", desired: attempted },
    );
  const hooks = admission.memberHooks();
  const call = (hook: unknown, args: object) =>
    (hook as { callback(args: object): void | Promise<void> }).callback(args);
  return {
    admission,
    gate,
    before: async (name: string) =>
      call(hooks.beforeUpdate![0], {
        name: resourceOf(name),
        newInputs: { update: `member digest=${digest}` },
      }),
    after: async (name: string) =>
      call(hooks.afterUpdate![0], { name: resourceOf(name), newOutputs: {} }),
    fail: async (name: string, error: string) =>
      call(hooks.onError![0], { name: resourceOf(name), errors: [error] }),
  };
}

/** Why an output has no value. Each of its promises is rejected with it. */
async function refused(output: pulumi.Output<unknown>): Promise<string> {
  const all = output as unknown as Record<string, unknown> & {
    promise(): Promise<unknown>;
    allResources(): Promise<unknown>;
  };
  const [value] = await Promise.allSettled([
    all.promise(),
    all["isKnown"],
    all["isSecret"],
    all.allResources(),
  ]);
  return value.status === "rejected" ? (value.reason as Error).message : "it has one";
}

const stale = Object.fromEntries(names.map((name) => [name, { process: { digest: "old" } }]));
const flags = desired({ members: membersOf(names, { a: { unit: "--quota=9" } }) });
const actions = () => site.permits.map(({ name, action }) => `${action} ${name}`);
/** Whoever waits for the lock is given some time to come. */
const settle = () => sleep(700);
const show = (seen: Observed) => (site.machines = [...seen.machines]);

beforeEach(() => {
  for (const list of [
    site.looks,
    site.accessAsked,
    site.releasesAskedFor,
    site.permits,
    site.prepared,
    site.handedOver,
    site.waitedFor,
    site.hostKeys,
  ]) {
    list.length = 0;
  }
  show(observed({ machines: stale }));
});

describe("the gate", () => {
  it("lets nothing pass that one thing speaks against, and prepares nothing of it", async () => {
    const { gate, before } = await update(desired({ version: "3.5.35" }), desired());
    await expect(gate(desired())).rejects.toThrow(
      /this change is refused[^]*allowDowngradeTo: "\d\.\d"/,
    );
    expect(site.prepared).toEqual([]);
    // A busy machine may only have been slow.
    expect(site.looks.sort()).toEqual(["a", "a", "b", "b", "c", "c"]);
    await expect(before("b")).rejects.toThrow(/b was not admitted/);
    expect(site.permits).toEqual([]);
  });

  it("refuses a version that does not exist, in a preview, too", async () => {
    const { admission } = await update(desired());
    const asked = { args: { desired: pulumi.output(desired({ version: "3.6.99" })) } };
    const other = Object.assign(Object.create(admission) as object, asked) as unknown as {
      gated(): pulumi.Output<unknown>;
    };
    expect(await refused(other.gated())).toMatch(
      /this change is refused[^]*version is 3\.6\.99, and there is none/,
    );
  });

  it("refuses to found with fewer at a time than are a quorum, in a preview, too", async () => {
    const { admission } = await update(desired());
    await settle();
    const gated = () =>
      (Object.create(admission) as unknown as { gated(): pulumi.Output<unknown> }).gated();
    vi.stubEnv("PULUMI_NODEJS_PARALLEL", "1");
    expect(await refused(gated())).toMatch(/--parallel is 1, and 2 of 3 members/);
    vi.stubEnv("PULUMI_NODEJS_PARALLEL", "2");
    expect(await refused(gated())).toBe("it has one");
    // As a program in another language has it, where that is not in the environment.
    vi.stubEnv("PULUMI_NODEJS_PARALLEL", undefined);
    expect(await refused(gated())).toBe("it has one");
    const { getStore } = state as unknown as {
      getStore: () => { settings: { options: { parallel: number } } };
    };
    const { options } = getStore().settings;
    const before = options.parallel;
    options.parallel = 1;
    expect(await refused(gated())).toMatch(/--parallel is 1, and 2 of 3 members/);
    options.parallel = before;
    vi.unstubAllEnvs();
  });

  it("asks whether a version exists where it is another one, and not else", async () => {
    const askedFor = async (asked: Desired, former?: Desired) => {
      await settle();
      site.releasesAskedFor.length = 0;
      await update(asked, former);
      await settle();
      return [...site.releasesAskedFor];
    };
    expect(await askedFor(flags, desired())).toEqual([]);
    expect(await askedFor(desired({ version: "3.6.17" }), desired())).toEqual(["3.6.17"]);
    expect(await askedFor(desired())).toEqual([desired().version]);
  });

  it("refuses what it cannot see", async () => {
    show(observed({ machines: { b: "no route" } }));
    const { gate } = await update(flags, desired());
    await expect(gate(desired())).rejects.toThrow(
      /b's machine cannot be seen, and unseen is refused/,
    );
  });

  it("rests on the one look of an update, and asks the cluster for what has to come first", async () => {
    const { gate } = await update(desired({ version: "3.7.3" }), desired());
    await gate(desired());
    expect(site.looks).toEqual(names);
    expect(site.prepared).toEqual(["snapshot"]);
  });

  it("looks where machines are now, and else where the last update has left them", async () => {
    const { gate } = await update(flags, desired());
    await gate(desired());
    expect(site.lookedAt).toEqual(["a", "1.2.3.5", "c"]);
  });

  it("looks again where an earlier update had asked for members that nobody has been asked of", async () => {
    const { gate } = await update(flags, desired());
    await gate(desired({ members: membersOf([...names, "d"]) })).catch(() => undefined);
    expect(site.looks.slice(0, 6)).toEqual([...names, ...names]);
  });

  it("is not gone round: no counter of a machine is told, and no member changes", async () => {
    const { admission, before } = await update(flags, desired());
    await expect(before("b")).rejects.toThrow(/not admitted.*--target/);
    const counter = await refused(admission.admitted(1));
    expect(counter).toMatch(/not admitted.*--target/);
  });

  it("is not asked again for what has been done", async () => {
    const { admission, before } = await update(desired(), desired());
    await before("b");
    expect(actions()).toEqual(["restart b"]);
    expect(await (admission.admitted(3) as any).promise()).toBe(3);
  });
});

describe("a member that does not run what was left", () => {
  const repairOf = (admission: Admission, name: string) =>
    (admission.repairOf(name) as unknown as { promise(): Promise<string> }).promise();

  it("is given another word, so that its command runs, and the others keep theirs", async () => {
    const left = { process: { digest: "left" } };
    show(observed({ machines: { a: left, b: left, c: { process: stopped } } }));
    const { admission } = await update(desired(), desired());
    expect(await repairOf(admission, "a")).toBe("");
    expect(await repairOf(admission, "b")).toBe("earlier");
    expect(await repairOf(admission, "c")).toMatch(/^[0-9a-f]{16}$/);
  });

  it("is the only one that is recorded with a word: else a second update would record the others", async () => {
    const left = { process: { digest: "left" } };
    show(observed({ machines: { a: left, b: left, c: left } }));
    const { admission } = await update(desired(), desired());
    const { repairs } = admission as unknown as { repairs: Promise<object> };
    expect(await repairs).toEqual({ b: "earlier" });
  });

  it.each<[string, Partial<View>, boolean, boolean]>([
    ["is off", { isControlled: false }, true, true],
    ["is on", { isControlled: true }, true, false],
    ["was not seen", {}, true, false],
    ["was never asked for", { isControlled: false }, false, false],
  ])("is not the only one: so is access control that %s", async (_, view, isAsked, isRepaired) => {
    const process = { digest: "left" };
    show(
      observed({ machines: Object.fromEntries(names.map((name) => [name, { process, view }])) }),
    );
    const asked = desired({ accessControl: isAsked });
    const { admission } = await update(asked, asked);
    expect(await repairOf(admission, accessControl)).toMatch(isRepaired ? /^[0-9a-f]{16}$/ : /^$/);
    expect(site.accessAsked).toEqual([isAsked]);
  });

  it("is not repaired unseen", async () => {
    show(observed({ machines: { b: "no route" } }));
    const { admission } = await update(desired(), desired());
    expect(await repairOf(admission, "b")).toBe("earlier");
  });
});

describe("machines of a cluster that runs", () => {
  /** Stands for what the program makes of a machine or a member. */
  const made = (what: string) => what as unknown as pulumi.Resource;
  const part = (guard: MachineGuard, name: string, what: MachinePart) =>
    Promise.resolve(guard.hook(name, what).callback({} as pulumi.ResourceHookArgs));

  async function program(asked: Desired) {
    const { admission } = await update(asked, desired());
    const { guard } = admission;
    for (const name of Object.keys(asked.members)) {
      guard.machineIsMade(name, [made(`machine of ${name}`)]);
      guard.memberIsMade(name, made(`member ${name}`));
    }
    return guard;
  }

  it("wait for each other, the leader's for the others', and refuse to be others unasked", async () => {
    const guard = await program(flags);
    expect(await guard.machineWaitsFor("b", made("gate"))).toEqual(["gate"]);
    expect(await guard.machineWaitsFor("c", made("gate"))).toEqual(["gate", "machine of b"]);
    expect(await guard.machineWaitsFor("a")).toEqual(["machine of c"]);
    const all = [made("own"), made("other")];
    expect(await guard.memberWaitsFor("a", all[0]!, all)).toEqual(all);
    for (const what of ["machine", "volume", "attachment"] as const) {
      await expect(part(guard, "a", what)).rejects.toThrow(
        `a was about to get another ${what}, and nobody has asked for that`,
      );
    }
  });

  it("wait until a member that does not serve has come back", async () => {
    show(observed({ machines: { b: { process: stopped } }, answers: { b: "refused" } }));
    const guard = await program(flags);
    expect(await guard.machineWaitsFor("b")).toEqual([]);
    expect(await guard.machineWaitsFor("c")).toEqual(["member b"]);
    const own = made("own");
    expect(await guard.memberWaitsFor("b", own, [own, made("other")])).toEqual([own]);
  });

  it("wait for nothing in a stack that has had no success yet", async () => {
    const { admission } = await update(desired());
    const { guard } = admission;
    expect(await guard.machineWaitsFor("c")).toEqual([]);
    await expect(part(guard, "c", "machine")).resolves.toBeUndefined();
  });
});

describe("what is brought to machines", () => {
  async function staging(former?: Desired) {
    const { admission } = await update(flags, former);
    const hooks = admission.stagingHooks();
    const begun: string[] = [];
    const call = (hook: unknown, name: string) =>
      (hook as { callback(args: object): unknown }).callback({ name, errors: [] });
    const begin = (name: string) =>
      void Promise.resolve(call(hooks.beforeUpdate![0], name)).then(() => begun.push(name));
    ["a-stage", "b-stage", "c-stage"].forEach(begin);
    await sleep(50);
    return {
      begun,
      end: (name: string) => call(hooks.afterUpdate![0], name),
      fail: (name: string) => call(hooks.onError![0], name),
    };
  }

  it("comes to one after the other where a cluster lives, whether it worked or failed", async () => {
    const { begun, end, fail } = await staging(desired());
    expect(begun).toEqual(["a-stage"]);
    end("a-stage");
    await sleep(50);
    expect(begun).toEqual(["a-stage", "b-stage"]);
    fail("b-stage");
    await sleep(50);
    expect(begun).toEqual(["a-stage", "b-stage", "c-stage"]);
  });

  it("comes to none that turns the login away, with what to do, unless that is replaced", async () => {
    const problem = "ssh b:22: All configured authentication methods failed";
    show(observed({ machines: { ...stale, a: "no route", b: problem } }));
    const bring = async (asked: Desired, name: string) => {
      const { admission } = await update(asked, desired());
      const [hook] = admission.stagingHooks().beforeUpdate!;
      return (hook as pulumi.ResourceHook).callback({
        name: `${resourceOf(name)}-stage`,
      } as pulumi.ResourceHookArgs);
    };
    await expect(bring(flags, "b")).rejects.toThrow(
      `b turns the login away (${problem}), so nothing was changed on it. If the settings have another SSH key or password than before: first add the new public key to ~/.ssh/authorized_keys on every machine (npm run ssh -- b still has the former key), then run pulumi up again`,
    );
    // Another user than before may be the very one who is let in.
    site.user = "admin";
    await expect(bring(flags, "b")).resolves.toBeUndefined();
    site.user = "ubuntu";
    await expect(bring(flags, "a")).resolves.toBeUndefined();
    await expect(bring(flags, "c")).resolves.toBeUndefined();
    const another = desired({ members: membersOf(names, { b: { machineGeneration: 1 } }) });
    await expect(bring(another, "b")).resolves.toBeUndefined();
  });

  it("comes to all at once where none does", async () => {
    const { begun } = await staging();
    expect(begun).toEqual(["a-stage", "b-stage", "c-stage"]);
  });
});

describe("members of a cluster that runs", () => {
  it("go one at a time, each looked at when it is its turn, the leader last", async () => {
    const { gate, before, after } = await update(flags, desired());
    await gate(desired());
    site.looks.length = 0;
    const all = names.map((name) => before(name));
    await settle();
    expect(actions()).toEqual(["restart b"]);
    expect(site.looks).toEqual(["b"]);
    await after("b");
    await settle();
    expect(actions()).toEqual(["restart b", "restart c"]);
    await after("c");
    await Promise.all(all);
    expect(actions()).toEqual(["restart b", "restart c", "restart a"]);
  });

  it("go by who leads as the last look has it", async () => {
    const { gate, before, after } = await update(flags, desired());
    await gate(desired());
    show(observed({ machines: stale, leader: "c" }));
    const all = names.map((name) => before(name));
    await settle();
    expect(actions()).toEqual(["restart b"]);
    await after("b");
    await settle();
    expect(actions()).toEqual(["restart b", "restart a"]);
    await after("a");
    await Promise.all(all);
    expect(actions()).toEqual(["restart b", "restart a", "restart c"]);
  });

  it("join one at a time", async () => {
    const all = ["a", "b", "c", "d", "e"];
    show(
      observed({
        all,
        machines: { d: blank, e: blank },
        answers: { d: "refused", e: "refused" },
        entries: { d: null, e: null },
      }),
    );
    const { gate, before, after } = await update(desired({ members: membersOf(all) }), desired());
    await gate(desired());
    const joining = [before("d"), before("e")];
    await settle();
    expect(site.permits).toHaveLength(1);
    await after(site.permits[0]!.name);
    await Promise.all(joining);
    expect(actions().sort()).toEqual(["join d", "join e"]);
  });

  it("are left as they are after one has failed", async () => {
    const { gate, before, fail } = await update(flags, desired());
    await gate(desired());
    const [b, c] = [before("b"), before("c")];
    await b;
    await fail("b", "exit status 1");
    await expect(c).rejects.toThrow(/c was left as it is, because b has failed/);
    expect(actions()).toEqual(["restart b"]);
  });

  describe("with a database that takes its time to be read", () => {
    /** The same, with databases of 2 GiB. */
    const large = (seen: Observed) =>
      show({
        machines: seen.machines.map((machine) =>
          machine.seen
            ? {
                ...machine,
                view: {
                  ...machine.view,
                  status: new Map(
                    [...machine.view.status].map(([url, status]) => [
                      url,
                      { ...status, dbSizeBytes: 2 * 1024 ** 3 },
                    ]),
                  ),
                },
              }
            : machine,
        ),
      });

    it("are looked at again while others do not answer", async () => {
      large(observed({ machines: stale }));
      const { gate, before } = await update(flags, desired());
      await gate(desired());
      site.looks.length = 0;
      show(observed({ machines: stale, answers: { c: "silent" } }));
      const b = before("b");
      await vi.waitUntil(() => site.looks.length > 0);
      show(observed({ machines: stale }));
      await b;
      expect(site.looks).toEqual(["b", "b"]);
      expect(actions()).toEqual(["restart b"]);
    });

    it("are not waited for where it is anything else that speaks against it", async () => {
      large(observed({ machines: stale }));
      const { gate, before } = await update(flags, desired());
      await gate(desired());
      site.looks.length = 0;
      show(observed({ machines: stale, alarms: { c: "CORRUPT" } }));
      await expect(before("b")).rejects.toThrow(/the cluster has an alarm \(CORRUPT\)/);
      expect(site.looks).toEqual(["b"]);
    });
  });

  it("are refused at once while others do not answer, where nothing keeps them from it", async () => {
    const { gate, before } = await update(flags, desired());
    await gate(desired());
    site.looks.length = 0;
    show(observed({ machines: stale, answers: { c: "silent" } }));
    await expect(before("b")).rejects.toThrow(/others do not answer: c/);
    expect(site.looks).toEqual(["b"]);
  });

  it("start together where all are stopped: none of them is a quorum", async () => {
    show(
      observed({
        machines: { a: { process: stopped }, b: { process: stopped }, c: { process: stopped } },
        answers: { a: "refused", b: "refused", c: "refused" },
      }),
    );
    const { before } = await update(desired(), desired());
    await Promise.all(names.map((name) => before(name)));
    expect(actions().sort()).toEqual(["start a", "start b", "start c"]);
  });
});

describe("members of a cluster that nobody is served by", () => {
  const silent = { a: "silent", b: "silent", c: "silent" } as const;

  it("are waited for together where they run already: none of them is a quorum", async () => {
    const running = { process: { digest } };
    show(observed({ machines: { a: running, b: running, c: running }, answers: silent }));
    const { before } = await update(desired(), desired());
    await Promise.all(names.map((name) => before(name)));
    expect(actions().sort()).toEqual(["keep a", "keep b", "keep c"]);
  });

  it("are looked at again before one that runs is restarted: it may only be an election", async () => {
    show(observed({ machines: stale, answers: silent }));
    const { gate, before } = await update(flags, desired());
    await gate(desired()).catch(() => undefined);
    site.looks.length = 0;
    const b = before("b").catch((error: Error) => error.message);
    await vi.waitUntil(() => site.looks.length > 0);
    show(observed({ machines: stale, answers: { b: "silent", c: "silent" } }));
    expect(await b).toMatch(/others are no quorum without it/);
    expect(site.looks).toEqual(["b", "b"]);
    expect(actions()).toEqual([]);
  });
});

describe("members that begin together", () => {
  it("found a cluster with one look at all of them, and without the lock", async () => {
    const nobody = { a: blank, b: blank, c: blank };
    show(observed({ machines: nobody, silent: true }));
    const { gate, before } = await update(desired());
    await gate();
    await Promise.all(names.map((name) => before(name)));
    expect(actions().sort()).toEqual(["found a", "found b", "found c"]);
    expect(site.looks.sort()).toEqual(names);
  });

  it("begin from a snapshot without the lock", async () => {
    const restore = { id: "1a2b3c4d", from: "s3://bucket/etcd.db", overData: true };
    const waiting = { restoreWaiting: restore.id };
    show(observed({ machines: { a: waiting, b: waiting, c: waiting } }));
    const { gate, before } = await update(desired({ restore }), desired());
    await gate(desired());
    await Promise.all(names.map((name) => before(name)));
    expect(actions().sort()).toEqual(["restore a", "restore b", "restore c"]);
  });

  it("take turns where an earlier update has come so far that they serve", async () => {
    const { gate, before, after } = await update(desired());
    await gate();
    const all = names.map((name) => before(name));
    await settle();
    expect(site.permits).toHaveLength(1);
    for (let turn = 0; turn < 3; turn++) {
      await after(site.permits.at(-1)!.name);
      await settle();
    }
    await Promise.all(all);
    expect(site.permits).toHaveLength(3);
  });
});

describe("a machine that is stopped for its type", () => {
  const types = { oldInputs: { instanceType: "t3.small" }, newOutputs: { publicIp: "1.2.3.4" } };
  const call = (hook: unknown, args: object) =>
    (hook as { callback(args: object): Promise<void> }).callback(args);

  async function stopping() {
    const larger = desired({ instanceType: "t3.large" });
    const { admission, gate } = await update(larger, desired());
    await gate(desired());
    return admission.machineHooks("instanceType", "publicIp");
  }

  it("hands over first, and is waited for at its new address", async () => {
    const hooks = await stopping();
    const args = { name: resourceOf("a"), ...types, newInputs: { instanceType: "t3.large" } };
    await call(hooks.beforeUpdate![0], args);
    expect(site.handedOver).toEqual(["handover a"]);
    await call(hooks.afterUpdate![0], args);
    expect(site.waitedFor).toEqual(["a at 1.2.3.4"]);
  });

  it("shows the host key that it was recorded with, or after a replacement the one that it was made with", async () => {
    let make: (key: string) => void = () => undefined;
    keyOfB = pulumi.output(new Promise<string>((resolve) => (make = resolve)));
    const hooks = await stopping();
    // The look before admission waits for nothing that waits for admission.
    expect(site.hostKeys).toEqual(["recorded", "recorded", "recorded"]);
    make("new");
    const args = { name: resourceOf("b"), ...types, newInputs: { instanceType: "t3.large" } };
    await call(hooks.beforeUpdate![0], args);
    await call(hooks.afterUpdate![0], args);
    expect(site.hostKeys.at(-1)).toBe("recorded\nnew");
    keyOfB = pulumi.output("recorded");
  });

  it("is the only change of it that is waited for", async () => {
    const hooks = await stopping();
    const args = { name: resourceOf("a"), ...types, newInputs: { instanceType: "t3.small" } };
    await call(hooks.beforeUpdate![0], args);
    await call(hooks.afterUpdate![0], args);
    expect([site.handedOver, site.waitedFor]).toEqual([[], []]);
  });

  it("is not waited for to serve where its member has still to join", async () => {
    show(observed({ machines: { ...stale, b: blank }, answers: { b: "refused" } }));
    const hooks = await stopping();
    const args = { name: resourceOf("b"), ...types, newInputs: { instanceType: "t3.large" } };
    await call(hooks.beforeUpdate![0], args);
    await call(hooks.afterUpdate![0], args);
    expect([site.handedOver, site.waitedFor]).toEqual([[], []]);
  });

  it("stays while another member does not serve", async () => {
    const hooks = await stopping();
    show(observed({ machines: stale, answers: { b: "refused" } }));
    const args = { name: resourceOf("c"), ...types, newInputs: { instanceType: "t3.large" } };
    await expect(call(hooks.beforeUpdate![0], args)).rejects.toThrow(/others do not answer: b/);
    expect(site.handedOver).toEqual([]);
  });
});
