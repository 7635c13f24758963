import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state";
import type { Connection } from "../../machines/machine";
import type { RenewalDays } from "../../pki/lifetimes";
import type { Revocation } from "../../pki/revocation";
import { eitherKey } from "../../ssh";
import type { ClusterIdentity } from "../identity";
import { observe, observeCluster, type ObservedMember } from "../remote/observe";
import type { RemoteCluster } from "../remote/cluster";
import type { SshTarget } from "../remote/ssh";
import { inTurn, type Turn, type TurnOf } from "../remote/turn";
import { waitUntilHealthy } from "../remote/wait";
import { LiveMachine } from "../remote/machine";
import { missingRelease } from "../releasePage";
import type { ReleaseSource } from "../stage";
import { ClusterView } from "./clusterView";
import { decide, decideMember, type Question, viewOf } from "./decide";
import { type Desired, restoredMembers, restores } from "./desired";
import { Later } from "./later";
import { RollingLock } from "./lock";
import { MachineGuard } from "./machineGuard";
import type { Standpoint } from "./machineOrder";
import {
  type Blocked,
  endsAProcess,
  isBlocked,
  type MemberStep,
  secondsToRead,
  waitsForOthers,
} from "./memberStep";
import type { Observed } from "./observed";
import type { Standing } from "./order";
import { StagingQueue } from "./stagingQueue";
import { permitText } from "./permit";
import { prepare } from "./prepare";
import {
  type Credentials,
  FormerUpdate,
  type PlainTarget,
  plainTarget,
  remoteCluster,
  type StackRecord,
  valueOf,
} from "./record";
import { loginViolation, parallelViolations, settingsViolations } from "./violations";

// What its type declarations leave out.
const { getStore } = state as unknown as {
  getStore: () => { settings: { options: { parallel?: number } } };
};

/** How long a machine that was stopped and started may take until its member serves, in seconds, but for reading its database. */
const restartSeconds = 600;

/** An election is over within this, in ms: etcd's default timeout is 1 s, and a split vote takes another one. */
const electionMs = 5000;

/** Among the repairs: no member is called so. */
export const accessControl = "access control";

/** What the gate records: which update it was, and all that it was asked for. */
interface Gated {
  readonly update: string;
  readonly desired: Desired;
}

/** Where somebody logs in, and as whom, on the way there, too. */
const wayTo = ({ host, user, proxy }: PlainTarget) => [host, user, proxy?.host, proxy?.user];

/** A resource's inputs as a hook gets them. */
type Inputs = Readonly<Record<string, unknown>>;

export interface AdmissionArgs {
  readonly identity: ClusterIdentity;
  /** The members' names. */
  readonly members: readonly string[];
  readonly desired: pulumi.Output<Desired>;
  /** The folder of etcdctl on a machine that has been staged. */
  readonly binaries: string;
  /** When certificates are renewed; undefined without TLS. */
  readonly renewal: RenewalDays | undefined;
  /** Where etcd comes from. */
  readonly source: ReleaseSource;
}

/**
 * Lets a change pass, or refuses it: looked at as a whole before the first machine is touched, then member
 * by member. All that decides is `decide`; this asks it at the right moments and hands its answers on.
 *
 * `gate` records what is asked for, and everything that touches a machine depends on it. Its input differs
 * from the one before until an update with the same settings has succeeded, so that its hook is called for
 * what an earlier update has left unfinished, too. Hooks are called by the engine, and not in a preview; what
 * follows from the settings alone is refused in the preview as well.
 */
