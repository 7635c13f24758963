import { setTimeout as sleep } from "node:timers/promises";
import type { ICallable, IHashKVResponse } from "etcd3";
import { now } from "./clock";
import type { Connection } from "./connection";
import type { Connections } from "./connections";
import { patiently } from "./patiently";

const limitMs = 15_000;

/** What a member's data hashes to. */
export interface MemberHash {
  readonly name: string;
  /** null where it could not be had: `error` says why. */
  readonly hash: string | null;
  readonly error?: string;
}

interface Hash {
  readonly hash: string;
  readonly compactRevision: string;
}

/**
 * The HashKV of every member at one revision, the newest one. A member that is behind is waited
 * for, and so is one that is not compacted yet as the others are: that changes the hash.
 * @returns after 15 s at most, for members that do not answer
 */
export async function askHashes(connections: Connections): Promise<MemberHash[]> {
  const endMs = now() + limitMs;
  for (;;) {
    const revision = await patiently(limitMs, (turn) => newestRevision(connections.at(turn)));
    const left = Math.max(0, endMs - now());
    const answers = await Promise.all(
      connections.all.map((connection) =>
        patiently(left, () => askHash(connection, revision)).catch((error: Error) => error),
      ),
    );
    const compacted = answers.flatMap((one) => (one instanceof Error ? [] : one.compactRevision));
    if (new Set(compacted).size <= 1 || now() > endMs) {
      return connections.all.map(({ member: { name } }, index) => {
        const answer = answers[index]!;
        return answer instanceof Error
          ? { name, hash: null, error: answer.message }
          : { name, hash: answer.hash };
      });
    }
    await sleep(200);
  }
}

/** The revision as of a linearizable read. */
function newestRevision(connection: Connection): Promise<string> {
  return connection.call(async (client, options) => {
    const { header } = await client.getAll().limit(1).options(options).exec();
    return header.revision;
  }, 2000);
}

function askHash(connection: Connection, revision: string): Promise<Hash> {
  return connection.call(async (client, options) => {
    // `client.maintenance.hashKV` of etcd3 1.1.2 calls a method that its gRPC client does not have:
    // that one knows it as HashKV.
    const { client: calls } = client.maintenance as unknown as { client: ICallable<unknown> };
    const { hash, compact_revision: compactRevision } = await calls.exec<IHashKVResponse>(
      "Maintenance",
      "HashKV",
      { revision },
      options,
    );
    return { hash: String(hash), compactRevision };
  }, 5000);
}
