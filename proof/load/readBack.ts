import { Range } from "etcd3";
import type { Connections } from "./connections";
import { patiently } from "./patiently";

const pageSize = 1000;
const limitMs = 15_000;

/** What is stored, at one revision. */
export interface Stored {
  readonly values: ReadonlyMap<string, string>;
  /** A 64-bit number. */
  readonly revision: string;
}

/**
 * Reads all keys with a prefix, linearizably, in pages at the first page's revision.
 * @throws Error where no member answers for 15 s
 */
export async function readBack(connections: Connections, prefix: string): Promise<Stored> {
  const values = new Map<string, string>();
  const { end } = Range.prefix(prefix);
  let [from, revision]: [Buffer, string?] = [Buffer.from(prefix)];
  for (;;) {
    const page = await patiently(limitMs, (turn) =>
      connections.at(turn).call(async (client, options) => {
        const range = client.getAll().inRange(new Range(from, end)).limit(pageSize);
        return (revision === undefined ? range : range.revision(revision)).options(options).exec();
      }, 5000),
    );
    revision ??= page.header.revision;
    for (const { key, value } of page.kvs) {
      values.set(key.toString(), value.toString());
    }
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined) {
      return { values, revision };
    }
    from = Buffer.concat([last.key, Buffer.from([0])]);
  }
}