export class Admission extends pulumi.ComponentResource {
  readonly gate: pulumi.Stash;
  /** What keeps the members' machines from being replaced together. */
  readonly guard: MachineGuard;
  private readonly former: FormerUpdate;
  private readonly update: pulumi.Output<string>;
  /** Known when every address is: in a preview that may be never, and hooks are not called then. */
  private readonly desired: Promise<Desired>;
  private readonly lock: RollingLock;
  private readonly staging = new StagingQueue();
  private readonly credentials = new Later<Credentials>();
  private readonly machines = new Later<ReadonlyMap<string, Connection>>();
  /** Where machines were reached before anything was changed, as far as that is known. */
  private readonly hosts = new Later<Readonly<Record<string, string>>>();
  /** Members that were no part of the cluster when their machine was stopped: nobody waits for them to serve. */
  private readonly outside = new Set<string>();
  /** Where those are that this update has made, or stopped and started. */
  private readonly movedTo: Record<string, string> = {};
  private readonly repairs: Promise<Readonly<Record<string, string>>>;
  private attempted: Desired | undefined;
  private isAdmitted = false;
  /** The last look at the whole cluster in this update; undefined where there is none yet. */
  private observed: Promise<Observed | undefined>;
  /** The look at all members that start together. */
  private together: Promise<Observed> | undefined;

  /** @param name the component's whose cluster it is: what is made for a member has it before the member's */
  constructor(
    private readonly name: string,
    private readonly args: AdmissionArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("etcd:index:Admission", name, {}, opts);
    const { identity, members } = args;
    this.desired = knownDesired(args.desired);
    this.former = new FormerUpdate(
      identity.stack,
      pulumi.createUrn(`${name}-record`, "pulumi:index:Stash", this),
    );
    this.update = args.desired.apply((desired) => this.former.updateOf(desired));
    this.observed = this.firstLook();
    this.repairs = this.findRepairs(this.observed);
    this.guard = new MachineGuard(name, this.standpoint(this.observed), this.desired, members);
    this.lock = new RollingLock(members.length, () => this.standing());
    const hook = new pulumi.ResourceHook(`${name}-gate`, async ({ oldInputs }) => {
      const old = await plainInputs(oldInputs);
      await this.admit(old["input"] as Gated | undefined);
    });
    this.gate = new pulumi.Stash(
      `${name}-change`,
      { input: this.gated() },
      { parent: this, hooks: { beforeCreate: [hook], beforeUpdate: [hook] } },
    );
    this.registerOutputs({});
  }

  /** How the machines are reached now; to be told before the program ends. */
  connect(
    credentials: Credentials,
    machines: readonly { name: string; connection: Connection }[],
    hosts: pulumi.Output<Readonly<Record<string, string>>>,
  ) {
    this.credentials.resolve(credentials);
    this.hosts.resolve(valueOf(hosts));
    this.machines.resolve(new Map(machines.map(({ name, connection }) => [name, connection])));
  }

  /** What the last update that succeeded has left of certificates that count no more. */
  get formerRevocation(): Promise<Revocation | undefined> {
    return this.former.record.then((record) => record?.revocation);
  }

  /** Who begins from the snapshot that is asked for. */
  get restored(): pulumi.Output<string[]> {
    return this.args.desired.apply(async (desired) =>
      restoredMembers(await this.former.record, desired),
    );
  }

  /**
   * Another text for a member (or `accessControl`) that is not as the last update that succeeded has left it: its
   * command runs then, though nothing else of it differs. The state knows nothing of what an update has done to a
   * machine and not lived to record, so that setting the settings back would not bring it back.
   */
  repairOf(name: string): pulumi.Output<string> {
    return pulumi.output(this.repairs.then((all) => all[name] ?? ""));
  }

  /**
   * Records what was done, when it is: the next update is compared with it. An update of a part of the stack
   * (`--target`), after which something is not as it was asked for, leaves the record as it was.
   * @param machines how each machine is reached
   * @param digests of the units that the members run
   * @param revocation undefined without TLS
   * @param isDone whether everything is as it was asked for
   * @returns the record: what is known of clients is known to the next update when it is there
   */
  record(
    machines: readonly { name: string; connection: Connection }[],
    digests: Readonly<Record<string, pulumi.Input<string>>>,
    revocation: pulumi.Input<Revocation> | undefined,
    isDone: pulumi.Input<boolean>,
  ): pulumi.Stash {
    const { desired, identity, binaries, renewal } = this.args;
    const targets = machines.map(({ name, connection }) =>
      pulumi.output(plainTarget(connection)).apply((target) => [name, target] as const),
    );
    const parts = pulumi.all([identity.id, this.update, desired, this.restored]);
    const record = pulumi
      .all([parts, pulumi.all([this.repairs, digests, revocation]), pulumi.all(targets), isDone])
      .apply(
        async ([[clusterId, update, asked, restored], [repairs, running, revoked], all, done]) => {
          const made = {
            clusterId,
            update,
            desired: asked,
            restored,
            binaries,
            repairs,
            digests: running,
            revocation: revoked,
          };
          return done
            ? { ...made, renewal, machines: Object.fromEntries(all) }
            : ((await this.former.record) ?? null);
        },
      );
    // Secret only to keep previews short: it is the whole of what is asked for.
    return new pulumi.Stash(
      `${this.name}-record`,
      { input: pulumi.secret(record) },
      { parent: this },
    );
  }

