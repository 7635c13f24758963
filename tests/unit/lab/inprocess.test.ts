import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { AwsDouble } from "../../../lab/aws/double";
import {
  destroyInProcess,
  type EngineEvent,
  type ResourceRecord,
  RunError,
  runInProcess,
} from "../../../lab/inprocess/engine";
import { loadConfig } from "../../../lab/inprocess/projectConfig";
import { FakeHost } from "./fakeHost";
import { tempFolder } from "../../tempFolder";

const fixtures = path.resolve(__dirname, "../../fixtures/inprocess");

let host: FakeHost;
let aws: AwsDouble;
let events: EngineEvent[];

beforeEach(() => {
  const file = path.join(tempFolder(), "aws.json");
  host = new FakeHost();
  aws = new AwsDouble(file, host, { dependencyWaitSeconds: 1 });
  events = [];
});

const run = (fixture: string, timeoutSeconds = 30) => {
  const projectRoot = path.join(fixtures, fixture);
  return runInProcess({
    projectRoot,
    stack: "lab",
    config: loadConfig(projectRoot, "Pulumi.lab.yaml"),
    providers: { aws },
    onEvent: (event) => events.push(event),
    timeoutSeconds,
  });
};

const failureOf = async (fixture: string, timeoutSeconds?: number): Promise<RunError> => {
  const error: unknown = await run(fixture, timeoutSeconds).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RunError);
  return error as RunError;
};

const names = (kind: EngineEvent["kind"]) =>
  events.flatMap((event) => (event.kind === kind && "name" in event ? [event.name] : []));

describe("a program without the engine", () => {
  it("makes its resources, in parallel where they allow it, and gives its outputs", async () => {
    host.bootSeconds = 0.2;
    const { outputs, secretOutputs, resources } = await run("good");

    expect(outputs).toMatchObject({
      addresses: ["203.0.113.10", "203.0.113.11"],
      zone: "eu-central-1b",
      region: "eu-central-1",
      bucketPolicy: expect.stringMatching(/"arn:aws:s3:::bucket-[0-9a-f]{7}\/\*"/) as string,
      size: 3,
      owner: "me",
    });
    expect(outputs.privateKey).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----/);
    expect(secretOutputs).toEqual(["privateKey"]);
    expect(host.booted.map(({ ip }) => ip).sort()).toEqual(["10.0.1.10", "10.0.1.11"]);
    expect(host.booted[0]?.userData).toContain("#cloud-config -----BEGIN");
    expect(names("created").sort()).toEqual(resources.map(({ name }) => name).sort());
    expect(events).toContainEqual(
      expect.objectContaining({ kind: "log", severity: "info", message: "names: x, y, z" }),
    );
  });

  it("hands over the way to machines, with keys that are not in its events and records", async () => {
    const { connections, outputs, resources } = await run("good");
    expect(connections).toMatchObject({
      way: { host: "10.0.1.10", user: "ubuntu", privateKey: outputs.privateKey },
    });
    expect(JSON.stringify([events, resources])).not.toContain("PRIVATE KEY");
  });

  it("runs again, and tears down in the order of need what is not to be retained", async () => {
    const first = await run("good");
    await destroyInProcess(first.resources, { aws }, { onEvent: (event) => events.push(event) });
    const left = await aws.list();
    expect(left.map(({ type }) => type)).toEqual(["aws:ec2/keyPair:KeyPair"]);
    expect(host.machines.size).toBe(0);
    const deleted = names("deleted");
    expect(deleted.indexOf("machine-0")).toBeLessThan(deleted.indexOf("subnet"));
    expect(deleted.indexOf("subnet")).toBeLessThan(deleted.indexOf("vpc"));

    const second = await run("good");
    expect(second.resources).toHaveLength(first.resources.length);
  });
});

