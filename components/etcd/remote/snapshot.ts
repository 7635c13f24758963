import { createHash } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { quote } from "../scripts";
import { snapshotSettingsFile } from "../snapshots/files";
import { isText, objectIn, placePattern } from "../strangers";
import type { RemoteCluster } from "./cluster";
import { askHealth } from "./health";
import { LiveMachine } from "./machine";

/** A snapshot that was taken and checked on a member's machine. */
export interface Snapshot {
  readonly member: string;
  /** Its path on the member's machine. */
  readonly file: string;
  /** `s3://BUCKET/KEY`, or `HOST:PATH`. */
  readonly where: string;
  readonly sha256: string;
  readonly status: {
    readonly revision: number;
    readonly totalKey: number;
    readonly totalSize: number;
  };
}

/** A database of 8 GiB, read and written and uploaded. */
const limitSeconds = 7200;

/**
 * Takes a snapshot now, on a healthy follower where there is one, and uploads it where snapshots go.
 * @throws Error where no member serves, or the snapshot failed
 */
export async function takeSnapshot(
  cluster: RemoteCluster,
  log: (line: string) => void,
): Promise<Snapshot> {
  const health = await askHealth(cluster);
  const serving = health.members.filter((member) => member.healthy);
  const chosen = serving.find((member) => !member.leader) ?? serving[0];
  if (chosen === undefined) {
    throw new Error(`no member serves reads, so there is no snapshot: ${health.verdict}`);
  }
  const machine = new LiveMachine(chosen.name, cluster);
  const settings = snapshotSettingsFile(machine.member.configDirectory);
  const text = await machine.succeed(
    "snapshot",
    { settings, when: "now", ...machine.identity },
    { timeoutSeconds: limitSeconds, onStderrLine: log },
  );
  return readSnapshot(chosen.name, text);
}

/**
 * What a machine says of a snapshot that it has taken. It may have been taken over: its words become the name
 * of a file here, a command and lines on a terminal.
 * @throws Error where they are not what `snapshot.sh` prints
 */
export function readSnapshot(member: string, text: string): Snapshot {
  const said = objectIn(text);
  const status = (said["status"] ?? {}) as Record<string, unknown>;
  const { file, where, sha256 } = said;
  const counts = [status["revision"], status["totalKey"], status["totalSize"]];
  const isSnapshot =
    isText(file, /^(\/[\w.-]+)+\/etcd[a-z0-9-]*-\d{8}T\d{6}Z-r\d+-v\d+\.\d+\.\d+\.db$/) &&
    isText(where, placePattern) &&
    isText(sha256, /^[0-9a-f]{64}$/) &&
    counts.every((count) => Number.isSafeInteger(count));
  if (!isSnapshot) {
    throw new Error(
      `${member} did not say which snapshot it has taken, as a member of this stack does. Look at the machine before you trust it`,
    );
  }
  const [revision, totalKey, totalSize] = counts as number[];
  return {
    ...{ member, file, where, sha256 },
    status: { revision: revision!, totalKey: totalKey!, totalSize: totalSize! },
  };
}

/**
 * Brings a snapshot to this machine, for its owner alone.
 * @throws Error where it does not arrive as it was; there is no file then
 */
export async function fetchSnapshot(
  snapshot: Snapshot,
  cluster: RemoteCluster,
  path: string,
): Promise<void> {
  const machine = new LiveMachine(snapshot.member, cluster);
  const partial = `${path}.partial`;
  const file = await open(partial, "w", 0o600);
  try {
    const hash = createHash("sha256");
    const sink = file.createWriteStream();
    sink.on("pipe", (source) => source.on("data", (chunk: Buffer) => hash.update(chunk)));
    await machine.read(`sudo -n cat ${quote(snapshot.file)}`, sink, limitSeconds);
    const arrived = hash.digest("hex");
    if (arrived !== snapshot.sha256) {
      throw new Error(
        `${snapshot.file} of ${snapshot.member} arrived with the SHA-256 ${arrived}, expected ${snapshot.sha256}`,
      );
    }
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}
