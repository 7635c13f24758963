import { createRequire } from "node:module";
import * as path from "node:path";
import type * as Grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsDouble } from "../../../lab/aws/double";
import { type ServedProvider, serveAws } from "../../../lab/aws/provider";
import { INSTANCE, SUBNET, VPC } from "../../../lab/aws/schema";
import type { Props } from "../../../lab/aws/store";
import { secretValue } from "../../../lab/aws/wire";
import { FakeHost } from "./fakeHost";
import { tempFolder } from "../../tempFolder";

const ofSdk = createRequire(require.resolve("@pulumi/pulumi"));
const grpc = ofSdk("@grpc/grpc-js") as typeof Grpc;
const { Struct } = ofSdk("google-protobuf/google/protobuf/struct_pb.js") as {
  Struct: { fromJavaScript(value: Props): never };
};

let host: FakeHost;
let served: ServedProvider;
let client: ResourceProviderClient;

beforeEach(async () => {
  host = new FakeHost();
  const file = path.join(tempFolder(), "aws.json");
  served = await serveAws(new AwsDouble(file, host, { dependencyWaitSeconds: 0 }));
  client = new ResourceProviderClient(
    `127.0.0.1:${served.port}`,
    grpc.credentials.createInsecure(),
  );
});

afterEach(async () => {
  client.close();
  await served.close();
});

type Method = (
  request: unknown,
  callback: (error: Error | null, response: never) => void,
) => unknown;

/** Asks the served provider as the engine does. */
const ask = <T>(method: keyof ResourceProviderClient, request: unknown) =>
  new Promise<T>((resolve, reject) => {
    const bound = (client[method] as Method).bind(client);
    bound(request, (error, response) => (error ? reject(error) : resolve(response)));
  });

const urn = (type: string, name: string) =>
  `urn:pulumi:dev::etcd::etcd:aws:Network$${type}::${name}`;

async function create(type: string, properties: Props): Promise<{ id: string; state: Props }> {
  const request = new messages.CreateRequest();
  request.setUrn(urn(type, "it"));
  request.setProperties(Struct.fromJavaScript(properties));
  const response = await ask<messages.CreateResponse>("create", request);
  return { id: response.getId(), state: response.getProperties()?.toJavaScript() as Props };
}

async function invoke(token: string, args: Props): Promise<Props> {
  const request = new messages.InvokeRequest();
  request.setTok(token);
  request.setArgs(Struct.fromJavaScript(args));
  const response = await ask<messages.InvokeResponse>("invoke", request);
  return response.getReturn()?.toJavaScript() as Props;
}

async function instanceInputs(): Promise<Props> {
  const { id: vpcId } = await create(VPC, { cidrBlock: "10.0.0.0/16" });
  const { id: subnetId } = await create(SUBNET, { vpcId, cidrBlock: "10.0.1.0/24" });
  const { value: ami } = await invoke("aws:ssm/getParameter:getParameter", {
    name: "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
  });
  return { ami, subnetId, instanceType: "t3.small", privateIp: "10.0.1.10" };
}

describe("the served provider", () => {
  it("takes its configuration and asks for secrets", async () => {
    const request = new messages.ConfigureRequest();
    request.setArgs(
      Struct.fromJavaScript({ region: "eu-west-1", defaultTags: '{"tags":{"owner":"me"}}' }),
    );
    const response = await ask<messages.ConfigureResponse>("configure", request);
    expect(response.getAcceptsecrets()).toBe(true);
    const { state } = await create(VPC, { cidrBlock: "10.0.0.0/16", tags: { Name: "x" } });
    expect(state).toMatchObject({ region: "eu-west-1", tagsAll: { owner: "me", Name: "x" } });
  });

  it("gives secrets back as secrets, and hands them to the machine in plain", async () => {
    const inputs = await instanceInputs();
    const { state } = await create(INSTANCE, {
      ...inputs,
      userData: secretValue("#cloud-config"),
      tags: { Name: secretValue("hidden") },
    });
    expect(state.userData).toEqual(secretValue("#cloud-config"));
    expect(state.tags).toEqual(secretValue({ Name: "hidden" }));
    expect(state.tagsAll).toEqual(secretValue({ Name: "hidden" }));
    expect(state.privateIp).toBe("10.0.1.10");
    expect(host.booted[0]).toMatchObject({ userData: "#cloud-config", name: "hidden" });
  });

  it("names the errors of a check by their property", async () => {
    const request = new messages.CheckRequest();
    request.setUrn(urn(VPC, "vpc"));
    request.setNews(Struct.fromJavaScript({ cidrBlock: "10.0.0.7/16", hello: 1 }));
    const response = await ask<messages.CheckResponse>("check", request);
    expect(response.getFailuresList().map((failure) => failure.getProperty())).toEqual([
      "hello",
      "cidrBlock",
    ]);
  });

  it("compares inputs, and sees through secrets", async () => {
    const request = new messages.DiffRequest();
    request.setUrn(urn(INSTANCE, "i"));
    request.setOldInputs(Struct.fromJavaScript({ userData: secretValue("a"), ami: "ami-1" }));
    request.setNews(Struct.fromJavaScript({ userData: "a", ami: "ami-2" }));
    const response = await ask<messages.DiffResponse>("diff", request);
    expect(response.getDiffsList()).toEqual(["ami"]);
    expect(response.getReplacesList()).toEqual(["ami"]);
  });

  it("reads no id for a machine that is gone", async () => {
    const { id } = await create(INSTANCE, await instanceInputs());
    const request = new messages.ReadRequest();
    request.setUrn(urn(INSTANCE, "it"));
    request.setId(id);
    expect((await ask<messages.ReadResponse>("read", request)).getId()).toBe(id);
    host.machines.clear();
    expect((await ask<messages.ReadResponse>("read", request)).getId()).toBe("");
  });

  it("passes refusals on in EC2's words", async () => {
    await expect(create(SUBNET, { vpcId: "vpc-0123", cidrBlock: "10.0.1.0/24" })).rejects.toThrow(
      "InvalidVpcID.NotFound: The vpc ID 'vpc-0123' does not exist",
    );
    await expect(create("aws:sqs/queue:Queue", {})).rejects.toThrow("the lab's AWS has no aws:sqs");
  });
});
