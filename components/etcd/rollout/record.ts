import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import {
  ResourceInvokeRequest,
  type ResourceInvokeResponse,
} from "@pulumi/pulumi/proto/resource_pb";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Connection } from "../../machines/machine";
import type { RenewalDays } from "../../pki/lifetimes";
import type { Revocation } from "../../pki/revocation";
import type { ClusterIdentity } from "../identity";
import type { RemoteCluster } from "../remote/cluster";
import type { SshTarget } from "../remote/ssh";
import { asRecorded, type Desired, type Recorded } from "./desired";

/** How a machine is reached, without the keys to it. */
export type PlainTarget = Omit<SshTarget, "privateKey" | "password" | "proxy"> & {
  readonly proxy?: PlainTarget | undefined;
};

/** What an update that succeeded leaves in the state for the next one. It holds no key. */
export interface StackRecord extends Recorded {
  readonly machines: Readonly<Record<string, PlainTarget>>;
  /** The digest of the unit that each member runs. */
  readonly digests: Readonly<Record<string, string>>;
  /** Which repair each member, and access control, has had last; who has had none is not in it. */
  readonly repairs: Readonly<Record<string, string>>;
  /** The folder of etcdctl on the machines. */
  readonly binaries: string;
  /** When certificates are renewed; undefined without TLS. */
  readonly renewal?: RenewalDays | undefined;
  /** Of clients' certificates; undefined without TLS. */
  readonly revocation?: Revocation | undefined;
}

/** The keys to the machines, from the program's own resources: no output has them. */
export interface Credentials {
  /** Secret; "" where there is none. */
  readonly privateKey: pulumi.Output<string>;
  /** Secret; "" where there is none. */
  readonly password: pulumi.Output<string>;
  /** Secret; "" without a bastion. */
  readonly bastionPrivateKey: pulumi.Output<string>;
}

/** How often, and how far apart in ms, a state that the engine is writing is read again: it takes it some ms. */
const attempts = 20;
const pauseMs = 100;

/**
 * What the last update that succeeded has left of a cluster: the input of a stash, whose step comes when every
 * member is as it was asked for and the cluster is healthy.
 *
 * It is asked of the engine, by the stack's full name and the stash's URN: no subprocess, no login, no default
 * organization and nothing that a program has to export are between. And not by a StackReference: with state in
 * files the engine writes the very file that it reads then, and a resource that cannot be read for that moment ends
 * the update ("failed to load checkpoint: EOF"). It has nothing until an update has succeeded, which does not mean
 * that there is no cluster.
 */
export class FormerUpdate {
  readonly record: Promise<StackRecord | undefined>;

  /**
   * @param stack its full name, `organization/project/stack`
   * @param urn of the stash
   */
  constructor(stack: string, urn: pulumi.Output<string>) {
    this.record = valueOf(urn).then(async (stash) => {
      const { [stash]: found } = await resourcesOf(stack);
      return (found?.outputs["input"] ?? undefined) as StackRecord | undefined;
    });
  }

  /**
   * Which update this is: the last one that succeeded, if it had the same settings, so that nothing differs;
   * else one of its own, so that it is looked at however often it is tried.
   */
  async updateOf(desired: Desired): Promise<string> {
    const record = await this.record;
    return record !== undefined && isDeepStrictEqual(record.desired, asRecorded(desired))
      ? record.update
      : randomBytes(8).toString("hex");
  }
}

/**
 * The outputs of each resource in a stack's state as it was before this update, by URN.
 * @throws RunError where they cannot be read: that is not the same as none
 */
async function resourcesOf(
  stack: string,
): Promise<Record<string, { readonly outputs: Record<string, unknown> }>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askForResources(stack);
    } catch (error) {
      if (attempt === attempts) {
        throw new pulumi.RunError(
          `what the last update has left of ${stack} cannot be read, and without it nothing is changed: ${(error as Error).message}`,
        );
      }
      await sleep(pauseMs);
    }
  }
}

/**
 * Asks the engine itself. The SDK's own `invoke` would make a resource of each reference to one that is anywhere in
 * the stack's state, registered in this update or not, and write all of the answer, with its secrets, to a debug log.
 */
async function askForResources(
  stack: string,
): Promise<Record<string, { readonly outputs: Record<string, unknown> }>> {
  const request = new ResourceInvokeRequest();
  request.setTok("pulumi:pulumi:readStackResourceOutputs");
  request.setArgs(Struct.fromJavaScript({ stackName: stack }));
  request.setAcceptresources(false);
  // So that the program does not end meanwhile.
  const done = pulumi.runtime.rpcKeepAlive();
  try {
    const response = await new Promise<ResourceInvokeResponse>((resolve, reject) => {
      const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
      monitor.invoke(request, (error, answer) => (error ? reject(error) : resolve(answer!)));
    });
    const [failure] = response.getFailuresList();
    if (failure !== undefined) {
      throw new Error(failure.getReason());
    }
    const said = plain(response.getReturn()?.toJavaScript()) as {
      outputs: Record<string, { outputs: Record<string, unknown> }>;
    };
    return said.outputs;
  } finally {
    done();
  }
}

/** What is used of the engine's monitor. */
interface Monitor {
  invoke(
    request: ResourceInvokeRequest,
    callback: (error: Error | null, answer?: ResourceInvokeResponse) => void,
  ): void;
}

/** Values in the place of the engine's marks of secrets, wherever they are. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const { [specialSigKey]: mark, value: hidden } = value as Record<string, unknown>;
  return mark === specialSecretSig
    ? plain(hidden)
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

/** A connection's host, user and host keys. */
export function plainTarget({ host, port, user, hostKey, proxy }: Connection) {
  return {
    host,
    port: port ?? 22,
    user,
    hostKey,
    proxy: proxy && {
      host: proxy.host,
      port: proxy.port ?? 22,
      user: proxy.user,
      hostKey: proxy.hostKey,
    },
  } as pulumi.Input<PlainTarget>;
}

/**
 * A recorded cluster, as the operator reaches it with the keys.
 * @param hosts where machines are now, by name, as far as that is known: since the record was written they may
 *   have been stopped and started, and have got another address
 */
export async function remoteCluster(
  record: StackRecord,
  { name, stack }: Pick<ClusterIdentity, "name" | "stack">,
  credentials: Credentials,
  hosts: Readonly<Record<string, string>>,
): Promise<RemoteCluster> {
  const [privateKey, password, bastionKey] = await Promise.all([
    valueOf(credentials.privateKey),
    valueOf(credentials.password),
    valueOf(credentials.bastionPrivateKey),
  ]);
  const members = Object.entries(record.desired.members).map(([member, plan]) => {
    const { proxy, ...target } = record.machines[member]!;
    return {
      name: member,
      peerUrl: plan.peerUrl,
      clientUrl: plan.clientUrl,
      service: plan.service,
      dataDirectory: plan.dataDirectory,
      configDirectory: plan.configDirectory,
      binaries: record.binaries,
      target: {
        ...target,
        host: hosts[member] ?? target.host,
        privateKey: privateKey || undefined,
        password: password || undefined,
        proxy: proxy && { ...proxy, privateKey: bastionKey || undefined },
      },
    };
  });
  return {
    clusterId: record.clusterId,
    clusterName: name,
    stack,
    endpoints: members.map(({ clientUrl }) => clientUrl),
    members,
  };
}

/** An output's value; what is not known yet is waited for. */
export function valueOf<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return new Promise((resolve) => output.apply(resolve));
}
