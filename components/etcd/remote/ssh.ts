import { createHash, createPrivateKey } from "node:crypto";
import type { Duplex, Readable, Writable } from "node:stream";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientChannel, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import { plainLines, withoutControls } from "../strangers";

/** A machine that answers SSH. */
export interface SshTarget {
  host: string;
  /** @default 22 */
  port?: number | undefined;
  user: string;
  privateKey?: string | undefined;
  password?: string | undefined;
  /** Lines of authorized_keys, any of which it may show. Without one the machine's identity is not verified. */
  hostKey?: string | undefined;
  /** The machine through which to go. */
  proxy?: SshTarget | undefined;
}

export interface SshOptions {
  /** How long the command may run. @default 600 */
  timeoutSeconds?: number;
  /** How long one attempt to connect may take. @default 15 */
  dialTimeoutSeconds?: number;
  /**
   * How many attempts may fail before one more ends it; between them 0.1 s and longer, up to 5 s.
   * @default 0
   */
  dialErrorLimit?: number;
  /** Takes what the command writes to stdout, which is not in the result then. */
  stdoutTo?: Writable | undefined;
  /** Called with each line that the command writes to stderr, while it runs. */
  onStderrLine?: ((line: string) => void) | undefined;
}

export interface SshResult {
  stdout: string;
  /** What the machine says to a person: lines of plain text. */
  stderr: string;
  /** Both in the order in which they came. */
  output: string;
  /** The exit status; undefined when a signal ended the command. */
  code: number | undefined;
  signal: string | undefined;
}

/**
 * Runs one command on a machine and waits for its end. A status other than zero is a result, not
 * an error.
 *
 * @throws Error when the machine cannot be reached, is not the one that `hostKey` says, or the
 *   command takes too long
 */
export async function runOverSsh(
  target: SshTarget,
  command: string,
  stdin: string | Buffer = "",
  options: SshOptions = {},
): Promise<SshResult> {
  return withSsh(target, options, (run) => run(command, stdin));
}

/** Runs a command on a connection that stands. */
export type RunOverSsh = (command: string, stdin?: string | Buffer) => Promise<SshResult>;

/**
 * A command that runs while its input is written bit by bit. `timeoutSeconds` is the limit of each wait, not of the
 * whole: it may have to wait for its user. It ends with its connection.
 */
export interface Conversation {
  /**
   * Writes, and waits for the next line that the command prints: undefined where it has ended instead.
   * @throws Error as `runOverSsh` does
   */
  readonly ask: (text: string) => Promise<string | undefined>;
  /** Writes the last of its input, and waits for its end. @throws Error as `runOverSsh` does */
  readonly end: (text?: string) => Promise<SshResult>;
}

/** A connection that stands, for as many commands as one likes. */
export interface SshConnection {
  readonly run: RunOverSsh;
  /** @param stdin the beginning of its input */
  readonly converse: (command: string, stdin: string) => Conversation;
  /** Since when it stands, in ms of `performance.now()`. */
  readonly sinceMs: number;
  /** Whether it still stands, as far as this end knows. */
  readonly isOpen: () => boolean;
  readonly close: () => void;
}

/** @throws Error as `runOverSsh` does */
export async function connectSsh(target: SshTarget, options: SshOptions): Promise<SshConnection> {
  const clients = await dial(target, options);
  const machine = clients[clients.length - 1];
  if (!machine) {
    throw new Error(`${target.host}: no connection`);
  }
  let isOpen = true;
  machine.once("close", () => (isOpen = false));
  return {
    run: (command, stdin = "") => execute(machine, target, command, stdin, options),
    converse: (command, stdin) => converse(machine, target, command, stdin, options),
    sinceMs: performance.now(),
    isOpen: () => isOpen,
    close: () => clients.reverse().forEach((client) => client.end()),
  };
}

/**
 * Several commands on one connection, which is closed when `work` has ended.
 * @throws Error as `runOverSsh` does, and whatever `work` throws
 */
export async function withSsh<Result>(
  target: SshTarget,
  options: SshOptions,
  work: (run: RunOverSsh) => Promise<Result>,
): Promise<Result> {
  const connection = await connectSsh(target, options);
  try {
    return await work(connection.run);
  } finally {
    connection.close();
  }
}

