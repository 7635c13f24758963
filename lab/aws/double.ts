import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AwsError } from "./errors";
import { invokeFunction } from "./functions";
import { type CheckFailure, type Diff, diffInputs, failuresOf, given, schemaOf } from "./inputs";
import type { MachineHost } from "./machineHost";
import { type Context, handlers } from "./resources";
import { EGRESS_RULE, INGRESS_RULE, INSTANCE, ROUTE, schema, VOLUME_ATTACHMENT } from "./schema";
import { type AwsRecord, type Props, type Records, RecordStore } from "./store";

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
 * instances and volumes are real ones of the machine host. It refuses what EC2 refuses, with
 * EC2's error codes, and anything that it does not know.
 */
export class AwsDouble {
  private readonly store: RecordStore;
  private readonly dependencyWaitSeconds: number;
  private region: string;
  private defaultTags: Record<string, string> = {};

  /** @param file where the records are kept between processes */
  constructor(
    file: string,
    private readonly host: MachineHost,
    options: AwsDoubleOptions = {},
  ) {
    this.store = new RecordStore(file);
    this.region = options.region ?? "us-east-1";
    this.dependencyWaitSeconds = options.dependencyWaitSeconds ?? 30;
  }

  configure({ region, defaultTags }: AwsConfiguration): void {
    this.region = region || this.region;
    this.defaultTags = defaultTags ?? {};
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
    const checked = given(inputs);
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
      records.set(id, planned);
      return planned;
    });
    try {
      await handler.make?.(this.host, record);
    } catch (error) {
      await this.discard(record);
      throw error;
    }
    await this.store.change((records) => {
      delete record.pendingPid;
      records.set(record.id, record);
    });
    return { id: record.id, state: record.state };
  }

  async update(type: string, id: string, _olds: Props, news: Props): Promise<Props> {
    const current = await this.recordOrThrow(type, id);
    const wanted = await this.checkedOrThrow(type, id, news, current.inputs);
    const { replaces } = diffInputs(type, current.inputs, wanted);
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
    await handler.apply?.(this.host, current, wanted);
    await this.store.change((records) => {
      records.set(id, { id, type, inputs: wanted, state });
    });
    return state;
  }

  /** Deletes an object; one that is already gone is a success. */
  async delete(type: string, id: string): Promise<void> {
    const handler = this.handlerOf(type);
    const record = await this.withoutDependents(type, id);
    if (!record) {
      return;
    }
    handler.mayDelete?.(record);
    await handler.unmake?.(this.host, record, await this.store.look((r) => new Map(r)));
    await this.store.change((records) => {
      records.delete(id);
      dropOwned(records, id);
    });
  }

  /** The state and inputs of an object, or undefined where there is none any more. */
  async read(type: string, id: string): Promise<{ state: Props; inputs: Props } | undefined> {
    this.handlerOf(type);
    const record = await this.store.look((records) => records.get(id));
    if (!record || record.type !== type) {
      return undefined;
    }
    const { inputs } = record;
    // What is attached to an instance goes with it.
    const instanceId = type === INSTANCE ? id : type === VOLUME_ATTACHMENT && inputs.instanceId;
    if (typeof instanceId === "string" && !(await this.host.machineExists(instanceId))) {
      // Somebody took the machine away: to EC2 that is a terminated instance.
      await this.store.change((records) => {
        records.delete(instanceId);
        dropOwned(records, instanceId);
      });
      return undefined;
    }
    return { state: record.state, inputs };
  }

  /** Answers a function of the provider. */
  async invoke(token: string, args: Props): Promise<Props> {
    return this.store.look((records) =>
      invokeFunction(token, given(args), {
        region: typeof args.region === "string" ? args.region : this.region,
        records,
      }),
    );
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
    const record = await this.store.look((records) => records.get(id));
    if (!record || record.type !== type) {
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
        const found = records.get(id);
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
      .unmake?.(this.host, record, new Map())
      .catch(() => undefined);
    await this.store.change((records) => records.delete(record.id));
  }
}

/** What goes with an object: an instance's attachments, a group's rules, a table's routes. */
const owners: Record<string, string> = {
  [VOLUME_ATTACHMENT]: "instanceId",
  [INGRESS_RULE]: "securityGroupId",
  [EGRESS_RULE]: "securityGroupId",
  [ROUTE]: "routeTableId",
};

function dropOwned(records: Records, owner: string): void {
  for (const [id, { type, inputs }] of records) {
    const property = owners[type];
    if (property && inputs[property] === owner) {
      records.delete(id);
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
