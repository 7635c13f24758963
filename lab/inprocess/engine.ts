import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type {
  ReadResourceRequest,
  RegisterErrorHookRequest,
  RegisterResourceHookRequest,
  RegisterResourceRequest,
  RegisterResourceResponse,
} from "@pulumi/pulumi/proto/resource_pb";
import * as settings from "@pulumi/pulumi/runtime/settings";
import * as runtimeState from "@pulumi/pulumi/runtime/state";
import type { AwsDouble } from "../aws/double";
import type { ProjectConfig } from "./projectConfig";
import { deleteHow, Dispatcher, type DeleteHow } from "./dispatch";
import { Hooks } from "./hooks";
import type { Connection } from "./ssh";

/** What does the work behind the resources that are not made in this process. */
export interface Providers {
  aws: AwsDouble;
}

/** What a teardown needs to know of a resource. Holds no secrets and can be written as JSON. */
export interface ResourceRecord {
  urn: string;
  type: string;
  name: string;
  id: string;
  /** URNs of what this one needs: they are deleted after it. */
  dependencies: string[];
  /** With that resource goes this one, without any work of its own. */
  deletedWith?: string;
  /** It is only forgotten. */
  retainOnDelete?: true;
  delete?: DeleteHow;
}

export type EngineEvent =
  | { kind: "created" | "deleted"; type: string; name: string; seconds: number }
  | { kind: "failed"; type: string; name: string; message: string }
  | { kind: "output"; name: string; line: string }
  | { kind: "log"; severity: "info" | "warning" | "error"; message: string; urn: string };

export interface RunOptions {
  /** The folder with Pulumi.yaml and index.ts. */
  projectRoot: string;
  stack: string;
  config: ProjectConfig;
  providers: Providers;
  onEvent?: (event: EngineEvent) => void;
  /** Called with everything that exists after each creation, so that nothing is lost in a crash. */
  onResources?: (resources: ResourceRecord[]) => void | Promise<void>;
  /** @default 1800 */
  timeoutSeconds?: number;
}

export interface RunResult {
  /** The program's exports, all values known, secrets in plain. */
  outputs: Record<string, unknown>;
  /** The names of the outputs that are secret. */
  secretOutputs: string[];
  /** In the order of their creation. */
  resources: ResourceRecord[];
  /** How each remote command has reached its machine, by its name, keys in plain. */
  connections: Record<string, Connection>;
}

/** A run that failed, and what it made before it did. */
export class RunError extends Error {
  constructor(
    message: string,
    readonly resources: ResourceRecord[],
  ) {
    super(message);
    this.name = "RunError";
  }
}

/** Whose stacks they are: a backend without accounts calls it so. */
const organization = "organization";

let isRunning = false;

/**
 * Runs a Pulumi program in this process, without the engine: each resource that it registers is
 * really made, in the order of the program's own dependencies. There is no state to compare with,
 * so this creates and cannot change.
 *
 * Hooks of a creation are called; there are no updates and deletions that others could belong to.
 *
 * @throws RunError naming each resource that failed
 */
export async function runInProcess(options: RunOptions): Promise<RunResult> {
  if (isRunning) {
    throw new Error("a program already runs in this process: one at a time");
  }
  isRunning = true;
  try {
    return await withLocalStorage(() => new Run(options).result());
  } finally {
    isRunning = false;
  }
}

// The parts of Pulumi's runtime that are touched here and that its type declarations leave out.
const { getStore, withLocalStorage } = runtimeState as unknown as {
  getStore(this: void): { settings: { engine?: unknown } };
  /** As the Automation API's inline programs have it: a runtime of the callback's own. */
  withLocalStorage<T>(this: void, callback: () => Promise<T>): Promise<T>;
};
const { disconnectSync, getMonitor, waitForRPCs } = settings as unknown as {
  disconnectSync(this: void): void;
  getMonitor(this: void): unknown;
  waitForRPCs(this: void): Promise<void>;
};

type Callback = (error: Error | null, response?: unknown) => void;
type Method = (request: unknown, callback: Callback) => unknown;

interface Monitor {
  registerResource: Method;
  readResource: Method;
  registerResourceHook?: Method;
  registerErrorHook?: Method;
}

/** A resource that is made, or one that exists and is looked up. */
type AnyRequest = RegisterResourceRequest | ReadResourceRequest;

