import { beforeAll, describe, expect, it } from "vitest";
import { makeKeyPair } from "../../lab/keyPair";
import { type Recording, record } from "./program";

const key = makeKeyPair().privateKey;
const command = "command:remote:Command";
const local = "command:local:Command";
const hosts = ["10.64.3.7", "10.64.3.8", "10.66.3.86"];
const site = {
  machines: hosts.map((address, index) => ({ name: `etcd-host${index}`, address })),
  sshUser: "root",
  sshPrivateKey: key,
  knownHosts: hosts.map((host) => `${host} ssh-ed25519 KEY${host.replaceAll(".", "")}`),
  sshCidrs: [],
};
const secrets = ["sshPrivateKey", "sshPassword"];

let program: Recording;
beforeAll(async () => {
  program = await record(site, secrets);
});

describe("machines that exist already", () => {
  it("make nothing of AWS", () => {
    expect(program.registrations.filter((one) => one.type.startsWith("aws:"))).toEqual([]);
  });

  it("are all looked at before any is changed", () => {
    const preflight = program.get(local, "preflight");
    expect(preflight.inputs["create"]).toBe(
      "node --require tsx/cjs components/machines/existing/preflight.ts",
    );
    for (const machine of site.machines) {
      const { dependencies } = program.get(command, `${machine.name}-stage`);
      expect(dependencies.some((urn) => urn.endsWith("::preflight"))).toBe(true);
    }
  });

  it("are asked whether they reach the others' ports", () => {
    const tasks = JSON.parse(program.get(local, "preflight").inputs["stdin"].value) as {
      others: unknown[];
    }[];
    expect(tasks[1]!.others).toEqual(
      [0, 2].flatMap((index) =>
        [2379, 2380].map((port) => ({ name: `etcd-host${index}`, address: hosts[index], port })),
      ),
    );
  });

  it("are given a release where nobody but the SSH user can have made a file of its name", async () => {
    const { get } = await record({ ...site, install: "file", releaseFile: __filename }, secrets);
    const upload = get("command:remote:CopyToRemote", "etcd-host0-upload");
    // Below the home of the SSH user, where its commands begin.
    expect(upload.inputs["remotePath"]).toBe(".etcd-host0-existing.test.ts");
    const stage = get(command, "etcd-host0-stage");
    expect(stage.inputs["create"]).toContain(" tarball=.etcd-host0-existing.test.ts ");
    expect(stage.dependencies.some((urn) => urn.endsWith("::etcd-host0-upload"))).toBe(true);
  });

  it.each<[boolean, Record<string, unknown>]>([
    [false, {}],
    [true, { snapshotBucket: "etcd", snapshotRegion: "eu-west-1" }],
    [false, { snapshotBucket: "etcd", snapshotRegion: "eu-west-1", snapshotUpload: false }],
    [true, { restoreFrom: "s3://etcd/etcd.db", snapshotRegion: "eu-west-1" }],
  ])("are asked what a bucket takes: %s, with %j", async (usesBucket, changes) => {
    const { get } = await record({ ...site, ...changes }, secrets);
    const tasks = JSON.parse(get(local, "preflight").inputs["stdin"].value) as unknown[];
    expect(tasks).toHaveLength(3);
    expect(tasks).toMatchObject(tasks.map(() => ({ usesBucket })));
  });

  it("are verified and reached as the settings say", () => {
    const { connection } = program.get(command, "etcd-host2").inputs;
    const value = connection.value ?? connection;
    expect(value).toMatchObject({ host: "10.66.3.86", port: 22, user: "root" });
    expect(value.hostKey).toBe("ssh-ed25519 KEY1066386");
  });

  it("are cleaned up by a local command, so that one that is gone blocks nothing", () => {
    for (const machine of site.machines) {
      const removal = program.get(local, `${machine.name}-removal`).inputs;
      expect(removal["delete"]).toBe("node run.mjs components/machines/existing/remove.ts");
      expect(removal["create"]).toBeUndefined();
      expect(JSON.parse(removal["stdin"].value)).toMatchObject({ deleteData: false });
    }
    expect(program.all(command).filter((one) => "delete" in one.inputs)).toEqual([]);
  });

  it("have their keys in secret standard input alone", () => {
    const text = JSON.stringify(
      program.registrations.map(({ inputs }) => ({ ...inputs, stdin: "", connection: "" })),
    );
    expect(text).not.toContain(key.split("\n")[2]);
    for (const { inputs } of program.all(local)) {
      expect(inputs["stdin"]).toMatchObject({
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      });
    }
  });
});

describe("variations", () => {
  it("several members on one machine have services, directories and ports of their own", async () => {
    const { get, outputs } = await record(
      {
        ...site,
        machines: [2379, 12379, 22379].map((clientPort, index) => ({
          name: `etcd${index + 1}`,
          address: "localhost",
          host: hosts[0],
          clientPort,
        })),
        tls: "off",
      },
      secrets,
    );
    expect(outputs["endpoints"].value).toEqual([
      "http://localhost:2379",
      "http://localhost:12379",
      "http://localhost:22379",
    ]);
    const { create } = get(command, "etcd2").inputs;
    for (const word of [
      "service=etcd-etcd2",
      "data=/var/lib/etcd/etcd2",
      "peer_url=http://localhost:12380",
      "tls=false",
    ]) {
      expect(create).toContain(` ${word} `);
    }
  });

  it("without TLS there is no certificate at all", async () => {
    const { registrations, outputs } = await record({ ...site, tls: "off" }, secrets);
    expect(registrations.filter((one) => one.type.startsWith("tls:"))).toEqual([]);
    expect(outputs["caCertPem"].value).toBe("");
  });

  it("the distribution's package is run from a folder of its own, which no upgrade of it changes", async () => {
    const { get } = await record({ ...site, install: "package", version: "3.4.23" }, secrets);
    expect(get(command, "etcd-host0-stage").inputs["create"]).toMatch(
      / stack=organization\/etcd\/test version=3\.4\.23 from=package .* machine=10\.64\.3\.7:22\/0$/,
    );
    expect(get(command, "etcd-host0").inputs["create"]).toContain(
      " binaries=/opt/etcd/v3.4.23/bin ",
    );
  });

  it("the subject of every leaf is the one asked for", async () => {
    const certificateSubject = { commonName: "etcd", country: "CN", organizationalUnit: "System" };
    const { all } = await record({ ...site, certificateSubject }, secrets);
    for (const { inputs, name } of all("tls:index/certRequest:CertRequest")) {
      // Who is known by its certificate is known by its own name.
      const isClient = ["client", "operator"].includes(name);
      const expected = { organization: "etcd", ...certificateSubject };
      expect(inputs["subject"]).toEqual({ ...expected, ...(isClient && { commonName: name }) });
    }
  });
});
