import type { ClientCredentials } from "../components/etcd/clients";
import type { RemoteCluster } from "../components/etcd/remote/cluster";
import type { SshTarget } from "../components/etcd/remote/ssh";
import type { Desired } from "../components/etcd/rollout/desired";
import type { StackRecord } from "../components/etcd/rollout/record";
import type { MemberOutput } from "../components/outputs";
import { ownCluster } from "../components/settings/names";
import { eitherKey } from "../components/ssh";
import { askPulumi } from "./askPulumi";

/** A member as the stack's outputs have it, and the way to its machine. */
export interface StackMember extends MemberOutput {
  readonly target: SshTarget;
}

/** What the operator's commands need of a stack: docs/reference.md has the contract of its outputs. */
export interface StackOutputs extends RemoteCluster {
  readonly members: readonly StackMember[];
  readonly version: string;
  readonly caCertPem: string;
  readonly clientCertPem: string;
  readonly clientKeyPem: string;
  readonly clients?: Readonly<Record<string, ClientCredentials>>;
  readonly connections?: Readonly<Record<string, string>>;
  /** What the last update that succeeded has left for the next one; none without the engine, which keeps no state. */
  readonly record?: StackRecord | undefined;
}

/** The inputs of a member's own resource that say how its machine is reached. */
export interface MemberConnection {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly privateKey?: string;
  readonly password?: string;
  readonly hostKey?: string;
  readonly proxy?: MemberConnection;
}

/** A resource of a stack's state, secrets decrypted. */
interface StateResource {
  readonly urn: string;
  readonly type: string;
  /** It has been replaced, and its former self is still to be deleted. */
  readonly delete?: boolean;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
}

const clusterType = "etcd:index:EtcdCluster";

/**
 * A cluster with the keys to its machines. They are in the stack's state and not among its outputs: a reader of
 * those, such as a later stage, is not root on the machines for that.
 * @param stack its name, with the project's in front where that is another one; the selected one by default
 * @param cluster the name of its component, where the stack has several
 * @throws Error where there is no `pulumi`, no such stack, or no cluster in it yet
 */
export async function readStack(stack?: string, cluster?: string): Promise<StackOutputs> {
  return stackOutputs(await exportStack(stack), cluster);
}

/**
 * A stack's state as JSON, secrets in plain text.
 * @throws Error where there is no `pulumi`, or no such stack
 */
export function exportStack(stack: string | undefined): Promise<string> {
  const args = ["stack", "export", "--show-secrets"];
  return askPulumi(args, stack, "could not read the stack's state");
}

/**
 * The same from what `pulumi stack export --show-secrets` printed.
 * @throws Error where the stack has no cluster yet, or does not say how a member is reached
 */
export function stackOutputs(exported: string, cluster?: string): StackOutputs {
  const resources = stateResources(exported);
  const component = componentIn(resources, cluster);
  const name = component === undefined ? ownCluster : nameIn(component.urn);
  // Of another program only the component says it; of this one's stack the outputs do so, too.
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  const outputs = [component, name === ownCluster ? stack : undefined]
    .map((resource) => resource?.outputs)
    .find((found) => found?.["members"] !== undefined);
  const connections = resources
    .filter(({ type }) => type === "command:remote:Command")
    .map(({ urn, inputs }) => [nameIn(urn), inputs?.["connection"] as MemberConnection] as const);
  return {
    ...withConnections(outputs ?? {}, name, Object.fromEntries(connections), hostKeys(resources)),
    record: stashed(resources, name, "record") as StackRecord | undefined,
  };
}

/**
 * The host keys that were made for controllers, by the names of their members' own resources. A replacement that was
 * interrupted may have made another one than the member's command knows.
 */
function hostKeys(resources: readonly StateResource[]): Record<string, string> {
  const made = resources
    .filter(({ type, urn }) => type === "tls:index/privateKey:PrivateKey" && /-host$/.test(urn))
    .map(({ urn, outputs }) => {
      const { publicKeyOpenssh = "" } = outputs as { publicKeyOpenssh?: string };
      return [nameIn(urn).replace(/-host$/, ""), publicKeyOpenssh.trim()];
    });
  return Object.fromEntries(made) as Record<string, string>;
}

/**
 * The component whose cluster it is: what is made for it has its name in front.
 * @throws Error where there are several and nobody says which, or none of that name
 */