interface LogRequest {
  getSeverity(): number;
  getMessage(): string;
  getUrn(): string;
}

/** By their numbers in the engine's protocol; 0 is debug. */
const severities = [undefined, "info", "warning", "error"] as const;

/** One run of one program. */
class Run {
  private readonly resources: ResourceRecord[] = [];
  private readonly connections: Record<string, Connection> = {};
  private readonly failures = new Map<string, string>();
  private readonly inFlight = new Set<string>();
  /** What is being made; nothing while something is looked up. */
  private readonly current = new AsyncLocalStorage<RegisterResourceRequest | undefined>();
  private readonly dispatcher: Dispatcher;
  private readonly hooks = new Hooks((message, urn) =>
    this.emit({ kind: "log", severity: "warning", message, urn }),
  );
  private stop: () => void = () => undefined;
  private readonly stopped = new Promise<void>((resolve) => (this.stop = resolve));

  constructor(private readonly options: RunOptions) {
    this.dispatcher = new Dispatcher(options.providers.aws, options.config.config);
  }

  async result(): Promise<RunResult> {
    const { project, config, secretKeys } = this.options.config;
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => this.create(args),
        call: (args) => this.dispatcher.invoke(args.token, args.inputs as Record<string, unknown>),
      },
      project,
      this.options.stack,
      false,
      organization,
    );
    pulumi.runtime.setAllConfig(config, secretKeys);
    // As the engine's language host has it.
    process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(secretKeys);
    this.patchMonitor(getMonitor() as Monitor);
    this.answerAsEngine();

    const listeners = this.takeRejections();
    const timer = new AbortController();
    try {
      const finished = this.program();
      // A program that was stopped half-way has rejections that nobody waits for any more.
      finished.catch(() => undefined);
      await Promise.race([
        finished.then(
          () => undefined,
          (error: unknown) => this.fail("the program", messageOf(error)),
        ),
        this.stopped,
        this.timeout(timer.signal),
      ]);
      await this.settle();
      if (this.failures.size > 0) {
        throw new RunError([...this.failures.values()].join("\n"), this.resources);
      }
      const { resources, connections } = this;
      return { ...(await finished), resources, connections };
    } finally {
      timer.abort();
      disconnectSync();
      this.giveRejectionsBack(listeners);
    }
  }

  /** Runs the program's index.ts within a stack, as the engine's language host does. */
  private async program(): Promise<Pick<RunResult, "outputs" | "secretOutputs">> {
    let exported: Record<string, unknown> = {};
    const outputs = await pulumi.runtime.runInPulumiStack(async () => {
      exported = await loadProgram(this.options.projectRoot);
      return exported;
    });
    await waitForRPCs();
    const secret = await Promise.all(
      Object.entries(exported).map(async ([name, value]) =>
        (await pulumi.isSecret(pulumi.output(value))) ? [name] : [],
      ),
    );
    return { outputs: outputs ?? {}, secretOutputs: secret.flat() };
  }

  private async create(args: pulumi.runtime.MockResourceArgs) {
    const request = this.current.getStore();
    const started = performance.now();
    const { type, name } = args;
    const { id, state, inputs } = await this.dispatcher.create(args, (line) =>
      this.emit({ kind: "output", name, line }),
    );
    if (!request || !args.custom || type.startsWith("pulumi:providers:")) {
      return { id, state };
    }
    if (type === "command:remote:Command") {
      this.connections[name] = inputs.connection as Connection;
    }
    const how = deleteHow(type, inputs);
    const deletedWith = request.getDeletedwith();
    this.resources.push({
      urn: urnOf(request),
      type,
      name,
      id: id ?? "",
      dependencies: request.getDependenciesList(),
      ...(deletedWith && { deletedWith }),
      ...(request.getRetainondelete() && { retainOnDelete: true }),
      ...(how && { delete: how }),
    });
    await this.options.onResources?.(this.resources);
    this.emit({ kind: "created", type, name, seconds: secondsSince(started) });
    return { id, state };
  }

  /**
   * Once something has failed, registrations are no longer answered: that is how the engine stops
   * a program, and what depends on the failed resource waits instead of failing too.
   */
  private patchMonitor(monitor: Monitor): void {
    const register = promised<RegisterResourceResponse>(monitor.registerResource.bind(monitor));
    monitor.registerResource = (request, callback) =>
      this.answer(request as RegisterResourceRequest, callback, (registration) =>
        this.register(registration, register),
      );
    const read = promised<unknown>(monitor.readResource.bind(monitor));
    monitor.readResource = (request, callback) =>
      this.answer(request as ReadResourceRequest, callback, (lookUp) =>
        this.current.run(undefined, () => read(lookUp)),
      );
    // The mock monitor lacks these two, and without them registering a hook throws.
    const registerHook: Method = (request, callback) => {
      try {
        this.hooks.register(request as RegisterResourceHookRequest | RegisterErrorHookRequest);
        callback(null, {});
      } catch (error) {
        callback(error as Error);
      }
    };
    monitor.registerResourceHook = registerHook;
    monitor.registerErrorHook = registerHook;
  }

  private answer<Request extends AnyRequest>(
    request: Request,
    callback: Callback,
    work: (request: Request) => Promise<unknown>,
  ): void {
    if (this.failures.size > 0) {
      return;
    }
    const label = `${request.getName()} (${request.getType()})`;
    this.inFlight.add(label);
    work(request).then(
      (response) => {
        this.inFlight.delete(label);
        callback(null, response);
      },
      (error: Error) => {
        this.inFlight.delete(label);
        this.failResource(request, error);
      },
    );
  }

  /** Makes a resource between its hooks, in the engine's order. */
  private async register(
    request: RegisterResourceRequest,
    make: (request: RegisterResourceRequest) => Promise<RegisterResourceResponse>,
  ): Promise<RegisterResourceResponse> {
    const resource = {
      urn: urnOf(request),
      name: request.getName(),
      type: request.getType(),
      inputs: request.getObject(),
      hooks: request.getHooks(),
    };
    await this.hooks.beforeCreate(resource);
    const response = await this.current
      .run(request, () => make(request))
      .catch(async (error: Error) => {
        await this.hooks.onError(resource, error);
        throw error;
      });
    await this.hooks.afterCreate(resource, {
      id: response.getId(),
      outputs: response.getObject(),
    });
    return response;
  }

  /** Stands in for the engine where the program writes to its log. */
  private answerAsEngine(): void {
    const engine = {
      log: (request: LogRequest, callback: Callback) => {
        const severity = severities[request.getSeverity()];
        // Pulumi's own messages at the debug level print secrets.
        if (severity) {
          const message = request.getMessage();
          this.emit({ kind: "log", severity, message, urn: request.getUrn() });
        }
        callback(null, {});
      },
      setRootResource: (_request: unknown, callback: Callback) => callback(null, {}),
      requirePulumiVersion: (_request: unknown, callback: Callback) => callback(null, {}),
      close: () => undefined,
    };
    getStore().settings.engine = engine;
  }

  private failResource(request: AnyRequest, error: Error): void {
    const [type, name] = [request.getType(), request.getName()];
    const message = messageOf(error);
    this.emit({ kind: "failed", type, name, message });
    this.fail(urnOf(request), `${name} (${type}): ${message}`);
  }

  private fail(what: string, message: string): void {
    // The same error often comes by more than one way.
    if (![...this.failures.values()].includes(message)) {
      this.failures.set(`${what}#${this.failures.size}`, message);
    }
    this.stop();
  }

  /** Lets what has begun come to its end, and rejections that come after the fact be seen. */
  private async settle(): Promise<void> {
    while (this.inFlight.size > 0 && this.failures.size > 0 && !this.isLate) {
      await sleep(20);
    }
    await sleep(0);
    await new Promise((resolve) => setImmediate(resolve));
  }

  private isLate = false;

  private async timeout(signal: AbortSignal): Promise<void> {
    const seconds = this.options.timeoutSeconds ?? 1800;
    await sleep(seconds * 1000, undefined, { signal, ref: true }).then(
      () => {
        this.isLate = true;
        const open = [...this.inFlight].join(", ") || "no resource: an output never came";
        this.fail("the program", `not finished within ${seconds} s; still open: ${open}`);
      },
      () => undefined,
    );
  }

  /** During a run, a rejection that nobody handles is the program's failure, and not the process's. */
  private takeRejections(): NodeJS.UnhandledRejectionListener[] {
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", this.onRejection);
    return others;
  }

  private giveRejectionsBack(others: NodeJS.UnhandledRejectionListener[]): void {
    process.off("unhandledRejection", this.onRejection);
    others.forEach((listener) => process.on("unhandledRejection", listener));
  }

  private readonly onRejection = (reason: unknown): void => {
    this.fail("the program", messageOf(reason));
  };

  private emit(event: EngineEvent): void {
    this.options.onEvent?.(event);
  }
}

