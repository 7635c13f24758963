import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import * as services from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import type * as EmptyProto from "google-protobuf/google/protobuf/empty_pb";
import type * as StructProto from "google-protobuf/google/protobuf/struct_pb";
import type { AwsDouble } from "./double";
import type { Props } from "./store";
import { awsConfiguration, secretValue, withoutMarks } from "./wire";

// The very copies that the Pulumi SDK uses: they are its dependencies and not this project's.
const ofSdk = createRequire(require.resolve("@pulumi/pulumi"));
const grpc = ofSdk("@grpc/grpc-js") as typeof Grpc;
const { Empty } = ofSdk("google-protobuf/google/protobuf/empty_pb.js") as typeof EmptyProto;
const { Struct } = ofSdk("google-protobuf/google/protobuf/struct_pb.js") as typeof StructProto;

/** A double that the real engine can use, until it is closed. */
export interface ServedProvider {
  /** For PULUMI_DEBUG_PROVIDERS=aws:PORT. */
  port: number;
  close(): Promise<void>;
}

/**
 * Serves the double to the Pulumi engine as its AWS provider, on a port of this machine alone.
 * Values that come as secrets go back as secrets, so the engine encrypts them in its state.
 */
export async function serveAws(double: AwsDouble): Promise<ServedProvider> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": 100 * 1024 * 1024 });
  server.addService(services.ResourceProviderService, methodsOf(double) as never);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        // The engine keeps its connection open, so there is nothing to wait for politely.
        const timer = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, 1000);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

/** Each method takes its own kind of request. */
type Answer = (request: never) => Promise<unknown>;

function methodsOf(aws: AwsDouble): Record<string, unknown> {
  const answers: Record<string, Answer> = {
    async getPluginInfo() {
      const response = new plugin.PluginInfo();
      response.setVersion(sdkVersion());
      return response;
    },
    async getSchema() {
      const response = new messages.GetSchemaResponse();
      response.setSchema("{}");
      return response;
    },
    async attach() {
      return new Empty();
    },
    async cancel() {
      return new Empty();
    },
    async checkConfig(request: messages.CheckRequest) {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    },
    async diffConfig(request: messages.DiffRequest) {
      const [olds, news] = [props(request.getOldInputs()), props(request.getNews())];
      const response = new messages.DiffResponse();
      // Another region is another set of objects altogether.
      const replaces = olds.region === news.region ? [] : ["region"];
      response.setReplacesList(replaces);
      response.setChanges(JSON.stringify(olds) === JSON.stringify(news) ? DIFF_NONE : DIFF_SOME);
      return response;
    },
    async configure(request: messages.ConfigureRequest) {
      aws.configure(awsConfiguration(props(request.getArgs())));
      const response = new messages.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptresources(false);
      response.setAcceptoutputs(false);
      response.setSupportspreview(false);
      return response;
    },
    async check(request: messages.CheckRequest) {
      const { name, type } = partsOf(request.getUrn());
      const { plain, secretKeys } = withoutMarks(props(request.getNews()));
      const olds = withoutMarks(props(request.getOlds())).plain;
      const { inputs, failures } = await aws.check(type, plain, { name, olds });
      const response = new messages.CheckResponse();
      response.setInputs(struct(inputs, secretKeys));
      response.setFailuresList(
        failures.map(({ property, reason }) => {
          const failure = new messages.CheckFailure();
          failure.setProperty(property);
          failure.setReason(reason);
          return failure;
        }),
      );
      return response;
    },
    async diff(request: messages.DiffRequest) {
      const { type } = partsOf(request.getUrn());
      const olds = withoutMarks(props(request.getOldInputs())).plain;
      const news = withoutMarks(props(request.getNews())).plain;
      const ignored = new Set(request.getIgnorechangesList());
      const result = await aws.diff(type, olds, withIgnored(news, olds, ignored));
      const response = new messages.DiffResponse();
      response.setChanges(result.changes ? DIFF_SOME : DIFF_NONE);
      response.setDiffsList(result.diffs);
      response.setReplacesList(result.replaces);
      response.setDeletebeforereplace(result.deleteBeforeReplace);
      return response;
    },
    async create(request: messages.CreateRequest) {
      const { name, type } = partsOf(request.getUrn());
      const { plain, secretKeys } = withoutMarks(props(request.getProperties()));
      const { id, state } = await aws.create(type, name, plain);
      const response = new messages.CreateResponse();
      response.setId(id);
      response.setProperties(struct(state, secretKeys));
      return response;
    },
    async read(request: messages.ReadRequest) {
      const { type } = partsOf(request.getUrn());
      const { secretKeys } = withoutMarks({
        ...props(request.getInputs()),
        ...props(request.getProperties()),
      });
      const found = await aws.read(type, request.getId());
      const response = new messages.ReadResponse();
      // Without an id the engine takes the resource for gone.
      response.setId(found ? request.getId() : "");
      if (found) {
        response.setProperties(struct(found.state, secretKeys));
        response.setInputs(struct(found.inputs, secretKeys));
      }
      return response;
    },
    async update(request: messages.UpdateRequest) {
      const { type } = partsOf(request.getUrn());
      const olds = withoutMarks(props(request.getOldInputs())).plain;
      const { plain, secretKeys } = withoutMarks(props(request.getNews()));
      const state = await aws.update(type, request.getId(), olds, plain);
      const response = new messages.UpdateResponse();
      response.setProperties(struct(state, secretKeys));
      return response;
    },
    async delete(request: messages.DeleteRequest) {
      const { type } = partsOf(request.getUrn());
      await aws.delete(type, request.getId());
      return new Empty();
    },
    async invoke(request: messages.InvokeRequest) {
      const { plain } = withoutMarks(props(request.getArgs()));
      const response = new messages.InvokeResponse();
      response.setReturn(struct(await aws.invoke(request.getTok(), plain), []));
      return response;
    },
  };
  return Object.fromEntries(
    Object.keys(services.ResourceProviderService).map((name) => [
      name,
      answering(name, answers[name]),
    ]),
  );
}

const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;

/** One method in the form that gRPC asks for. */
function answering(name: string, answer: Answer | undefined) {
  return (call: { request: unknown }, callback: (error: unknown, response?: unknown) => void) => {
    if (!answer) {
      callback({ code: grpc.status.UNIMPLEMENTED, details: `the lab's AWS has no ${name}` });
      return;
    }
    answer(call.request as never).then(
      (response) => callback(null, response),
      (error: Error) => callback({ code: grpc.status.UNKNOWN, details: error.message }),
    );
  };
}

/** urn:pulumi:stack::project::parentType$type::name */
function partsOf(urn: string): { type: string; name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.split("$").pop() ?? "", name: name.join("::") };
}

/** For a change that the program ignores, what there was before. */
function withIgnored(news: Props, olds: Props, ignored: Set<string>): Props {
  const kept = Object.fromEntries([...ignored].map((property) => [property, olds[property]]));
  return { ...news, ...kept };
}

function props(struct: StructProto.Struct | undefined): Props {
  return struct?.toJavaScript() ?? {};
}

/** The values on the wire, marked as secret where they are. */
function struct(values: Props, secretKeys: string[]): StructProto.Struct {
  const secret = secretKeys.includes("tags") ? [...secretKeys, "tagsAll"] : secretKeys;
  const wire = Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, secret.includes(key) ? secretValue(value) : value]),
  );
  return Struct.fromJavaScript(wire as never);
}

/** The double speaks for the provider of the version that the program is written for. */
function sdkVersion(): string {
  return (createRequire(__filename)("@pulumi/aws/package.json") as { version: string }).version;
}