/** Connections to the proxy, if there is one, and to the machine; the last one is the machine's. */
async function dial(target: SshTarget, options: SshOptions): Promise<Client[]> {
  const { proxy } = target;
  if (!proxy) {
    return [await retrying(options, () => connect(target, options))];
  }
  const through = await dial(proxy, options).catch((error: Error) => {
    throw new Error(`proxy: ${error.message}`);
  });
  try {
    const last = through[through.length - 1] as Client;
    const machine = await retrying(options, async () =>
      connect(target, options, await forward(last, target)),
    );
    return [...through, machine];
  } catch (error) {
    through.reverse().forEach((client) => client.end());
    throw error;
  }
}

/** The waits are those of Pulumi's command provider. */
async function retrying<T>(options: SshOptions, attempt: () => Promise<T>): Promise<T> {
  const limit = options.dialErrorLimit ?? 0;
  let pause = 100;
  for (let failed = 0; ; failed++) {
    try {
      return await attempt();
    } catch (error) {
      if (limit >= 0 && failed >= limit) {
        const message = (error as Error).message;
        throw new Error(failed === 0 ? message : `after ${failed} failed attempts: ${message}`);
      }
      await sleep(pause);
      pause = Math.min(pause * 1.5, 5000);
    }
  }
}

function connect(target: SshTarget, options: SshOptions, sock?: Duplex): Promise<Client> {
  const seconds = options.dialTimeoutSeconds ?? 15;
  const where = `${target.host}:${target.port ?? 22}`;
  return new Promise((resolve, reject) => {
    const client = new Client();
    let identity: string | undefined;
    const timer = setTimeout(() => fail(`no SSH connection within ${seconds} s`), seconds * 1000);
    const fail = (reason: string) => {
      clearTimeout(timer);
      client.removeAllListeners();
      // What the connection still has to say is of no interest, but must not go unheard.
      client.on("error", () => undefined);
      client.end();
      client.destroy();
      // A server that nobody knows yet may say why it hangs up.
      reject(new Error(`ssh ${where}: ${withoutControls(reason)}`));
    };
    client.on("ready", () => {
      clearTimeout(timer);
      client.removeAllListeners("error").on("error", () => undefined);
      resolve(client);
    });
    client.on("error", (error) => fail(identity ?? error.message));
    client.on("close", () => fail("the connection was closed before it was ready"));
    try {
      client.connect({
        ...configOf(target, (mismatch) => (identity = mismatch)),
        readyTimeout: seconds * 1000,
        ...(sock ? { sock } : {}),
      });
    } catch (error) {
      fail((error as Error).message);
    }
  });
}

function configOf(target: SshTarget, onMismatch: (message: string) => void): ConnectConfig {
  const expected = target.hostKey?.trim().split(/\n+/).map(parseHostKey);
  return {
    host: target.host,
    port: target.port ?? 22,
    username: target.user,
    keepaliveInterval: 10_000,
    ...(target.privateKey ? { privateKey: readableKey(target.privateKey) } : {}),
    ...(target.password ? { password: target.password } : {}),
    ...(expected && {
      algorithms: { serverHostKey: expected.flatMap(({ type }) => algorithmsOf(type)) },
      hostVerifier: (shown: Buffer) => {
        const isRight = expected.some(({ blob }) => shown.equals(blob));
        if (!isRight) {
          const either = expected.map(({ type, blob }) => `${type} ${fingerprint(blob)}`);
          onMismatch(
            `host key mismatch: expected ${either.join(" or ")}, the machine showed ${fingerprint(shown)}`,
          );
        }
        return isRight;
      },
    }),
  };
}

function parseHostKey(line: string): { type: string; blob: Buffer } {
  const [type = "", encoded = ""] = line.trim().split(/\s+/);
  const blob = Buffer.from(encoded, "base64");
  // The key's own text begins with its type, after four bytes of length.
  if (type === "" || blob.subarray(4, 4 + type.length).toString() !== type) {
    throw new Error(
      `failed to parse host key: expected "<type> <base64>", got "${line.slice(0, 40)}"`,
    );
  }
  return { type, blob };
}

function algorithmsOf(type: string): ServerHostKeyAlgorithm[] {
  const algorithms = type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type];
  return algorithms as ServerHostKeyAlgorithm[];
}

function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The SSH library does not read PKCS#8; RSA and EC keys have an older form that it does read. */
function readableKey(privateKey: string): string {
  if (!privateKey.includes("-----BEGIN PRIVATE KEY-----")) {
    return privateKey;
  }
  const key = createPrivateKey(privateKey);
  switch (key.asymmetricKeyType) {
    case "rsa":
      return key.export({ type: "pkcs1", format: "pem" }).toString();
    case "ec":
      return key.export({ type: "sec1", format: "pem" }).toString();
    default:
      throw new Error(
        `an ${String(key.asymmetricKeyType)} key in PKCS#8 form: use its OpenSSH form`,
      );
  }
}

