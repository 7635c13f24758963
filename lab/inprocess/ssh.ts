import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import type { asset } from "@pulumi/pulumi";
import { quote } from "../../components/etcd/scripts";
import { runOverSsh, type SshTarget } from "../../components/etcd/remote/ssh";

type Props = Record<string, unknown>;

/** `connection` of a `command.remote.Command`. */
export interface Connection {
  host: string;
  port?: number;
  user?: string;
  privateKey?: string;
  password?: string;
  hostKey?: string;
  dialErrorLimit?: number;
  perDialTimeout?: number;
  proxy?: Connection;
}

/** Is given a line that a command has written. */
export type OnLine = (line: string) => void;

const commandInputs = [
  "addPreviousOutputInEnv",
  "connection",
  "create",
  "delete",
  "environment",
  "logging",
  "stdin",
  "triggers",
  "update",
];

const connectionInputs = [
  "dialErrorLimit",
  "host",
  "hostKey",
  "password",
  "perDialTimeout",
  "port",
  "privateKey",
  "proxy",
  "user",
];

/** The longest that a command may take here; under the engine nothing limits it. */
const limitSeconds = 1800;

/**
 * Creates a `command.remote.Command`: runs its `create`.
 *
 * @param onLine is given what the command writes to stderr while it runs, where `logging` asks for it
 * @throws Error in the words of the real provider when the command fails
 */
export async function createCommand(
  name: string,
  inputs: Props,
  onLine?: OnLine,
): Promise<{ id: string; state: Props }> {
  refuseUnknown(inputs, commandInputs, "command.remote.Command");
  const environment = (inputs.environment ?? {}) as Props;
  if (Object.keys(environment).length > 0) {
    throw new Error(
      `environment (${Object.keys(environment).join(", ")}) needs the server's AcceptEnv: pass ` +
        "values by stdin or as quoted arguments",
    );
  }
  const state: Props = { ...inputs, stdout: "", stderr: "" };
  if (typeof inputs.create === "string") {
    const stdin = typeof inputs.stdin === "string" ? inputs.stdin : "";
    const connection = inputs.connection as Connection;
    const logged = logsStderr(inputs.logging) ? onLine : undefined;
    const result = await runCommand(connection, inputs.create, stdin, logged);
    Object.assign(state, result);
  }
  return { id: `${name}${randomBytes(4).toString("hex")}`, state };
}

/** By default a command's output is logged, both streams of it. */
function logsStderr(logging: unknown): boolean {
  return logging === undefined || logging === "stderr" || logging === "stdoutAndStderr";
}

/** Runs a command as the real provider does; one line end is cut off from what it printed. */
export async function runCommand(
  connection: Connection,
  command: string,
  stdin = "",
  onStderrLine?: OnLine,
): Promise<{ stdout: string; stderr: string }> {
  const { stdout, stderr, output, code, signal } = await runOverSsh(
    targetOf(connection),
    command,
    stdin,
    {
      timeoutSeconds: limitSeconds,
      dialTimeoutSeconds: connection.perDialTimeout ?? 15,
      dialErrorLimit: connection.dialErrorLimit ?? 10,
      onStderrLine,
    },
  );
  if (code !== 0) {
    const ending =
      code === undefined
        ? `Process exited with status 255 from signal ${signal ?? "unknown"}`
        : `Process exited with status ${code}`;
    throw new Error(`${ending}: running ${JSON.stringify(command)}:\n${output}`);
  }
  return { stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, "") };
}

/**
 * Does what a `command.remote.CopyToRemote` does with one file.
 * @throws Error where it cannot be written
 */
export async function copyToRemote(inputs: Props): Promise<void> {
  refuseUnknown(inputs, ["connection", "remotePath", "source", "triggers"], "CopyToRemote");
  const file = await (inputs.source as asset.FileAsset).path;
  const remotePath = String(inputs.remotePath);
  const command = `cat > ${quote(remotePath)}`;
  const target = targetOf(inputs.connection as Connection);
  const { code, output } = await runOverSsh(target, command, await fs.readFile(file), {
    timeoutSeconds: limitSeconds,
    dialErrorLimit: 10,
  });
  if (code !== 0) {
    throw new Error(`could not write ${remotePath} on ${target.host}: ${output}`);
  }
}

/** The connection without what must not be written down. */
export function withoutKeys(connection: Connection): Connection {
  const bare = { ...connection };
  delete bare.privateKey;
  delete bare.password;
  return { ...bare, ...(bare.proxy && { proxy: withoutKeys(bare.proxy) }) };
}

/** The connection with one private key for the machine and its proxy. */
export function withKey(connection: Connection, privateKey: string): Connection {
  const { proxy } = connection;
  return { ...connection, privateKey, ...(proxy && { proxy: withKey(proxy, privateKey) }) };
}

function targetOf(connection: Connection): SshTarget {
  refuseUnknown(connection as unknown as Props, connectionInputs, "connection");
  return {
    host: connection.host,
    port: connection.port,
    user: connection.user ?? "root",
    privateKey: connection.privateKey,
    password: connection.password,
    hostKey: connection.hostKey,
    proxy: connection.proxy && targetOf(connection.proxy),
  };
}

function refuseUnknown(values: Props, known: string[], what: string): void {
  const strange = Object.keys(values).filter(
    (key) => values[key] !== undefined && values[key] !== null && !known.includes(key),
  );
  if (strange.length > 0) {
    throw new Error(`the lab's ${what} does not know ${strange.join(", ")}`);
  }
}
