import * as pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings";
import { vi } from "vitest";
import { Hooks } from "../../lab/inprocess/hooks";
import { createTls } from "../../lab/inprocess/tls";
import { healthReport } from "../healthReport";
import { rawSettings } from "../settings";

/** A registration as the program made it: nothing is made by it. */
export interface Registration {
  readonly type: string;
  /** Without that of the component, which every child of it has in front. */
  readonly name: string;
  readonly fullName: string;
  readonly inputs: Record<string, any>;
  readonly ignoreChanges: string[];
  readonly deleteBeforeReplace: boolean;
  readonly retainOnDelete: boolean;
  /** A URN; "" for none. */
  readonly deletedWith: string;
  readonly additionalSecretOutputs: string[];
  readonly dependencies: string[];
  readonly hooks: Record<
    "beforeCreate" | "afterCreate" | "beforeUpdate" | "afterUpdate" | "onError",
    string[]
  >;
  readonly hasReplacementTrigger: boolean;
}

export interface Recording {
  readonly registrations: Registration[];
  readonly outputs: Record<string, any>;
  /** The one registration of this type and name. */
  readonly get: (type: string, name: string) => Registration;
  readonly all: (type: string) => Registration[];
}

/** A key and a certificate that can be read: a CA signs with one, and a client is known by the other's number. */
export const readable = (async () => {
  const { state } = await createTls("tls:index/privateKey:PrivateKey", {
    algorithm: "ECDSA",
    ecdsaCurve: "P256",
  });
  const keyPem = String(state.privateKeyPem);
  const certificate = await createTls("tls:index/selfSignedCert:SelfSignedCert", {
    privateKeyPem: keyPem,
    subject: { commonName: "etcd CA" },
    allowedUses: [],
    validityPeriodHours: 1,
  });
  return { keyPem, certPem: String(certificate.state.certPem) };
})();

type Answer = Record<string, unknown> | Promise<Record<string, unknown>>;

/** What a test stands in for the providers with. */
const answers: Record<string, (inputs: any, name: string) => Answer> = {
  "tls:index/privateKey:PrivateKey": (_, name) => ({
    privateKeyPem: `PRIVATE KEY PEM of ${name}`,
    privateKeyOpenssh: `PRIVATE KEY OPENSSH of ${name}`,
    publicKeyOpenssh: `ssh-ed25519 ${name}\n`,
  }),
  "tls:index/selfSignedCert:SelfSignedCert": (_, name) => ({
    certPem: `CERTIFICATE of ${name}`,
    validityEndTime: "2036-11-21T12:00:00Z",
  }),
  "tls:index/certRequest:CertRequest": (_, name) => ({ certRequestPem: `REQUEST of ${name}` }),
  "tls:index/locallySignedCert:LocallySignedCert": async (_, name) => ({
    certPem: name.startsWith("client-") ? (await readable).certPem : `CERTIFICATE of ${name}`,
    validityEndTime: "2027-11-21T12:00:00Z",
  }),
  "aws:ec2/instance:Instance": (inputs) => ({
    publicIp: inputs.associatePublicIpAddress ? `203.0.113.${inputs.privateIp.split(".")[3]}` : "",
  }),
  "command:remote:Command": (inputs, name) => ({
    stdout: name === "health" ? healthReport(membersIn(String(inputs.create))) : `did ${name}\n`,
  }),
  "aws:ec2/keyPair:KeyPair": () => ({ keyName: "etcd-key" }),
  "aws:ebs/volume:Volume": () => ({ region: "us-east-1" }),
  "aws:s3/bucket:Bucket": ({ bucketPrefix }) => ({
    bucket: `${bucketPrefix}made`,
    arn: `arn:aws:s3:::${bucketPrefix}made`,
    region: "us-east-1",
  }),
  "aws:iam/role:Role": ({ namePrefix }) => ({ name: `${namePrefix}role` }),
  "aws:iam/instanceProfile:InstanceProfile": ({ namePrefix }) => ({ name: `${namePrefix}profile` }),
  "pulumi:index:Stash": (inputs) => ({ output: inputs.input }),
};

/** The members that the health command asks, from its words. */
function membersIn(command: string) {
  const urls = /endpoints=(\S+)/.exec(command)![1]!.split(",");
  return urls.map((clientUrl, index) => {
    const { protocol, hostname, port } = new URL(clientUrl);
    return {
      name: `controller-${index}`,
      clientUrl,
      peerUrl: `${protocol}//${hostname}:${Number(port) + 1}`,
    };
  });
}

const secretOutputs = ["privateKeyPem", "privateKeyOpenssh"];

/**
 * Runs the program against mocks with `Pulumi.yaml`'s defaults and these changes, and records what
 * it registers. Hooks and options are recorded; nothing runs.
 * @param changes as in a stack's file: without a namespace they are the project's own
 * @param project its name, whatever `Pulumi.yaml` says
 */