describe("resource hooks", () => {
  it("are called before and after a creation, with what the engine tells them", async () => {
    const { outputs, resources } = await run("hooked");
    const inputs = { create: "cat", stdin: { secret: "s3cret" }, triggers: [1, "two"] };
    expect(outputs.seen).toContainEqual({
      hook: "before",
      urn: "urn:pulumi:lab::hooked::pulumi:pulumi:Stack$command:local:Command::hello",
      id: "",
      name: "hello",
      type: "command:local:Command",
      newInputs: inputs,
    });
    expect(outputs.seen).toContainEqual({
      hook: "after",
      id: "hello",
      newInputs: inputs,
      newOutputs: { ...inputs, stdout: "s3cret", stderr: "" },
    });
    expect(outputs.seen).toContainEqual(
      expect.objectContaining({ hook: "before", name: "group", newInputs: {} }),
    );
    expect(outputs.seen).toHaveLength(3);
    expect(resources.map(({ name }) => name)).toEqual(["hello"]);
  });

  it("are warned of where their errors do not matter", async () => {
    await run("hooked");
    expect(events).toContainEqual(
      expect.objectContaining({
        severity: "warning",
        message: 'after hook "unfit" failed: nobody minds',
      }),
    );
  });

  it("refuse a resource before it is made", async () => {
    const error = await failureOf("refused");
    expect(error.message).toBe(
      'refused (command:local:Command): before hook "no" failed: not today',
    );
    expect(error.resources).toEqual([]);
    expect(events.filter(({ kind }) => kind === "output")).toEqual([]);
  });

  it("are told of a failure, and fail a resource that exists", async () => {
    const error = await failureOf("late");
    expect(error.message).toContain("failing (command:local:Command): exit status 3");
    expect(error.message).toContain(
      'late (command:local:Command): after hook "unhealthy" failed: it is there and not healthy',
    );
    expect(error.resources.map(({ name }) => name)).toEqual(["late"]);
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: "log",
        message: expect.stringMatching(/^create of failing failed: exit status 3/) as string,
      }),
    );
  });
});

describe("a stack reference", () => {
  it("has no outputs: there was nothing before", async () => {
    const { outputs } = await run("hooked");
    expect(outputs).toMatchObject({ stack: "organization/hooked/lab", former: {} });
  });
});

describe("a program that fails", () => {
  it("names the resource, and what was made for the teardown", async () => {
    const error = await failureOf("failing");
    expect(error.message).toMatch(
      /^outside \(aws:ec2\/subnet:Subnet\): .*InvalidSubnet\.Range: The CIDR '10\.9\.0\.0\/24'/,
    );
    expect(error.message.split("\n")).toHaveLength(1);
    expect(names("failed")).toEqual(["outside"]);
    expect(names("created")).not.toContain("follows");
    await destroyInProcess(error.resources, { aws });
    expect(await aws.list()).toEqual([]);
  });

  it("is told of an error in an apply", async () => {
    const error = await failureOf("rejecting");
    expect(error.message).toBe("the program does not like vpc-");
    expect(error.resources.map(({ name }) => name)).toEqual(["vpc"]);
  });

  it("is told of an error of its own", async () => {
    expect((await failureOf("throwing")).message).toContain("no settings today");
  });

  it("does not wait for ever", async () => {
    expect((await failureOf("waiting", 0.5)).message).toBe(
      "not finished within 0.5 s; still open: no resource: an output never came",
    );
  });

  it("leaves other listeners of the process alone", async () => {
    const before = process.listeners("unhandledRejection");
    await failureOf("rejecting");
    expect(process.listeners("unhandledRejection")).toEqual(before);
  });
});

describe("tearing down", () => {
  const record = (name: string, more: Partial<ResourceRecord>): ResourceRecord => ({
    urn: `urn:${name}`,
    type: "command:remote:Command",
    name,
    id: name,
    dependencies: [],
    ...more,
  });
  const remove = {
    command: "rm",
    connection: { host: "127.0.0.1", port: 1, dialErrorLimit: 0 },
  };

  it("skips what goes with its machine, and goes on past a failure", async () => {
    const resources = [
      record("machine", { type: "aws:ec2/instance:Instance" }),
      record("with-it", {
        delete: remove,
        deletedWith: "urn:machine",
        dependencies: ["urn:machine"],
      }),
      record("base", {}),
      record("alone", { delete: remove, dependencies: ["urn:base"] }),
    ];
    const error: unknown = await destroyInProcess(resources, { aws }, { sshPrivateKey: "k" }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RunError);
    expect((error as RunError).message).toMatch(/^alone \(command:remote:Command\): /);
    expect((error as RunError).resources.map(({ name }) => name)).toEqual(["base", "alone"]);
  });

  it("says that a key is missing", async () => {
    await expect(destroyInProcess([record("alone", { delete: remove })], { aws })).rejects.toThrow(
      "no SSH key was given",
    );
  });
});
