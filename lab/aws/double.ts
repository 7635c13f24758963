import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsError } from "./errors";
import { GET_INSTANCES, invokeFunction } from "./functions";
import {
  type CheckFailure,
  type Diff,
  diffInputs,
  failuresOf,
  given,
  schemaOf,
  withDocuments,
} from "./inputs";
import type { MachineHost } from "./machineHost";
import type { Context, Hosts } from "./resources/handler";
import { handlers } from "./resources/handlers";
import { roleOf, type RoleWithPolicies } from "./resources/role";
import type { S3Host } from "./s3Host";
import {
  BUCKET,
  bucketParts,
  EGRESS_RULE,
  INGRESS_RULE,
  INSTANCE,
  ROUTE,
  ROUTE_TABLE,
  schema,
  SECURITY_GROUP,
  VOLUME_ATTACHMENT,
} from "./schema";
import { type AwsRecord, find, keyOf, type Props, type Records, RecordStore } from "./store";
import { text } from "./text";

export interface AwsDoubleOptions {
  /** Until the engine configures one. @default "us-east-1" */
  region?: string;
  /**
   * How long a deletion waits for what still depends on the object, in seconds. The real provider
   * waits for minutes; so a program that leaves the order open works in both. @default 30
   */
  dependencyWaitSeconds?: number;
}

/** What the provider's configuration sets. */
export interface AwsConfiguration {
  region?: string | undefined;
  defaultTags?: Record<string, string> | undefined;
}

/**
 * A small double of the AWS provider. Networks, security groups and the like are records;
 * instances and volumes are real ones of the machine host, and buckets of the S3 host while there
 * is one. It refuses what AWS refuses, with AWS's error codes, and anything that it does not know.
 */
export class AwsDouble {
  private readonly store: RecordStore;
  private readonly hosts: Hosts;
  private readonly dependencyWaitSeconds: number;
  private region: string;
  private defaultTags: Record<string, string> = {};
  /** Creations that are to fail. */
  private readonly failures: { type: string; code: string; name: string | undefined }[] = [];

  /** @param file where the records are kept between processes */
  constructor(file: string, machines: MachineHost, options: AwsDoubleOptions = {}) {
    this.store = new RecordStore(file);
    this.hosts = { machines, s3: undefined };
    this.region = options.region ?? "us-east-1";
    this.dependencyWaitSeconds = options.dependencyWaitSeconds ?? 30;
  }

  configure({ region, defaultTags }: AwsConfiguration): void {
    this.region = region || this.region;
    this.defaultTags = defaultTags ?? {};
  }

  /** From now on buckets are kept by this host: those of the records, and new ones. */
  async useS3(s3: S3Host): Promise<void> {
    for (const { id, type, state } of await this.list()) {
      if (type === BUCKET) {
        await s3.createBucket(id, text(state.bucketRegion));
      }
    }
    this.hosts.s3 = s3;
  }

  /** From now on buckets are records and nothing more. */
  leaveS3(): void {
    this.hosts.s3 = undefined;
  }

  /**
   * Validates inputs and names what the program leaves to Pulumi to name.
   * @param previous the resource's name and its inputs so far, whose generated name is kept
   */
  async check(
    type: string,
    inputs: Props,
    previous: { name?: string; olds?: Props } = {},
  ): Promise<{ inputs: Props; failures: CheckFailure[] }> {
    const checked = withDocuments(type, given(inputs));
    const { autoName } = schemaOf(type);
    if (autoName && checked[autoName] === undefined && checked[`${autoName}Prefix`] === undefined) {
      const generated = `${previous.name ?? "lab"}-${randomBytes(4).toString("hex").slice(0, 7)}`;
      checked[autoName] = previous.olds?.[autoName] ?? generated;
    }
    return { inputs: checked, failures: failuresOf(type, checked) };
  }

  /** What changes between two sets of inputs. */
  async diff(type: string, olds: Props, news: Props): Promise<Diff> {
    return diffInputs(type, given(olds), given(news));
  }

