import * as https from "node:https";
import type { StackOutputs } from "../../operator/stack";
import { type Credentials, etcdctl, onController } from "./cluster";

/** A message of Raft that the one whose it says to be has never sent. */
export interface ForgedMessage {
  readonly path: "/raft";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * The proposal to write a key, in the name of `root`, as a peer hands it on to the leader: etcd asks nobody for a
 * password who is a peer.
 * @param to the member that it goes to
 */
export async function forgedPut(
  outputs: StackOutputs,
  to: string,
  entry: { key: string; value: string },
): Promise<ForgedMessage> {
  const members = await etcdctl(outputs, ["member", "list", "--write-out=fields"]);
  const numbers = (name: string) =>
    [...members.matchAll(new RegExp(`^"${name}" : (\\d+)$`, "gm"))].map(([, digits]) =>
      BigInt(digits!),
    );
  const names = [...members.matchAll(/^"Name" : "(.*)"$/gm)].map(([, name]) => name);
  const ids = numbers("ID");
  const [toId, fromId] = [ids[names.indexOf(to)]!, ids[names.findIndex((name) => name !== to)]!];
  const status = await etcdctl(outputs, ["auth", "status"]);
  const authRevision = BigInt(/AuthRevision: (\d+)/.exec(status)![1]!);
  // raftpb.Message { type: MsgProp, to, from, entries: [{ data }] }, etcdserverpb.InternalRaftRequest { header:
  // { ID, username, auth_revision }, put: { key, value } }: by the numbers of their fields.
  const header = fields([1, 1n], [2, "root"], [3, authRevision]);
  const put = fields([1, entry.key], [2, entry.value]);
  const data = fields([4, put], [100, header]);
  return {
    path: "/raft",
    headers: {
      "Content-Type": "application/protobuf",
      "X-Etcd-Cluster-ID": numbers("ClusterID")[0]!.toString(16),
      "X-Server-From": fromId.toString(16),
      "X-Server-Version": outputs.version,
      "X-Min-Cluster-Version": "3.0.0",
      "X-Raft-To": toId.toString(16),
    },
    body: fields([1, 2n], [2, toId], [3, fromId], [7, fields([4, data])]),
  };
}

/** A message in Protocol Buffers: numbers as varints, the rest with its length. */
function fields(...all: [number, bigint | string | Buffer][]): Buffer {
  return Buffer.concat(
    all.map(([number, value]) => {
      if (typeof value === "bigint") {
        return Buffer.concat([varint(BigInt(number) << 3n), varint(value)]);
      }
      const bytes = Buffer.from(value);
      const length = varint(BigInt(bytes.length));
      return Buffer.concat([varint((BigInt(number) << 3n) | 2n), length, bytes]);
    }),
  );
}

function varint(value: bigint): Buffer {
  const bytes = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) {
      return Buffer.from([...bytes, low]);
    }
    bytes.push(low | 0x80);
  }
}

/**
 * Sends it to the peers' port of a member from its own machine, with a certificate that lies there.
 * @returns the status of the answer, or why there was none
 */
export function sendFrom(
  outputs: StackOutputs,
  member: string,
  certificate: "peer" | "operator",
  message: ForgedMessage,
): Promise<string> {
  const { privateIp } = outputs.members.find(({ name }) => name === member)!;
  const headers = Object.entries(message.headers).map(([name, text]) => `-H '${name}: ${text}'`);
  return onController(
    outputs,
    member,
    `cd /etc/etcd/pki && echo ${message.body.toString("base64")} | base64 -d | sudo curl -sS --http1.1 ` +
      `--max-time 10 -o /dev/null -w '%{http_code}' --cacert peer-ca.crt --cert ${certificate}.crt ` +
      `--key ${certificate}.key ${headers.join(" ")} --data-binary @- https://${privateIp}:2380${message.path} 2>&1 || true`,
  );
}

/** The same from here, with credentials that are here. */
export function send(
  host: string,
  credentials: Credentials,
  { path, headers, body }: ForgedMessage,
): Promise<string> {
  return new Promise((resolve) => {
    const options = { host, port: 2380, path, method: "POST", headers, ...credentials };
    const request = https.request({ ...options, timeout: 10_000 }, (response) => {
      response.resume();
      resolve(`${response.statusCode}`);
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
    request.on("error", (error) => resolve(error.message));
    request.end(body);
  });
}
