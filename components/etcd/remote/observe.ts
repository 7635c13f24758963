import { setTimeout as sleep } from "node:timers/promises";
import { type Observed, type ObservedMachine, readObservation } from "../rollout/observed";
import { scriptCommand, scriptInput } from "../scripts";
import { withoutControls } from "../strangers";
import type { RemoteCluster } from "./cluster";
import {
  connectSsh,
  type RunOverSsh,
  type SshConnection,
  type SshResult,
  type SshTarget,
  withSsh,
} from "./ssh";

/** What a machine is looked at for. */
export interface ObservedMember {
  readonly name: string;
  readonly service: string;
  readonly dataDirectory: string;
  readonly configDirectory: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** The folder of an etcdctl that is on the machine. */
  readonly binaries: string;
}

/** Longer than a script of a killed update may keep its lock. */
const limitSeconds = 330;

/** A machine that answers does so within this, on a line across the world and a slow disk. */
const dialTimeoutSeconds = 8;

/**
 * Looks at a machine and changes nothing. What cannot be looked at is an answer, too.
 * @param endpoints client URLs of all members that are known
 * @param asksAccess whether it is asked, too, if access is controlled
 */
export async function observe(
  member: ObservedMember,
  target: SshTarget,
  endpoints: readonly string[],
  asksAccess = false,
): Promise<ObservedMachine> {
  try {
    return await withSsh(target, options, (run) => observeBy(run, member, endpoints, asksAccess));
  } catch (error) {
    return { name: member.name, seen: false, problem: (error as Error).message };
  }
}

/** The same of every machine of a cluster, side by side. */
export async function observeCluster(
  { members }: RemoteCluster,
  endpoints: readonly string[],
  asksAccess = false,
): Promise<Observed> {
  const machines = members.map((member) => observe(member, member.target, endpoints, asksAccess));
  return { machines: await Promise.all(machines) };
}

// A machine that has just been made, or is busy, may turn away the first attempt; one that swallows packets is told
// within 20 s.
const options = { timeoutSeconds: limitSeconds, dialTimeoutSeconds, dialErrorLimit: 1 };

/**
 * Works on a connection that is made while its user still waits for something, since to dial takes as long as a
 * look. One that fails, or breaks before it is used, is made again when it is.
 * @param until whatever is waited for; when it fails the connection is of no use
 * @param begin what can be begun as soon as the connection stands
 */
export async function onMachineAfter<Begun, Result>(
  target: SshTarget,
  until: Promise<void>,
  begin: (connection: SshConnection) => Begun,
  work: (begun: Begun) => Promise<Result>,
): Promise<Result> {
  const connect = async () => {
    const connection = await connectSsh(target, options);
    return { connection, begun: begin(connection) };
  };
  const early = connect().catch(() => undefined);
  try {
    await until;
    const made = await early;
    if (made !== undefined && (await stands(made.connection))) {
      return await work(made.begun);
    }
    const { connection, begun } = await connect();
    return await work(begun).finally(connection.close);
  } finally {
    void early.then((made) => made?.connection.close());
  }
}

/** In ms, after which a connection that nobody used may have broken without a word. */
const freshMs = 5000;

/** Whether a connection can be used: one that has waited for long is tried. */
async function stands(connection: SshConnection): Promise<boolean> {
  if (!connection.isOpen() || performance.now() - connection.sinceMs < freshMs) {
    return connection.isOpen();
  }
  const answers = connection.run("true").then(
    () => true,
    () => false,
  );
  return Promise.race([answers, sleep(3000, false, { ref: false })]);
}

/**
 * The same, on a connection that stands.
 * @throws Error where the machine gave no observation
 */
export async function observeBy(
  run: RunOverSsh,
  member: ObservedMember,
  endpoints: readonly string[],
  asksAccess = false,
): Promise<ObservedMachine> {
  const command = scriptCommand("observe", {
    ...lookArguments(member, endpoints),
    ...(asksAccess && { asks_access: true }),
  });
  const result = await run(command, scriptInput("observe"));
  if (result.code !== 0) {
    throw withoutAnAnswer(result);
  }
  return readObservation(member.name, result.stdout);
}

/** What the script of a look is told. */
export function lookArguments(member: ObservedMember, endpoints: readonly string[]) {
  return {
    service: member.service,
    config: member.configDirectory,
    data: member.dataDirectory,
    tls: member.clientUrl.startsWith("https:"),
    client_url: member.clientUrl,
    peer_url: member.peerUrl,
    binaries: member.binaries,
    endpoints: endpoints.join(","),
  };
}

/** Why a look has told nothing. */
export function withoutAnAnswer({ stderr, code }: SshResult): Error {
  return new Error(tellable(stderr) || `observing it ended with ${code ?? "a signal"}`);
}

/** What a stranger says of itself, for a person's terminal: no control codes, and not for ever. */
function tellable(text: string): string {
  const plain = withoutControls(text.trim());
  return plain.length <= 500 ? plain : `${plain.slice(0, 500)} …`;
}