  async create(type: string, name: string, inputs: Props): Promise<{ id: string; state: Props }> {
    const wanted = await this.checkedOrThrow(type, name, inputs);
    const handler = this.handlerOf(type);
    await this.clearAbandoned();
    this.failIfToldTo(type, name);
    const record = await this.store.change((records) => {
      const context = this.context(records, wanted);
      const { id, state } = handler.plan(context, wanted, name);
      const planned: AwsRecord = {
        id,
        type,
        inputs: wanted,
        state: this.common(context, wanted, { ...handler.defaults, ...wanted, ...state }),
        pendingPid: process.pid,
      };
      records.set(keyOf(type, id), planned);
      return planned;
    });
    try {
      await handler.make?.(this.hosts, record);
    } catch (error) {
      await this.discard(record);
      throw error;
    }
    await this.store.change((records) => {
      delete record.pendingPid;
      records.set(keyOf(type, record.id), record);
    });
    return { id: record.id, state: record.state };
  }

  /** @param olds the inputs so far, as the engine knows them: a refresh may have read others */
  async update(type: string, id: string, olds: Props, news: Props): Promise<Props> {
    const current = await this.recordOrThrow(type, id);
    const wanted = await this.checkedOrThrow(type, id, news, current.inputs);
    const { replaces } = diffInputs(type, given(olds), wanted);
    if (replaces.length > 0) {
      throw new Error(`${type} ${id}: a change of ${replaces.join(", ")} takes a replacement`);
    }
    const handler = this.handlerOf(type);
    const state = await this.store.look((records) => {
      const context = this.context(records, wanted);
      const changed = handler.change?.(context, current, wanted) ?? {};
      // What AWS chose stays; an input that the program no longer gives falls to its default.
      const chosen = Object.fromEntries(
        Object.entries(current.state).filter(([key]) => !(key in current.inputs)),
      );
      const state = { ...handler.defaults, ...chosen, ...wanted, ...changed };
      return this.common(context, wanted, state);
    });
    await handler.apply?.(this.hosts, current, wanted);
    const changed: AwsRecord = { id, type, inputs: wanted, state };
    await this.store.change((records) => {
      records.set(keyOf(type, id), changed);
    });
    const seen = await handler.observe?.(this.hosts, changed);
    return seen?.state ?? state;
  }

  /** Deletes an object; one that is already gone is a success. */
  async delete(type: string, id: string): Promise<void> {
    const handler = this.handlerOf(type);
    const record = await this.withoutDependents(type, id);
    if (!record) {
      return;
    }
    handler.mayDelete?.(record);
    await handler.unmake?.(this.hosts, record, await this.store.look((r) => new Map(r)));
    await this.store.change((records) => {
      remove(records, type, id);
    });
  }

  /** The state and inputs of an object, or undefined where there is none any more. */
  async read(type: string, id: string): Promise<Pick<AwsRecord, "state" | "inputs"> | undefined> {
    const handler = this.handlerOf(type);
    const record = await this.store.look((records) => find(records, type, id));
    if (!record) {
      return undefined;
    }
    const { inputs } = record;
    // What is attached to an instance goes with it.
    const instanceId = type === INSTANCE ? id : type === VOLUME_ATTACHMENT && inputs.instanceId;
    if (typeof instanceId === "string" && !(await this.hosts.machines.machineExists(instanceId))) {
      // Somebody took the machine away: to EC2 that is a terminated instance.
      await this.store.change((records) => {
        remove(records, INSTANCE, instanceId);
      });
      return undefined;
    }
    return (await handler.observe?.(this.hosts, record)) ?? record;
  }

  /**
   * The next creation of a resource of this type is refused, as AWS refuses what it has no capacity
   * or no quota for; nothing is made.
   * @param code EC2's error code, such as `InsufficientInstanceCapacity`
   * @param name of the resource, where another one's creation is to succeed
   */
  failNext(type: string, code: string, name?: string): void {
    this.handlerOf(type);
    this.failures.push({ type, code, name });
  }

  /** @throws AwsError where this creation is one that is to fail */
  private failIfToldTo(type: string, name: string): void {
    const index = this.failures.findIndex(
      (one) => one.type === type && (one.name ?? name) === name,
    );
    const [failure] = index < 0 ? [] : this.failures.splice(index, 1);
    if (failure) {
      throw new AwsError(failure.code, `the lab was told to refuse the creation of ${name}`);
    }
  }

  /** Answers a function of the provider. */
  async invoke(token: string, args: Props): Promise<Props> {
    const records = await this.store.look((all) => new Map(all));
    if (token === GET_INSTANCES) {
      // What a machine is now is in no record, and asking for it takes its time.
      const instances = [...records].filter(([, { type }]) => type === INSTANCE);
      await Promise.all(
        instances.map(async ([key, record]) => {
          const seen = await this.handlerOf(INSTANCE).observe?.(this.hosts, record);
          records.set(key, { ...record, ...seen });
        }),
      );
    }
    const region = typeof args.region === "string" ? args.region : this.region;
    return invokeFunction(token, given(args), { region, records });
  }