function forward(proxy: Client, { host, port }: SshTarget): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    proxy.forwardOut("127.0.0.1", 0, host, port ?? 22, (error, channel) => {
      if (error) {
        reject(new Error(`proxy: ${host}:${port ?? 22}: ${error.message}`));
      } else {
        resolve(channel);
      }
    });
  });
}

/** No script prints as much, and a machine that was taken over is not to fill this one's memory; in bytes. */
const largestOutput = 16 * 1024 ** 2;

function execute(
  client: Client,
  target: SshTarget,
  command: string,
  stdin: string | Buffer,
  options: SshOptions,
): Promise<SshResult> {
  const running = begin(client, target, command, options, (channel) => channel.end(stdin));
  return within(options, target, running);
}

function converse(
  client: Client,
  target: SshTarget,
  command: string,
  stdin: string,
  options: SshOptions,
): Conversation {
  let isBegun: (channel: ClientChannel) => void;
  const begun = new Promise<ClientChannel>((resolve) => (isBegun = resolve));
  const ended = begin(client, target, command, options, (channel) => {
    channel.write(stdin);
    isBegun(channel);
  });
  // The next question tells it.
  ended.catch(() => undefined);
  const lines = begun.then((input) => createInterface({ input })[Symbol.asyncIterator]());
  const answer = async (text: string) => {
    (await begun).write(text);
    const line = await (await lines).next();
    return line.done === true ? undefined : line.value;
  };
  return {
    ask: (text) => {
      const result = Promise.race([answer(text), ended.then(() => undefined)]);
      return within(options, target, result);
    },
    end: (text = "") => {
      void begun.then((channel) => channel.end(text));
      return within(options, target, ended);
    },
  };
}

/** @throws Error where it does not come in time */
function within<Result>(
  { timeoutSeconds = 600 }: SshOptions,
  { host }: SshTarget,
  result: Promise<Result>,
): Promise<Result> {
  const message = `ssh ${host}: the command did not end within ${timeoutSeconds} s`;
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), timeoutSeconds * 1000);
  });
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}

function begin(
  client: Client,
  target: SshTarget,
  command: string,
  { stdoutTo, onStderrLine }: SshOptions,
  use: (channel: ClientChannel) => void,
): Promise<SshResult> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`ssh ${target.host}: ${reason}`));
    client.on("close", () => fail("the connection broke before the command's end"));
    client.exec(command, (error, channel) => {
      if (error) {
        fail(error.message);
        return;
      }
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      const output: Buffer[] = [];
      let bytes = 0;
      const collect = (part: Buffer[]) => (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > largestOutput) {
          channel.close();
          fail(`the command printed more than ${largestOutput / 1024 ** 2} MiB`);
          return;
        }
        part.push(chunk);
        output.push(chunk);
      };
      if (stdoutTo === undefined) {
        channel.on("data", collect(stdout));
      } else {
        channel.pipe(stdoutTo);
      }
      channel.stderr.on("data", collect(stderr));
      if (onStderrLine !== undefined) {
        readLines(channel.stderr, (line) => onStderrLine(withoutControls(line)));
      }
      let code: number | undefined;
      let signal: string | undefined;
      channel.on("exit", (status: number | null, itsSignal?: string) => {
        code = status ?? undefined;
        signal = itsSignal;
      });
      channel.on("close", () => {
        if (code === undefined && signal === undefined) {
          fail("the command ended without an exit status");
          return;
        }
        const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString("utf8");
        const result = {
          ...{ stdout: text(stdout), stderr: plainLines(text(stderr)), output: text(output) },
          ...{ code, signal },
        };
        const written = stdoutTo === undefined ? Promise.resolve() : finished(stdoutTo);
        written.then(
          () => resolve(result),
          (problem: Error) => fail(problem.message),
        );
      });
      // A command that does not read its input closes it early.
      channel.on("error", () => undefined);
      use(channel);
    });
  });
}

/** Hands over each line as soon as it is whole, and at the end a last one without a line end. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach((line) => onLine(line));
  });
  stream.on("end", () => {
    rest += decoder.end();
    if (rest !== "") {
      onLine(rest);
    }
  });
}
