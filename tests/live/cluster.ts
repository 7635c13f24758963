import * as tls from "node:tls";
import type { StackOutputs } from "../../operator/stack";
import { etcdctlCommand } from "../../lab/client";
import { run } from "../../lab/run";
import { runOverSsh } from "../../components/etcd/remote/ssh";
import { LiveMachine } from "../../components/etcd/remote/machine";

/** Runs etcdctl on this machine, as a client of the cluster or of one endpoint of it. */
export async function etcdctl(
  outputs: StackOutputs,
  args: string[],
  endpoint?: string,
): Promise<string> {
  const [command, ...rest] = await etcdctlCommand(outputs);
  const words = rest.filter((word) => endpoint === undefined || !word.startsWith("--endpoints="));
  const where = endpoint === undefined ? [] : [`--endpoints=${endpoint}`];
  const result = await run(command!, [...words, ...where, ...args], { limitSeconds: 30 });
  if (result.failed) {
    throw new Error(`etcdctl ${args.join(" ")} failed: ${result.stderr}`);
  }
  return result.stdout;
}

/** Runs a command on a controller as its SSH user. */
export async function onController(
  outputs: StackOutputs,
  name: string,
  command: string,
): Promise<string> {
  const { target } = new LiveMachine(name, outputs);
  const result = await runOverSsh(target, command, "", {
    timeoutSeconds: 60,
    dialErrorLimit: 20,
  });
  if (result.code !== 0) {
    throw new Error(`${name}: "${command}" ended with ${result.code}: ${result.output}`);
  }
  return result.stdout.trim();
}

/** When each member's etcd was started: another text after each start. */
export function startsOf(outputs: StackOutputs): Promise<string[]> {
  const show = "systemctl show -p ActiveEnterTimestampMonotonic --value etcd";
  return Promise.all(outputs.members.map(({ name }) => onController(outputs, name, show)));
}

export interface Credentials {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Whether a server lets a client talk to it: the handshake is done and it answers a request. With
 * TLS 1.3 a client learns only after its handshake that its certificate was refused.
 */
export function isLetIn(host: string, port: number, credentials: Credentials): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = tls.connect({ host, port, ...credentials, rejectUnauthorized: true });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(5000, () => end(false));
    socket.once("secureConnect", () => socket.write("GET /version HTTP/1.0\r\n\r\n"));
    socket.once("data", (data: Buffer) => end(data.toString().startsWith("HTTP/1.")));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}
