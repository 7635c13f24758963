import {
  type Callback,
  CallbackInvokeRequest,
  type CallbackInvokeResponse,
} from "@pulumi/pulumi/proto/callback_pb";
import * as messages from "@pulumi/pulumi/proto/resource_pb";
import * as runtimeState from "@pulumi/pulumi/runtime/state";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** The SDK's server of callbacks in the program's process: this is what the engine calls over gRPC. */
interface CallbackServer {
  invoke(
    call: { request: CallbackInvokeRequest },
    callback: (error: { details?: string } | null, response?: CallbackInvokeResponse) => void,
  ): Promise<void>;
}

// Left out by the type declarations.
const { getStore } = runtimeState as unknown as {
  getStore(this: void): { callbacks?: CallbackServer };
};

/** A resource as its hooks are told of it. */
export interface HookedResource {
  readonly urn: string;
  readonly name: string;
  readonly type: string;
  /** Secrets marked, as the program has registered them. */
  readonly inputs: Struct | undefined;
  readonly hooks: messages.RegisterResourceRequest.ResourceHooksBinding | undefined;
}

/** What a resource has become. */
export interface Created {
  readonly id: string;
  /** Secrets marked. */
  readonly outputs: Struct | undefined;
}

interface Hook {
  readonly callback: Callback;
  /** A failure of it is told, and goes no further. */
  readonly ignoreErrors: boolean;
}

/**
 * A program's resource hooks, called with what the engine would call them with. Not over gRPC, though: on
 * that way a hook loses the runtime of its run, and with it the log and the stack's name. Hooks of updates and deletions are never called: without a state
 * to compare with there are none.
 */
export class Hooks {
  private readonly hooks = new Map<string, Hook>();

  /** @param warn is told of a failure that is none of the resource's */
  constructor(private readonly warn: (message: string, urn: string) => void) {}

  /** @throws Error for a second hook of one name, as the engine does */
  register(request: messages.RegisterResourceHookRequest | messages.RegisterErrorHookRequest) {
    const name = request.getName();
    if (this.hooks.has(name)) {
      throw new Error(`resource hook already registered for name "${name}"`);
    }
    const ignoreErrors = "getIgnoreErrors" in request && request.getIgnoreErrors();
    this.hooks.set(name, { callback: request.getCallback()!, ignoreErrors });
  }

  /** @throws Error with what the first failing hook says: the resource is not to be made then */
  async beforeCreate(resource: HookedResource): Promise<void> {
    for (const name of resource.hooks?.getBeforeCreateList() ?? []) {
      await this.call("before", name, resource, requestOf(resource));
    }
  }

  /** @throws Error with what the first failing hook says: the resource exists nevertheless */
  async afterCreate(resource: HookedResource, { id, outputs }: Created): Promise<void> {
    for (const name of resource.hooks?.getAfterCreateList() ?? []) {
      const request = requestOf(resource).setId(id).setNewOutputs(outputs);
      await this.call("after", name, resource, request);
    }
  }

  /** Tells them of a creation that has failed. Whether one asks for another attempt is not heard. */
  async onError(resource: HookedResource, error: Error): Promise<void> {
    for (const name of resource.hooks?.getOnErrorList() ?? []) {
      const request = new messages.ErrorHookRequest()
        .setUrn(resource.urn)
        .setName(resource.name)
        .setType(resource.type)
        .setNewInputs(resource.inputs)
        .setFailedOperation("create")
        .setErrorsList([error.message]);
      const answer = messages.ErrorHookResponse.deserializeBinary(await this.invoke(name, request));
      if (answer.getError() !== "") {
        throw new Error(
          `error hooks execution failed: error hook "${name}" failed: ${answer.getError()}`,
        );
      }
    }
  }

  private async call(
    when: "before" | "after",
    name: string,
    resource: HookedResource,
    request: messages.ResourceHookRequest,
  ): Promise<void> {
    const answer = messages.ResourceHookResponse.deserializeBinary(
      await this.invoke(name, request),
    );
    if (answer.getError() === "") {
      return;
    }
    const message = `${when} hook "${name}" failed: ${answer.getError()}`;
    if (!this.hooks.get(name)!.ignoreErrors) {
      throw new Error(message);
    }
    this.warn(message, resource.urn);
  }

  private invoke(
    name: string,
    request: messages.ResourceHookRequest | messages.ErrorHookRequest,
  ): Promise<Uint8Array> {
    const hook = this.hooks.get(name);
    if (hook === undefined) {
      return Promise.reject(new Error(`hook "${name}" was not registered`));
    }
    const call = new CallbackInvokeRequest();
    call.setToken(hook.callback.getToken());
    call.setRequest(request.serializeBinary());
    return new Promise((resolve, reject) => {
      void getStore().callbacks!.invoke({ request: call }, (error, response) => {
        if (error) {
          reject(new Error(`hook "${name}": ${error.details ?? "no answer"}`));
        } else {
          resolve(response!.getResponse_asU8());
        }
      });
    });
  }
}

function requestOf({ urn, name, type, inputs }: HookedResource): messages.ResourceHookRequest {
  return new messages.ResourceHookRequest()
    .setUrn(urn)
    .setName(name)
    .setType(type)
    .setNewInputs(inputs);
}