  /** The role of the instance that has this private address; undefined where it has none. */
  async roleAt(privateIp: string): Promise<RoleWithPolicies | undefined> {
    return this.store.look((records) => {
      const isIt = ({ type, state }: AwsRecord) =>
        type === INSTANCE && state.privateIp === privateIp;
      const itsInstance = [...records.values()].find(isIt);
      return itsInstance && roleOf(records, itsInstance);
    });
  }

  /** Every object there is; for status displays and tests. */
  list(): Promise<AwsRecord[]> {
    return this.store.look((records) => [...records.values()]);
  }

  private handlerOf(type: string) {
    const handler = handlers[type];
    if (!handler) {
      throw new Error(
        `the lab's AWS has no ${type}; it has ${Object.keys(schema).sort().join(", ")}`,
      );
    }
    return handler;
  }

  private context(records: Records, inputs: Props): Context {
    const region = typeof inputs.region === "string" ? inputs.region : this.region;
    return { records, region };
  }

  /** The outputs that nearly every resource has. */
  private common(context: Context, inputs: Props, state: Props): Props {
    const result: Props = { ...state, region: context.region };
    if ("tagsAll" in state || "arn" in state) {
      result.tagsAll = { ...this.defaultTags, ...(inputs.tags ?? {}) };
    }
    return result;
  }

  private async checkedOrThrow(type: string, name: string, inputs: Props, olds: Props = {}) {
    const checked = await this.check(type, inputs, { name, olds });
    if (checked.failures.length > 0) {
      const reasons = checked.failures.map(({ property, reason }) => `${property}: ${reason}`);
      throw new Error(`${type} ${name}: ${reasons.join("; ")}`);
    }
    return checked.inputs;
  }

  private async recordOrThrow(type: string, id: string): Promise<AwsRecord> {
    const record = await this.store.look((records) => find(records, type, id));
    if (!record) {
      throw new Error(`${type} ${id} does not exist in the lab (any more)`);
    }
    return record;
  }

  /** Waits until nothing depends on the object, as the real provider does; then gives it. */
  private async withoutDependents(type: string, id: string): Promise<AwsRecord | undefined> {
    const handler = this.handlerOf(type);
    const deadline = Date.now() + this.dependencyWaitSeconds * 1000;
    for (;;) {
      const { record, blockers } = await this.store.look((records) => {
        const found = find(records, type, id);
        return { record: found, blockers: found ? (handler.blockers?.(found, records) ?? []) : [] };
      });
      if (blockers.length === 0) {
        return record;
      }
      if (Date.now() >= deadline) {
        const code = handler.blockedCode ?? "DependencyViolation";
        throw new AwsError(
          code,
          `${id} is in use by ${blockers.join(", ")} and cannot be deleted ` +
            `(waited ${this.dependencyWaitSeconds} s for them to go)`,
        );
      }
      await sleep(250);
    }
  }

  /** Removes what a process that is no more had begun and not finished. */
  private async clearAbandoned(): Promise<void> {
    const abandoned = await this.store.look((records) =>
      [...records.values()].filter(
        ({ pendingPid }) => pendingPid !== undefined && !isAlive(pendingPid),
      ),
    );
    for (const record of abandoned) {
      await this.discard(record);
    }
  }

  /** Undoes a creation that failed half-way; what cannot be undone was not done. */
  private async discard(record: AwsRecord): Promise<void> {
    await this.handlerOf(record.type)
      .unmake?.(this.hosts, record, new Map())
      .catch(() => undefined);
    await this.store.change((records) => records.delete(keyOf(record.type, record.id)));
  }
}

/** What goes with an object, and the input that names the object. */
const owned: Record<string, Record<string, string>> = {
  [INSTANCE]: { [VOLUME_ATTACHMENT]: "instanceId" },
  [SECURITY_GROUP]: { [INGRESS_RULE]: "securityGroupId", [EGRESS_RULE]: "securityGroupId" },
  [ROUTE_TABLE]: { [ROUTE]: "routeTableId" },
  [BUCKET]: Object.fromEntries(bucketParts.map((part) => [part, "bucket"])),
};

function remove(records: Records, type: string, id: string): void {
  records.delete(keyOf(type, id));
  for (const [key, { type: its, inputs }] of records) {
    const property = owned[type]?.[its];
    if (property && inputs[property] === id) {
      records.delete(key);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