function componentIn(
  resources: readonly StateResource[],
  cluster: string | undefined,
): StateResource | undefined {
  const components = resources.filter(({ type }) => type === clusterType);
  const found = components.filter(({ urn }) => cluster === undefined || nameIn(urn) === cluster);
  const names = components
    .map(({ urn }) => nameIn(urn))
    .sort()
    .join(", ");
  if (found.length > 1) {
    throw new Error(
      `the stack has ${found.length} clusters (${names}): say which, by --cluster NAME`,
    );
  }
  if (found.length === 0 && cluster !== undefined) {
    throw new Error(`the stack has no cluster ${cluster}${names && `: it has ${names}`}`);
  }
  return found[0];
}

/** The present value of a stash of the cluster's: its output is its first one for ever. */
function stashed(resources: readonly StateResource[], component: string, name: string): unknown {
  const whole = `${component}-${name}`;
  const stash = resources.find(
    ({ urn, type }) => type === "pulumi:index:Stash" && nameIn(urn) === whole,
  );
  return stash?.inputs?.["input"] ?? undefined;
}

/**
 * A program's outputs, each member with the way to its machine.
 * @param component the name of the component whose cluster it is
 * @param connections by the names of the members' own resources
 * @param made host keys that machines may show as well as those of their connections, by the same names
 */
export function withConnections(
  outputs: Readonly<Record<string, unknown>>,
  component: string,
  connections: Readonly<Record<string, MemberConnection>>,
  made: Readonly<Record<string, string>> = {},
): StackOutputs {
  const { members, clusterId } = outputs as { members?: MemberOutput[]; clusterId?: string };
  if (members === undefined) {
    throw new Error("the stack has no cluster yet: run pulumi up first");
  }
  if (clusterId === undefined) {
    throw new Error(
      "the stack's outputs have no clusterId, so they are of an older version of this program: run pulumi up first",
    );
  }
  return {
    ...outputs,
    members: members.map((member) => ({
      ...member,
      target: targetOf(`${component}-${member.name}`, connections, made),
    })),
  } as unknown as StackOutputs;
}

function targetOf(
  name: string,
  connections: Readonly<Record<string, MemberConnection>>,
  made: Readonly<Record<string, string>>,
): SshTarget {
  const connection = connections[name];
  if (connection === undefined) {
    throw new Error(
      `the stack's state does not say how ${name} is reached: expected a command:remote:Command of that name. Run pulumi up`,
    );
  }
  const target = sshTarget(connection);
  return { ...target, hostKey: eitherKey(target.hostKey, made[name]) };
}

function sshTarget(connection: MemberConnection): SshTarget {
  const { host, port, user, privateKey, password, hostKey, proxy } = connection;
  return {
    host,
    port: port ?? 22,
    // The provider's own default.
    user: user ?? "root",
    // Not at all where there is none: "" is a key that nobody can read.
    privateKey: privateKey || undefined,
    password: password || undefined,
    hostKey: hostKey || undefined,
    proxy: proxy && sshTarget(proxy),
  };
}

/**
 * The names of the clusters in a stack's state as JSON that this project's own program has not made.
 * @param project what it is called here
 */
export function strangeClustersIn(exported: string, project: string): string[] {
  return stateResources(exported)
    .filter(({ type, urn }) => type === clusterType && !isOwn(urn, project))
    .map(({ urn }) => nameIn(urn))
    .sort();
}

/** `urn:pulumi:STACK::PROJECT::TYPES::NAME` */
function isOwn(urn: string, project: string): boolean {
  return urn.split("::")[1] === project && nameIn(urn) === ownCluster;
}

/** What the last `pulumi up` of this project's own program was asked for, as the gate of the admission has recorded it. */
export function attemptedIn(exported: string): Desired | undefined {
  const gated = stashed(stateResources(exported), ownCluster, "change");
  return (gated as { desired?: Desired } | undefined)?.desired;
}

/** The resources of a stack's state as JSON; those that are only still to be deleted are not among them. */
export function stateResources(exported: string): StateResource[] {
  const { deployment } = decrypted(JSON.parse(exported)) as {
    deployment: { resources?: StateResource[] };
  };
  return (deployment.resources ?? []).filter((resource) => resource.delete !== true);
}

/** The key by which the engine marks special values in its state, and its mark of a secret. */
const signature = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** The values of secrets in the place of their marks, wherever they are. */
function decrypted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(decrypted);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const { [signature]: mark, plaintext } = value as Record<string, unknown>;
  if (mark === secretMark && typeof plaintext === "string") {
    return decrypted(JSON.parse(plaintext));
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decrypted(part)]));
}

/** A resource's name: what follows the type in its URN. */
export function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