export interface DestroyOptions {
  onEvent?: (event: EngineEvent) => void;
  /** Called with what is left after each deletion. */
  onResources?: (resources: ResourceRecord[]) => void | Promise<void>;
  /** For commands that run something when they are deleted: records hold no keys. */
  sshPrivateKey?: string;
}

/**
 * Deletes what a run has made: what needs another resource goes before it, the rest together. Goes
 * on past a failure with everything that does not hang on it.
 *
 * @throws RunError with the resources that are left
 */
export async function destroyInProcess(
  resources: readonly ResourceRecord[],
  providers: Providers,
  options: DestroyOptions = {},
): Promise<void> {
  const left = new Map(resources.map((resource) => [resource.urn, resource]));
  const failures: string[] = [];
  const deletions = new Map<string, Promise<boolean>>();
  const dispatcher = new Dispatcher(providers.aws, {});

  const remove = async (resource: ResourceRecord): Promise<boolean> => {
    const dependents = resources.filter(({ dependencies, deletedWith }) =>
      [...dependencies, deletedWith].includes(resource.urn),
    );
    const gone = await Promise.all(dependents.map((dependent) => start(dependent)));
    if (gone.includes(false)) {
      return false;
    }
    const { type, name } = resource;
    const started = performance.now();
    try {
      const goesWithAnother = resource.deletedWith !== undefined && left.has(resource.deletedWith);
      if (!goesWithAnother && !resource.retainOnDelete) {
        const onLine = (line: string) => options.onEvent?.({ kind: "output", name, line });
        await dispatcher.delete(resource, options.sshPrivateKey, onLine);
      }
    } catch (error) {
      failures.push(`${name} (${type}): ${messageOf(error)}`);
      options.onEvent?.({ kind: "failed", type, name, message: messageOf(error) });
      return false;
    }
    left.delete(resource.urn);
    await options.onResources?.([...left.values()]);
    options.onEvent?.({ kind: "deleted", type, name, seconds: secondsSince(started) });
    return true;
  };
  const start = (resource: ResourceRecord): Promise<boolean> => {
    const running = deletions.get(resource.urn) ?? remove(resource);
    deletions.set(resource.urn, running);
    return running;
  };

  await Promise.all([...resources].reverse().map(start));
  if (failures.length > 0) {
    throw new RunError(failures.join("\n"), [...left.values()]);
  }
}

