import { randomUUID } from "node:crypto";
import { now, type Window } from "./clock";
import { Connections } from "./connections";
import { putsDue } from "./pace";
import { type PutRecord, put } from "./put";
import type { Member, Target } from "./target";
import type { WriterHistory } from "./writerFigures";

export interface WriterOptions {
  /** @default 120 */
  readonly putsPerSecond?: number;
  /** How many puts may be under way at once; 600 are 5 s at 120 a second. @default 600 */
  readonly maxOutstanding?: number;
  /** How long one attempt may take, in ms. @default 1000 */
  readonly attemptMs?: number;
  /** How long a put is tried again before it has failed, in ms. @default 5000 */
  readonly putMs?: number;
}

/** How often the pace is looked at. */
const tickMs = 5;
/** A tick that comes so long after the one before means that this process stood still. */
const stallMs = 50;

/**
 * Puts unique values under unique keys, all the time, at a steady rate.
 *
 * Over all members: each has a client of its own, and put n goes first to member n modulo their
 * number; a retry goes to the next one. A member that is down is asked as often as the others, so
 * about a third of the puts to three members need a retry while one is down.
 */
export class Writer {
  /** All its keys begin with this. */
  readonly prefix = `load/${randomUUID()}/`;
  private readonly startMs = now();
  private readonly records: PutRecord[] = [];
  private readonly outstanding = new Set<Promise<unknown>>();
  private readonly connections: Connections;
  private readonly pace;
  private readonly patience;
  private readonly timer: NodeJS.Timeout;
  private turns = 0;
  private readonly leftOutAtMs: number[] = [];
  private lastTickMs = this.startMs;
  private readonly ownStalls: Window[] = [];
  private stopMs: number | undefined;

  /** Starts at once. */
  constructor(target: Target, options: WriterOptions = {}) {
    const { putsPerSecond = 120, maxOutstanding = 600, attemptMs = 1000, putMs = 5000 } = options;
    this.pace = { putsPerSecond, maxOutstanding };
    this.patience = { attemptMs, putMs };
    this.connections = new Connections(target);
    this.timer = setInterval(() => this.tick(), tickMs);
  }

  /** The key of a put, by its turn from 0 on. */
  key(turn: number): string {
    return `${this.prefix}${String(turn).padStart(9, "0")}`;
  }

  /** The members have changed, the credentials have not. No put is lost by that. */
  setMembers(members: readonly Member[]): void {
    this.connections.setMembers(members);
  }

  /** Other credentials, or all connections anew. No put is lost by that. */
  reconnect(target: Target): void {
    this.connections.reconnect(target);
  }

  /** Starts no more puts and waits for those under way: each is acknowledged, or failed after 5 s. */
  async stop(): Promise<WriterHistory> {
    if (this.stopMs === undefined) {
      clearInterval(this.timer);
      this.stopMs = now();
    }
    await Promise.all(this.outstanding);
    this.connections.close();
    return this.history();
  }

  /** What has been written so far, without the puts under way. */
  history(): WriterHistory {
    return {
      window: { fromMs: this.startMs, toMs: this.stopMs ?? now() },
      puts: [...this.records],
      leftOutAtMs: [...this.leftOutAtMs],
      ownStalls: [...this.ownStalls],
    };
  }

  private tick(): void {
    const tickedMs = now();
    if (tickedMs - this.lastTickMs >= stallMs) {
      this.ownStalls.push({ fromMs: this.lastTickMs, toMs: tickedMs });
    }
    this.lastTickMs = tickedMs;
    const elapsedMs = tickedMs - this.startMs;
    const due = putsDue(elapsedMs, this.turns, this.outstanding.size, this.pace);
    for (let one = 0; one < due.start; one += 1) {
      this.startPut(this.turns + one);
    }
    this.leftOutAtMs.push(...Array<number>(due.leaveOut).fill(tickedMs));
    this.turns += due.start + due.leaveOut;
  }

  private startPut(turn: number): void {
    const entry = { key: this.key(turn), value: randomUUID() };
    const done = put(this.connections, turn, entry, this.patience).then((record) => {
      this.records.push(record);
      this.outstanding.delete(done);
    });
    this.outstanding.add(done);
  }
}
