import * as pulumi from "@pulumi/pulumi";
import type { AwsDouble } from "../aws/double";
import type { Props } from "../aws/store";
import { awsConfiguration, withoutMarks } from "../aws/wire";
import {
  type Connection,
  copyToRemote,
  createCommand,
  type OnLine,
  runCommand,
  withKey,
  withoutKeys,
} from "./ssh";
import { runLocalCommand } from "./localCommand";
import { createTls, invokeTls, secretTlsOutputs } from "./tls";

const COMMAND = "command:remote:Command";
const LOCAL_COMMAND = "command:local:Command";
const COPY = "command:remote:CopyToRemote";
const STASH = "pulumi:index:Stash";

/**
 * The work behind a deletion. A remote command's connection is without keys; a local command's
 * standard input is as it was, so what holds it is to be kept like a key.
 */
export type DeleteHow =
  { command: string; connection: Connection } | { command: string; stdin: string };

/** What deleting a resource takes beyond its type and id; undefined for nothing. */
export function deleteHow(type: string, inputs: Props): DeleteHow | undefined {
  if (typeof inputs.delete !== "string") {
    return undefined;
  }
  if (type === LOCAL_COMMAND) {
    return { command: inputs.delete, stdin: textOf(inputs.stdin) };
  }
  return { command: inputs.delete, connection: withoutKeys(inputs.connection as Connection) };
}

interface CreateArgs {
  type: string;
  name: string;
  inputs: Props;
  custom?: boolean;
  id?: string;
}

/** Hands each resource and function to what can make or answer it. */
export class Dispatcher {
  constructor(
    private readonly aws: AwsDouble,
    config: Record<string, string>,
  ) {
    if (config["aws:region"] !== undefined) {
      this.aws.configure(
        awsConfiguration({
          region: config["aws:region"],
          defaultTags: config["aws:defaultTags"],
        }),
      );
    }
  }

  /**
   * Makes a resource. The state has secret marks where the inputs had them; `inputs` has none.
   * @param onLine is given what a command prints while it runs
   */
  async create(
    args: CreateArgs,
    onLine?: OnLine,
  ): Promise<{ id: string | undefined; state: Props; inputs: Props }> {
    const { plain, secretKeys } = withoutMarks(args.inputs);
    const { id, state } = await this.make({ ...args, inputs: plain }, onLine);
    const secret = new Set([
      ...secretKeys,
      ...(args.type.startsWith("tls:") ? secretTlsOutputs : []),
    ]);
    return { id, state: marked(state, secret), inputs: plain };
  }

  private async make(
    args: CreateArgs,
    onLine?: OnLine,
  ): Promise<{ id: string | undefined; state: Props }> {
    const { type, name, inputs, custom, id } = args;
    if (type.startsWith("pulumi:providers:")) {
      if (type === "pulumi:providers:aws") {
        this.aws.configure(awsConfiguration(inputs));
      }
      return { id: name, state: inputs };
    }
    if (custom !== true) {
      return { id: undefined, state: inputs };
    }
    if (type.startsWith("aws:")) {
      return id ? this.read(type, id) : this.aws.create(type, name, inputs);
    }
    if (id) {
      throw new Error(`${type} ${id}: the lab looks up existing resources of AWS alone`);
    }
    if (type.startsWith("tls:")) {
      return createTls(type, inputs);
    }
    if (type === COMMAND) {
      return createCommand(name, inputs, onLine);
    }
    if (type === LOCAL_COMMAND) {
      const { create, stdin } = inputs;
      const run = typeof create === "string" && runLocalCommand(create, textOf(stdin), onLine);
      return { id: name, state: { ...inputs, ...((await run) || { stdout: "", stderr: "" }) } };
    }
    if (type === COPY) {
      await copyToRemote(inputs);
      return { id: name, state: inputs };
    }
    if (type === STASH) {
      return { id: name, state: { ...inputs, output: inputs.input } };
    }
    throw new Error(
      `the lab cannot make a ${type} without the Pulumi engine: it knows aws:*, tls:* and command:*`,
    );
  }

  private async read(type: string, id: string): Promise<{ id: string; state: Props }> {
    const found = await this.aws.read(type, id);
    if (!found) {
      throw new Error(`${type} ${id} does not exist in the lab`);
    }
    return { id, state: found.state };
  }

  /** Answers a provider's function. */
  async invoke(token: string, inputs: Props): Promise<Props> {
    if (token === "pulumi:pulumi:readStackResourceOutputs") {
      // Nothing was there before: without a state there are no resources of any stack.
      return { name: inputs.stackName, outputs: {} };
    }
    const { plain } = withoutMarks(inputs);
    if (token.startsWith("aws:")) {
      return this.aws.invoke(token, plain);
    }
    if (token.startsWith("tls:")) {
      return invokeTls(token, plain);
    }
    throw new Error(`the lab cannot answer ${token} without the Pulumi engine`);
  }

  /** Deletes a resource that `create` has made. */
  async delete(
    resource: { type: string; id: string; delete?: DeleteHow },
    sshPrivateKey?: string,
    onLine?: OnLine,
  ): Promise<void> {
    const how = resource.delete;
    if (resource.type.startsWith("aws:")) {
      await this.aws.delete(resource.type, resource.id);
    } else if (how && "stdin" in how) {
      await runLocalCommand(how.command, how.stdin, onLine);
    } else if (how) {
      if (sshPrivateKey === undefined) {
        throw new Error("it runs a command when it is deleted, and no SSH key was given for that");
      }
      const { command, connection } = how;
      await runCommand(withKey(connection, sshPrivateKey), command);
    }
  }
}

function marked(state: Props, secret: Set<string>): Props {
  return Object.fromEntries(
    Object.entries(state).map(([key, value]) => [
      key,
      secret.has(key) && value !== undefined ? pulumi.secret(value) : value,
    ]),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