  /**
   * A counter of a machine or its data as an admitted change has it: what destroys something takes its
   * value from here, so that it waits for the look and cannot go round it.
   */
  admitted(value: number): pulumi.Output<number> {
    return pulumi.all([this.gate.urn]).apply(async () => {
      await this.assertAdmitted("a machine");
      return value;
    });
  }

  /** For what is brought to a machine. Where nothing runs yet nobody waits. */
  stagingHooks(): pulumi.ResourceHookBinding {
    return around(`${this.name}-stage`, {
      before: async ({ name }) => {
        if ((await this.former.record) !== undefined) {
          await this.assertLogin(this.memberOf(name).replace(/-stage$/, ""));
          await this.staging.enter(name);
        }
      },
      after: ({ name }) => this.staging.leave(name),
      failed: ({ name }) => this.staging.leave(name),
    });
  }

  /** @throws Error where its machine was looked at and turned the login away, and is to be reached as it was then */
  private async assertLogin(name: string): Promise<void> {
    const record = await this.former.record;
    const machine = (await this.observed)?.machines.find((one) => one.name === name);
    const why = record && machine && loginViolation(machine, record.desired, await this.desired);
    if (why !== undefined && (await this.isReachedAsBefore(name, record!))) {
      throw new Error(why);
    }
  }

  /** Another user or bastion may be the very way that is open now. */
  private async isReachedAsBefore(name: string, record: StackRecord): Promise<boolean> {
    const connection = (await this.machines.value).get(name);
    const { members } = await this.clusterOf(record);
    const was = members.find((member) => member.name === name)?.target;
    const now = connection && (await valueOf(pulumi.output(plainTarget(connection))));
    return now !== undefined && was !== undefined && isDeepStrictEqual(wayTo(now), wayTo(was));
  }

  /** The member that a resource is for. */
  private memberOf(resource: string): string {
    return resource.slice(this.name.length + 1);
  }

  /** For the resource that changes a member: its name is the component's and the member's. */
  memberHooks(): pulumi.ResourceHookBinding {
    return around(`${this.name}-member`, {
      before: async ({ name, newInputs }) =>
        this.beforeMember(this.memberOf(name), await plainInputs(newInputs)),
      after: ({ name }) => this.lock.release(this.memberOf(name)),
      failed: ({ name, errors }) => this.lock.fail(this.memberOf(name), errors),
    });
  }

  /** For a machine that a change of `property` stops and starts, named as the member's own resource is. */
  machineHooks(property: string, address: string): pulumi.ResourceHookBinding {
    const changes = ({ oldInputs, newInputs }: pulumi.ResourceHookArgs) =>
      oldInputs?.[property] !== newInputs?.[property];
    return {
      beforeUpdate: [
        new pulumi.ResourceHook(`${this.name}-machine-before-update`, async (args) => {
          if (changes(args)) {
            const name = this.memberOf(args.name);
            await this.lock.acquire(name);
            await this.orFail(name, () => this.beforeStop(name));
          }
        }),
      ],
      afterUpdate: [
        new pulumi.ResourceHook(`${this.name}-machine-after-update`, async (args) => {
          if (changes(args)) {
            const name = this.memberOf(args.name);
            this.isAt(name, args.newOutputs?.[address]);
            await this.orFail(name, () => this.waitFor(name));
            this.lock.release(name);
          }
        }),
      ],
      afterCreate: [
        new pulumi.ResourceHook(`${this.name}-machine-after-create`, ({ name, newOutputs }) =>
          this.isAt(this.memberOf(name), newOutputs?.[address]),
        ),
      ],
      onError: [
        new pulumi.ErrorHook(`${this.name}-machine-error`, ({ name, errors }) => {
          this.lock.fail(this.memberOf(name), errors);
          return false;
        }),
      ],
    };
  }