/**
 * Loads the program afresh: modules of the project that the last run loaded are forgotten, so that
 * they register their resources again.
 */
async function loadProgram(projectRoot: string): Promise<Record<string, unknown>> {
  const entry = path.join(path.resolve(projectRoot), "index.ts");
  const load = createRequire(entry);
  const before = new Set(Object.keys(load.cache));
  const unregister = registerTypeScript(load);
  try {
    const exported = load(entry) as unknown;
    const value: unknown =
      typeof exported === "function" ? await (exported as () => unknown)() : exported;
    return { ...(value as Record<string, unknown>) };
  } finally {
    unregister();
    for (const file of Object.keys(load.cache)) {
      if (!before.has(file) && !file.includes(`${path.sep}node_modules${path.sep}`)) {
        delete load.cache[file];
      }
    }
  }
}

/** Makes `require` read TypeScript where the process does not already do so. */
function registerTypeScript(load: NodeJS.Require): () => void {
  if (load.extensions[".ts"]) {
    return () => undefined;
  }
  const own = createRequire(__filename);
  const tsx = own("tsx/cjs/api") as { register(): () => void };
  return tsx.register();
}

/** A URN as the mock monitor makes it. */
function urnOf(request: AnyRequest): string {
  const parent = request.getParent();
  const parentType = parent ? `${parent.split("::")[2]?.split("$").pop() ?? ""}$` : "";
  return [
    `urn:pulumi:${pulumi.getStack()}`,
    pulumi.getProject(),
    `${parentType}${request.getType()}`,
    request.getName(),
  ].join("::");
}

/** A method of the monitor that answers by a promise. */
function promised<Response>(method: Method): (request: unknown) => Promise<Response> {
  return (request) =>
    new Promise((resolve, reject) => {
      method(request, (error, response) => (error ? reject(error) : resolve(response as Response)));
    });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000;
}