export async function record(
  changes: Record<string, unknown> = {},
  secretKeys: string[] = [],
  registrations: Registration[] = [],
  project = "etcd",
): Promise<Recording> {
  vi.resetModules();
  // Most keys here are words that sign nothing.
  vi.doMock("../../components/pki/revocation", async (original) => ({
    ...(await original<object>()),
    signRevocationList: (_: unknown, serials: string[]) => Promise.resolve(serials.join(",")),
  }));
  await pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name: whole, inputs, custom }) => {
        const name = short(whole);
        const state = { ...inputs, ...(await answers[type]?.(inputs, name)) };
        for (const key of secretOutputs.filter((key) => key in state)) {
          state[key] = pulumi.secret(state[key]);
        }
        return { id: custom ? `${name}-id` : undefined, state };
      },
      call: ({ token, inputs }) => call(token, inputs),
    },
    project,
    "test",
    false,
    "organization",
  );
  watchMonitor(registrations);
  // There is no way from here to any release page.
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no internet")));
  const qualified = (key: string) => (key.includes(":") ? key : `${project}:${key}`);
  const config = Object.entries(rawSettings(changes)).map(([key, value]) => [
    qualified(key),
    value,
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(config));
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(secretKeys.map(qualified)));
  const exported = (await import("../../index.js")) as Record<string, unknown>;
  const outputs = Object.fromEntries(
    await Promise.all(
      Object.entries(exported).map(async ([key, value]) => [key, await valueOf(value)] as const),
    ),
  );
  // What no output hangs on is registered, too.
  await waitForRPCs();
  const all = (type: string) => registrations.filter((one) => one.type === type);
  return {
    registrations,
    outputs,
    all,
    get: (type, name) => {
      const found = all(type).filter((one) => one.name === name);
      if (found.length !== 1) {
        throw new Error(`${found.length} registrations of ${type} ${name}, expected 1`);
      }
      return found[0]!;
    },
  };
}

/** An output's value, and whether it is secret. */
async function valueOf(value: unknown): Promise<{ value: unknown; secret: boolean }> {
  const output = pulumi.output(value) as pulumi.Output<unknown>;
  const known = await new Promise((resolve) => output.apply(resolve));
  return { value: known, secret: await pulumi.isSecret(output) };
}

function call(token: string, inputs: Record<string, any>): Record<string, unknown> {
  switch (token) {
    case "aws:index/getAvailabilityZones:getAvailabilityZones":
      return { names: ["us-east-1a", "us-east-1b"] };
    case "aws:ssm/getParameter:getParameter":
      return { value: `ami-of-${String(inputs["name"])}` };
    case "pulumi:pulumi:readStackResourceOutputs":
      // No update of this stack has succeeded yet.
      return { name: inputs["stackName"], outputs: {} };
    case "aws:ec2/getInstances:getInstances":
      return { publicIps: [] };
    case "aws:ec2/getInternetGateway:getInternetGateway":
      return { internetGatewayId: "igw-existing" };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws-us-gov" };
    case "aws:index/getRegion:getRegion":
      return { region: "us-gov-west-1" };
    default:
      throw new Error(`the program asked for ${token}, which the mocks do not know`);
  }
}

// What its type declarations leave out.
const { getMonitor, waitForRPCs } = settings as unknown as {
  getMonitor: () => any;
  waitForRPCs: () => Promise<void>;
};

/** A name without the component's. */
const short = (name: string) => name.replace(/^etcd-/, "");
const shortUrn = (urn: string) => urn.replace(/::etcd-([^:]*)$/, "::$1");

/** Records what mocks are not told of: the options of each registration. */
function watchMonitor(registrations: Registration[]): void {
  const monitor = getMonitor();
  const register = monitor.registerResource.bind(monitor);
  const called = new Hooks(() => undefined);
  monitor.registerResource = async (request: any, callback: any) => {
    const hooks = request.getHooks();
    registrations.push({
      type: request.getType(),
      name: short(request.getName()),
      fullName: request.getName(),
      inputs: request.getObject().toJavaScript(),
      ignoreChanges: request.getIgnorechangesList(),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      retainOnDelete: request.getRetainondelete(),
      deletedWith: request.getDeletedwith(),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      dependencies: request.getDependenciesList().map(shortUrn),
      hasReplacementTrigger: request.hasReplacementTrigger(),
      hooks: {
        beforeCreate: hooks?.getBeforeCreateList() ?? [],
        afterCreate: hooks?.getAfterCreateList() ?? [],
        beforeUpdate: hooks?.getBeforeUpdateList() ?? [],
        afterUpdate: hooks?.getAfterUpdateList() ?? [],
        onError: hooks?.getOnErrorList() ?? [],
      },
    });
    try {
      // Of the hooks the gate's alone is called: nothing that touches a machine passes without it.
      if (request.getType() === "pulumi:index:Stash") {
        await called.beforeCreate({
          urn: request.getName(),
          name: request.getName(),
          type: request.getType(),
          inputs: request.getObject(),
          hooks,
        });
      }
      register(request, callback);
    } catch (error) {
      callback(error);
    }
  };
  const accept = (request: any, callback: (error: null, answer: object) => void) => {
    called.register(request);
    callback(null, {});
  };
  monitor.registerResourceHook = accept;
  monitor.registerErrorHook = accept;
}