  // --- the change as a whole ---------------------------------------------------------------------

  private gated(): pulumi.Output<Gated> {
    return pulumi.all([this.args.desired, this.update]).apply(async ([desired, update]) => {
      const { source } = this.args;
      const recorded = await this.former.record;
      const isNew = recorded?.desired.version !== desired.version;
      const missing = isNew ? await missingRelease(source, desired.version) : undefined;
      const violations = [
        ...(missing === undefined ? [] : [missing]),
        ...settingsViolations({ recorded, attempted: undefined }, desired),
        ...parallelViolations(recorded?.desired, desired, parallelism()),
      ];
      if (violations.length > 0) {
        throw new pulumi.RunError(refusal(violations));
      }
      return { update, desired };
    });
  }

  /** @throws Error with all that speaks against the change */
  private async admit(old: Gated | undefined): Promise<void> {
    const asked = await this.endpoints();
    this.attempted = old?.desired;
    if ((await this.endpoints()).length > asked.length) {
      // Members that an update wanted and did not live to record may serve, too.
      this.observed = this.look();
    }
    let decision = decide(await this.question(await this.observed));
    if (decision.violations.length > 0) {
      // A busy machine may only have been slow: what is refused has been seen twice.
      this.observed = this.look();
      decision = decide(await this.question(await this.observed));
    }
    if (decision.violations.length > 0) {
      throw new Error(refusal(decision.violations));
    }
    for (const line of decision.lines) {
      this.say(line);
    }
    const record = await this.former.record;
    if (record !== undefined) {
      const cluster = await this.clusterOf(record);
      await prepare(decision.preparations, cluster, (line) => this.say(line));
    }
    this.isAdmitted = true;
  }

  private async question(observed: Observed | undefined): Promise<Question> {
    const { identity } = this.args;
    return {
      clusterId: await valueOf(identity.id),
      stack: identity.stack,
      desired: await this.desired,
      recorded: await this.former.record,
      attempted: this.attempted,
      observed,
    };
  }

  /** The machines as the last update that succeeded has left them; undefined until one has. */
  private async look(): Promise<Observed | undefined> {
    const record = await this.former.record;
    return (
      record &&
      observeCluster(
        await this.clusterOf(record),
        await this.endpoints(),
        record.desired.accessControl,
      )
    );
  }

  /** Before anything is changed, in every update: a preview has no way to the machines. */
  private async firstLook(): Promise<Observed | undefined> {
    return pulumi.runtime.isDryRun() ? undefined : this.look();
  }

  private async findRepairs(
    looked: Promise<Observed | undefined>,
  ): Promise<Readonly<Record<string, string>>> {
    const [record, observed] = await Promise.all([this.former.record, looked]);
    if (record === undefined || observed === undefined) {
      return record?.repairs ?? {};
    }
    const repair = (name: string, problem: string | undefined) => {
      if (problem === undefined) {
        return [name, record.repairs[name] ?? ""] as const;
      }
      this.say(problem);
      return [name, randomBytes(8).toString("hex")] as const;
    };
    // What cannot be seen is not repaired.
    const repairs = observed.machines.map((machine) => {
      const { name } = machine;
      const isAsLeft = !machine.seen || machine.process.digest === record.digests[name];
      return repair(
        name,
        isAsLeft
          ? undefined
          : `${name} does not run what the last pulumi up has left: it is looked at`,
      );
    });
    const past = { desired: record.desired, recorded: record, attempted: undefined };
    const { isControlled } = viewOf(past, observed);
    repairs.push(
      repair(
        accessControl,
        record.desired.accessControl && isControlled === false
          ? "access control is off, and the last pulumi up has left it on"
          : undefined,
      ),
    );
    // Who has had none is not in it, as after the first update, which looks at nobody: no difference is recorded.
    return Object.fromEntries(repairs.filter(([, repair]) => repair !== ""));
  }

