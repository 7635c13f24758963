import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { text } from "./text";

/** Plain values as JSON has them. */
export type Props = Record<string, unknown>;

/** One AWS object as the double remembers it. */
export interface AwsRecord {
  id: string;
  type: string;
  inputs: Props;
  state: Props;
  /** Set while the object is being made: the process that makes it. */
  pendingPid?: number;
}

export type Records = Map<string, AwsRecord>;

interface StoreFile {
  version: 1;
  records: AwsRecord[];
}

/**
 * The double's records in one JSON file. Each access reads the file afresh and runs alone within
 * this process, so parallel creations cannot take the same address, and what one process wrote the
 * next one finds.
 */
export class RecordStore {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly file: string) {}

  /** Runs `work` on the records, alone, and writes them back when it succeeds. */
  change<T>(work: (records: Records) => T | Promise<T>): Promise<T> {
    return this.alone(async () => {
      const records = await this.read();
      const result = await work(records);
      await this.write(records);
      return result;
    });
  }

  /** Runs `work` on the records, alone; nothing is written. */
  look<T>(work: (records: Records) => T | Promise<T>): Promise<T> {
    return this.alone(async () => work(await this.read()));
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work, work);
    this.last = next.catch(() => undefined);
    return next;
  }

  private async read(): Promise<Records> {
    let content: string;
    try {
      content = await readFile(this.file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        return new Map();
      }
      throw error;
    }
    const parsed = JSON.parse(content) as StoreFile;
    if (parsed.version !== 1) {
      throw new Error(
        `${this.file}: version ${String(parsed.version)} of the lab's AWS records, expected 1`,
      );
    }
    return new Map(parsed.records.map((record) => [keyOf(record.type, record.id), record]));
  }

  private async write(records: Records): Promise<void> {
    const content: StoreFile = { version: 1, records: [...records.values()] };
    await mkdir(path.dirname(this.file), { recursive: true });
    const beside = `${this.file}.${process.pid}.tmp`;
    // User data holds host keys, so the records are for their owner alone.
    await writeFile(beside, JSON.stringify(content, undefined, 2), { mode: 0o600 });
    await rename(beside, this.file);
  }
}

/** Where a record is among the others: names, unlike ids of EC2, are unique within a type alone. */
export function keyOf(type: string, id: string): string {
  return `${type} ${id}`;
}

/** The object of a type with this id, if there is one. */
export function find(records: Records, type: string, id: unknown): AwsRecord | undefined {
  return records.get(keyOf(type, text(id)));
}

/** A new id in AWS's long form (`vpc-0` and sixteen hexadecimal digits). */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}
