import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { now, type Window } from "./clock";
import type { Connection } from "./connection";
import { Connections } from "./connections";
import { putOutcome } from "./outcome";
import type { Target } from "./target";

/** One call of a client, as it saw it. */
export interface Operation {
  /** Each client makes one call after the other. */
  readonly client: number;
  readonly kind: "put" | "get";
  readonly key: string;
  /** What was put, or what was got: "" where the key was not there. */
  readonly value: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** "failed" where it has had no effect for certain, "unknown" where it may have, or may yet. */
  readonly outcome: "ok" | "failed" | "unknown";
  readonly error?: string;
}

export interface RegistersHistory {
  /** From the start to the stop. */
  readonly window: Window;
  readonly operations: readonly Operation[];
  /** When a put or a get succeeded. */
  readonly succeededAtMs: Readonly<Record<Operation["kind"], readonly number[]>>;
}

export interface RegistersOptions {
  /** Spread over the members. Multiples of the members' number load them alike. @default 12 */
  readonly clients?: number;
  /** From the start of one call of a client to the start of its next, in ms. @default 120 */
  readonly periodMs?: number;
  /** How long a call may take, in ms. @default 1000 */
  readonly callMs?: number;
}

/** One call of so many is a put: gets are what shows a history's faults, and cost less. */
const putEvery = 3;

/**
 * Few, so that clients meet at each; several, since each key's history is checked by itself. No
 * multiple of `putEvery`, so that each client puts every key.
 */
const keyCount = 5;

/**
 * Clients of all members that put unique values under a handful of keys and read them
 * (linearizable reads, etcd's default), with every call recorded, so that the history can be
 * checked. Nothing is tried again: what became of a call is what its client was told.
 */
export class Registers {
  /** All its keys begin with this. */
  readonly prefix = `registers/${randomUUID()}/`;
  private readonly startMs = now();
  private readonly connections: Connections;
  private readonly operations: Operation[] = [];
  private readonly succeededAtMs = { put: [] as number[], get: [] as number[] };
  private readonly clients: Promise<void>[];
  private stopMs: number | undefined;

  /** Starts at once. */
  constructor(target: Target, options: RegistersOptions = {}) {
    const { clients = 12, periodMs = 120, callMs = 1000 } = options;
    this.connections = new Connections(target);
    this.clients = Array.from({ length: clients }, (_, client) =>
      this.run(client, { periodMs, callMs, offsetMs: (client * periodMs) / clients }),
    );
  }

  /** Other members or credentials from each client's next call on. */
  reconnect(target: Target): void {
    this.connections.reconnect(target);
  }

  /** Waits for the calls that are under way. */
  async stop(): Promise<RegistersHistory> {
    this.stopMs ??= now();
    await Promise.all(this.clients);
    this.connections.close();
    return {
      window: { fromMs: this.startMs, toMs: this.stopMs },
      operations: this.operations,
      succeededAtMs: this.succeededAtMs,
    };
  }

  private async run(
    client: number,
    { periodMs, callMs, offsetMs }: { periodMs: number; callMs: number; offsetMs: number },
  ): Promise<void> {
    await sleep(offsetMs);
    for (let turn = 0; this.stopMs === undefined; turn += 1) {
      const startMs = now();
      const key = `${this.prefix}${(turn + client) % keyCount}`;
      const call = { client, kind: turn % putEvery === 0 ? "put" : "get", key } as const;
      this.operations.push(await this.call(call, this.connections.at(client), callMs));
      await sleep(Math.max(0, periodMs - (now() - startMs)));
    }
  }

  private async call(
    { client, kind, key }: Pick<Operation, "client" | "kind" | "key">,
    connection: Connection,
    limitMs: number,
  ): Promise<Operation> {
    const put = kind === "put" ? randomUUID() : "";
    const startNs = process.hrtime.bigint();
    const told = (rest: Pick<Operation, "value" | "outcome" | "error">): Operation => ({
      ...{ client, kind, key, startNs, endNs: process.hrtime.bigint() },
      ...rest,
    });
    try {
      const value = await connection.call(async (etcd, options) => {
        if (kind === "put") {
          await etcd.put(key).value(put).options(options).exec();
          return put;
        }
        return (await etcd.get(key).options(options).string()) ?? "";
      }, limitMs);
      this.succeededAtMs[kind].push(now());
      return told({ value, outcome: "ok" });
    } catch (error) {
      const { message } = error as Error;
      // A get that failed has no effect, whatever became of it.
      const outcome = kind === "put" ? putOutcome(message) : "failed";
      return told({ value: put, outcome, error: message });
    }
  }
}