  private async standpoint(looked: Promise<Observed | undefined>): Promise<Standpoint | undefined> {
    const [record, observed] = await Promise.all([this.former.record, looked]);
    return record === undefined ||
      observed === undefined ||
      restores(record.desired, await this.desired)
      ? undefined
      : { before: record.desired, view: await this.viewOf(observed, record) };
  }

  /** Client URLs of all members that are known, as they were and as they are to be. */
  private async endpoints(): Promise<string[]> {
    const record = await this.former.record;
    const all = [await this.desired, this.attempted, record?.desired].flatMap((one) =>
      Object.values(one?.members ?? {}).map((member) => member.clientUrl),
    );
    return [...new Set(all)];
  }

  /**
   * No way round the gate: it has let this change pass, or there is none.
   * @throws Error where it was not asked, as with `--target`
   */
  private async assertAdmitted(what: string): Promise<void> {
    if (this.isAdmitted || pulumi.runtime.isDryRun()) {
      return;
    }
    const isDone = (await this.former.record)?.update === (await valueOf(this.update));
    if (!isDone) {
      throw new pulumi.RunError(
        `${what} was not admitted: this update changes the stack and goes round the look at the whole of it, as --target does. Run pulumi up without it`,
      );
    }
  }

  private async standing(): Promise<Standing> {
    const observed = (await this.observed) ?? { machines: [] };
    const view = await this.viewOf(observed, await this.former.record);
    return { unhealthy: view.notServing, leader: view.leader };
  }

  private async viewOf(
    observed: Observed,
    recorded: StackRecord | undefined,
  ): Promise<ClusterView> {
    const desired = await this.desired;
    return viewOf({ desired, recorded, attempted: this.attempted }, observed);
  }

  // --- one member --------------------------------------------------------------------------------

  /**
   * Decides what happens to a member, when it is its turn, and leaves a permit for it on its machine. The
   * members that found a cluster, or begin from a snapshot, need each other and go together.
   */
  private async beforeMember(name: string, inputs: Inputs): Promise<void> {
    await this.assertAdmitted(name);
    const record = await this.former.record;
    if (record !== undefined && !restores(record.desired, await this.desired)) {
      await this.takeTurn(name, inputs);
      return;
    }
    this.lock.assertNobodyFailed(name);
    await this.orFail(name, async () => {
      this.together ??= this.lookAtAll();
      const observed = await this.together;
      const step = await this.stepOf(name, observed, inputs);
      if (step.action === "restart" || step.action === "join") {
        // It serves already, or another one does: an earlier update came that far.
        await this.takeTurn(name, inputs);
      } else {
        await inTurn(await this.turnOf(name), Promise.resolve(), (turn) =>
          this.permit(step, inputs, turn),
        );
      }
    });
  }

  /** Its own machine tells all that its step rests on. */
  private async takeTurn(name: string, inputs: Inputs): Promise<void> {
    await this.orFail(name, async () => {
      const isAlone = await inTurn(await this.turnOf(name), this.lock.acquire(name), (turn) =>
        this.decideTurn(name, inputs, turn),
      );
      if (!isAlone) {
        this.lock.release(name);
      }
    });
  }

  /** Whether the member has the turn to itself. */
  private async decideTurn(name: string, inputs: Inputs, turn: Turn): Promise<boolean> {
    const look = async () => ({ machines: [await turn.look()] });
    let [observed, step] = await this.decided(name, look, inputs);
    if (endsAProcess(step)) {
      await sleep(electionMs);
      [observed, step] = await this.decided(name, look, inputs);
    }
    await this.permit(step, inputs, turn);
    const view = await this.viewOf(observed, await this.former.record);
    this.lock.seesLeader(view.leader);
    return !waitsForOthers(step, view);
  }

  /** What a large database keeps its members from answering is no reason to end an update: it is looked at again. */
  private async decided(
    name: string,
    look: () => Promise<Observed>,
    inputs: Inputs,
  ): Promise<[Observed, MemberStep]> {
    const seconds = await this.secondsToRead();
    const deadline = Date.now() + seconds * 1000;
    for (let told = false; ; told = true) {
      const observed = await look();
      const step = await this.stepOrNot(name, observed, inputs);
      const mayPass = isBlocked(step) && step.mayPass === true;
      if (!mayPass || Date.now() + electionMs > deadline) {
        return [observed, orRefuse(step)];
      }
      if (!told) {
        this.say(
          `${name} waits for members that do not answer now: with a database of this size for ${seconds} s at most`,
        );
      }
      await sleep(electionMs);
    }
  }

  /** By the largest database that was seen before the first change. */
  private async secondsToRead(): Promise<number> {
    const observed = await this.observed;
    return observed === undefined
      ? 0
      : secondsToRead((await this.viewOf(observed, await this.former.record)).databaseBytes);
  }

  private async lookAtAll(): Promise<Observed> {
    const names = this.args.members;
    const endpoints = await this.endpoints();
    const machines = names.map(async (name) =>
      observe(await this.observedMember(name), await this.targetOf(name), endpoints),
    );
    return { machines: await Promise.all(machines) };
  }

  private async stepOf(name: string, observed: Observed, inputs: Inputs): Promise<MemberStep> {
    return orRefuse(await this.stepOrNot(name, observed, inputs));
  }

  private async stepOrNot(name: string, observed: Observed, inputs: Inputs) {
    const question = { ...(await this.question(observed)), digests: { [name]: digestIn(inputs) } };
    return decideMember(question, name);
  }

  private async permit(step: MemberStep, inputs: Inputs, turn: Turn): Promise<void> {
    const clusterId = await valueOf(this.args.identity.id);
    const binding = { update: await valueOf(this.update), clusterId, digest: digestIn(inputs) };
    await turn.leave(permitText(step, binding));
  }

  private async turnOf(name: string): Promise<TurnOf> {
    const { identity } = this.args;
    return {
      member: await this.observedMember(name),
      target: await this.targetOf(name),
      identity,
      clusterId: await valueOf(identity.id),
      endpoints: await this.endpoints(),
    };
  }

  private async observedMember(name: string): Promise<ObservedMember> {
    const { members } = await this.desired;
    return { name, binaries: this.args.binaries, ...members[name]! };
  }

  private async targetOf(name: string): Promise<SshTarget> {
    const connection = (await this.machines.value).get(name);
    if (connection === undefined) {
      throw new Error(`${name} has no machine in this stack`);
    }
    return (await valueOf(pulumi.output(connection))) as SshTarget;
  }

  /** A failure of a hook is one of its member: whoever waits must not go on. */
  private async orFail(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.lock.fail(name, [(error as Error).message]);
      throw error;
    }
  }

  // --- a machine that stops ----------------------------------------------------------------------

  private async beforeStop(name: string): Promise<void> {
    await this.assertAdmitted(name);
    const record = await this.former.record;
    if (record === undefined) {
      throw new Error(
        `${name} would be stopped, and no pulumi up of this stack has succeeded yet: whether it may be cannot be seen. Set instanceType back and finish that first, or destroy the stack and begin again`,
      );
    }
    const cluster = await this.clusterOf(record);
    const machine = new LiveMachine(name, cluster);
    const seen = await observe(machine.member, machine.target, await this.endpoints());
    const question = await this.question({ machines: [seen] });
    // Nothing that runs survives a stop: it is a restart, whatever its unit is.
    const step = orRefuse(decideMember({ ...question, digests: { [name]: "" } }, name));
    if (step.action === "join") {
      this.outside.add(name);
    }
    if (step.action === "restart") {
      await machine.succeed("handover", machine.etcdctl, {
        onStderrLine: (line) => this.say(line),
      });
    }
  }

  /** A public address is another one after a stop. */
  private isAt(name: string, address: unknown): void {
    if (typeof address === "string" && address !== "") {
      this.movedTo[name] = address;
    }
  }

  private async waitFor(name: string): Promise<void> {
    if (this.outside.has(name)) {
      return;
    }
    const record = (await this.former.record)!;
    const cluster = await this.clusterOf(record);
    const seconds = restartSeconds + (await this.secondsToRead());
    await waitUntilHealthy(cluster, { name, seconds });
    this.say(`${name} is healthy again`);
  }

  private async clusterOf(record: StackRecord): Promise<RemoteCluster> {
    const hosts = { ...(await this.hosts.value), ...this.movedTo };
    const { identity } = this.args;
    const cluster = await remoteCluster(record, identity, await this.credentials.value, hosts);
    return this.isAdmitted ? this.withNewHostKeys(cluster) : cluster;
  }

  /** One that this update has replaced, or an earlier one that was interrupted, shows the key that it was made with. */
  private async withNewHostKeys(cluster: RemoteCluster): Promise<RemoteCluster> {
    const connections = await this.machines.value;
    const members = cluster.members.map(async (member) => {
      const made = await valueOf(pulumi.output(connections.get(member.name)?.hostKey));
      const hostKey = eitherKey(member.target.hostKey, made);
      return { ...member, target: { ...member.target, hostKey } };
    });
    return { ...cluster, members: await Promise.all(members) };
  }

  private say(line: string): void {
    void pulumi.log.info(line, this);
  }
}

/** Inputs as a hook gets them: what is secret comes as an output. */
async function plainInputs(inputs: Inputs | undefined): Promise<Inputs> {
  return valueOf(pulumi.output(inputs ?? {}));
}

/**
 * What is asked for, when it is known. In a preview that may be never, and nobody waits for it then.
 * @throws RunError where an update leaves it unknown
 */
function knownDesired(desired: pulumi.Output<Desired>): Promise<Desired> {
  const { isKnown } = desired as unknown as { isKnown: Promise<boolean> };
  const known = isKnown.then((yes) => {
    if (yes || pulumi.runtime.isDryRun()) {
      return valueOf(desired);
    }
    throw new pulumi.RunError(
      "where a member's machine is, is not known in this update, as when --target leaves that machine out: nothing of the cluster was changed. Run pulumi up without it",
    );
  });
  // What needs it fails with it; a preview without an address is no failure.
  known.catch(() => undefined);
  return known;
}

/** Hooks before and after a resource is made or changed, and for where that fails; it is not tried again. */
function around(
  name: string,
  {
    before,
    after,
    failed,
  }: {
    readonly before: (args: pulumi.ResourceHookArgs) => Promise<void>;
    readonly after: (args: pulumi.ResourceHookArgs) => void;
    readonly failed: (args: pulumi.ErrorHookArgs) => void;
  },
): pulumi.ResourceHookBinding {
  const [first, last] = [
    new pulumi.ResourceHook(`${name}-before`, before),
    new pulumi.ResourceHook(`${name}-after`, after),
  ];
  const onError = new pulumi.ErrorHook(`${name}-error`, (args) => {
    failed(args);
    return false;
  });
  return {
    beforeCreate: [first],
    beforeUpdate: [first],
    afterCreate: [last],
    afterUpdate: [last],
    onError: [onError],
  };
}

/**
 * How much is done at once, as the engine tells it: to a program by its environment, to a provider of components with
 * each of them, where only the SDK's own settings have it. 0 where neither does.
 */
function parallelism(): number {
  const told = process.env["PULUMI_NODEJS_PARALLEL"];
  return told === undefined ? (getStore().settings.options.parallel ?? 0) : Number(told);
}

function refusal(violations: readonly string[]): string {
  return `this change is refused; nothing of the cluster was changed:\n${violations.map((one) => `  ${one}`).join("\n")}`;
}

/** @throws Error where nothing is done to the member now, with why */
function orRefuse(step: MemberStep | Blocked): MemberStep {
  if (isBlocked(step)) {
    throw new Error(`${step.member}: ${step.blocked}`);
  }
  return step;
}

/** The digest of the unit that a member's command is for, as its words have it. */
function digestIn(inputs: Inputs): string {
  return /\bdigest=([0-9a-f]{64})/.exec(String(inputs["update"]))?.[1] ?? "";
}
