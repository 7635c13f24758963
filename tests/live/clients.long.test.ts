import { chmodSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import * as https from "node:https";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { presets } from "../../components/etcd/access";
import { etcdctlCommand } from "../../lab/client";
import { up } from "../../lab/pulumiEngine";
import { run } from "../../lab/run";
import { Operator } from "../../proof/changes/operator";
import type { Target } from "../../proof/load/target";
import { Writer } from "../../proof/load/writer";
import { etcdctl, startsOf } from "./cluster";

const clients = {
  ...Object.fromEntries(Object.keys(presets).map((preset) => [preset, { preset }])),
  app: { role: "readwrite", prefixes: ["load/"] },
  backup: { role: "readonly", prefixes: [""] },
};

const denied = "permission denied";

describe.skipIf(!inject("canRunPulumi"))("clients of a cluster", { timeout: 900_000 }, () => {
  const operator = new Operator(() => undefined);

  beforeAll(async () => {
    await operator.lab.down();
    await operator.start({ clients });
  });
  afterAll(() => operator.lab.down());

  const given = (name: string) => operator.outputs.clients![name]!;

  /** The cluster as one of its clients sees it. */
  function as(name: string): Target {
    const { members, caCertPem } = operator.outputs;
    const { certPem: clientCertPem, keyPem: clientKeyPem } = given(name);
    return { members, credentials: { caCertPem, clientCertPem, clientKeyPem } };
  }

  /** etcdctl with what a client is given by `npm run client`: what it says, be it an error. */
  async function asking(name: string, ...words: string[]): Promise<string> {
    const folder = await filesOf(name);
    const [command, endpoints] = await etcdctlCommand(operator.outputs);
    const files = ["cacert=ca", "cert=client", "key=client-key"];
    const credentials = files.map((one) => `--${one.replace("=", `=${folder}/`)}.pem`);
    const { stdout, stderr } = await run(command!, [endpoints!, ...credentials, ...words], {
      limitSeconds: 30,
    });
    return `${stdout}${stderr}`;
  }

  const folders = new Map<string, string>();
  async function filesOf(name: string): Promise<string> {
    const folder = folders.get(name) ?? mkdtempSync(path.join(tmpdir(), "etcd-client-"));
    folders.set(name, folder);
    const args = [name, "--to", folder];
    const { exitCode, output } = await operator.engine.runCommand(
      "operator/client.ts",
      args,
      () => undefined,
    );
    expect(exitCode, output).toBe(0);
    expect(output).not.toContain(given(name).password || "PRIVATE");
    return folder;
  }

  /** Writes as these clients while something is done, and waits for each put: how many failed. */
  async function failedPuts(names: string[], work: () => Promise<void>): Promise<number> {
    const writers = names.map(
      (name) => new Writer(name === "client" ? operator.target : as(name), { putsPerSecond: 50 }),
    );
    try {
      await work();
    } finally {
      await Promise.all(writers.map((writer) => writer.stop()));
    }
    const puts = writers.flatMap((writer) => writer.history().puts);
    expect(puts.length).toBeGreaterThan(100);
    return puts.filter(({ acknowledged }) => !acknowledged).length;
  }

  const change = (settings: object) => async () => {
    operator.ask(settings as Record<string, unknown>);
    await operator.up();
  };

  it("have certificates and connections of their own, in files for their owner alone", async () => {
    // A file that others could read is replaced.
    chmodSync(path.join(await filesOf("kubernetes"), "client-key.pem"), 0o644);
    const folder = await filesOf("kubernetes");
    expect(statSync(path.join(folder, "client-key.pem")).mode & 0o777).toBe(0o600);
    expect(readFileSync(path.join(folder, "connection"), "utf8")).toBe(
      [
        `--etcd-servers=${operator.outputs.endpoints.join(",")}`,
        `--etcd-cafile=${folder}/ca.pem`,
        `--etcd-certfile=${folder}/client.pem`,
        `--etcd-keyfile=${folder}/client-key.pem\n`,
      ].join("\n"),
    );
    // Nobody asks for rights yet.
    expect(await asking("coredns", "put", "anything", "else")).toBe("OK");
  });

  it("go on while access control is turned on, and no member restarts for it", async () => {
    const before = await startsOf(operator.outputs);
    const failed = await failedPuts(["client", "app"], change({ accessControl: true }));
    expect(failed).toBe(0);
    expect(await startsOf(operator.outputs)).toEqual(before);
  });

  it.each(Object.entries(presets))(
    "%s may do what it is for, and nothing else",
    async (name, own) => {
      const user = own.password ? [`--user=${name}`, `--password=${given(name).password}`] : [];
      const ask = (...words: string[]) => asking(name, ...user, ...words);
      const key = `${own.prefixes[0]}test`;
      const mayWrite = own.role === "readwrite";
      expect(await ask("put", key, "1")).toContain(mayWrite ? "OK" : denied);
      expect(await ask("get", key)).toContain(mayWrite ? "1" : "");
      expect(await ask("get", "--prefix", own.prefixes[0]!)).not.toContain(denied);
      expect(await ask("get", "elsewhere")).toContain(denied);
      expect(await ask("put", "elsewhere", "1")).toContain(denied);
      expect(await ask("user", "list")).toContain(denied);
      for (const whole of own.keys) {
        expect(await ask("put", whole, "1")).toContain("OK");
      }
    },
  );

  it("cannot compact without all rights, and the cluster does: an API server is told not to", async () => {
    expect(await asking("kubernetes", "compaction", "1")).toContain(denied);
    const folder = await filesOf("kubernetes");
    expect(readFileSync(path.join(folder, "connection"), "utf8")).toContain(
      "--etcd-compaction-interval=0\n",
    );
  });

  it("may read all, or do all, where that is what they are for", async () => {
    expect(await asking("backup", "get", "--prefix", "", "--limit=1")).not.toContain(denied);
    expect(await asking("backup", "put", "load/x", "1")).toContain(denied);
    expect(await etcdctl(operator.outputs, ["user", "list"])).toContain("kubernetes");
  });

  it("that come by the JSON gateway are known by their passwords", async () => {
    const { password } = given("patroni");
    const { token } = await gateway("/v3/auth/authenticate", { name: "patroni", password });
    const put = (key: string) =>
      gateway("/v3/kv/put", { key: base64(key), value: base64("1") }, String(token));
    expect(await put("/service/a")).toHaveProperty("header");
    expect(await put("elsewhere")).toMatchObject({ code: 7 });
    // Over gRPC, too, they give it.
    const user = ["--user=apisix", `--password=${given("apisix").password}`];
    expect(await asking("apisix", "put", "/apisix/a", "1")).toMatch(/user name is empty|denied/);
    expect(await asking("apisix", ...user, "put", "/apisix/a", "1")).toBe("OK");
    expect(given("kubernetes").password).toBe("");
  });

  const base64 = (text: string) => Buffer.from(text).toString("base64");

  function gateway(where: string, body: object, token?: string) {
    const { caCertPem: ca, members } = operator.outputs;
    const { certPem: cert, keyPem: key } = given("patroni");
    const url = new URL(where, members[0]!.clientUrl);
    const headers = token === undefined ? {} : { authorization: token };
    return new Promise<Record<string, unknown>>((resolve, reject) => {
      const request = https.request(url, { ca, cert, key, method: "POST", headers }, (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
        answer.on("end", () => {
          try {
            resolve(JSON.parse(text) as Record<string, unknown>);
          } catch {
            reject(new Error(text));
          }
        });
      });
      request.on("error", reject).end(JSON.stringify(body));
    });
  }

  it("are no change where nothing has changed", async () => {
    const { exitCode, output } = await operator.attempt({}, ["preview", "--expect-no-changes"]);
    expect(exitCode, output).toBe(0);
  });

  it("go on while members restart, and snapshots are taken as before", async () => {
    expect(await failedPuts(["app"], change({ heartbeatIntervalMs: 110 }))).toBe(0);
    const { exitCode, output } = await operator.engine.runCommand(
      "operator/snapshot.ts",
      ["--to", path.join(mkdtempSync(path.join(tmpdir(), "etcd-client-")), "all.db")],
      () => undefined,
    );
    expect(exitCode, output).toBe(0);
  });

  it("that get other rights go on with those that they keep", async () => {
    const wider = { ...clients, app: { role: "readwrite", prefixes: ["load/", "more/"] } };
    expect(await failedPuts(["app"], change({ clients: wider }))).toBe(0);
    expect(await asking("app", "put", "more/x", "1")).toBe("OK");
  });

  /** Whether members answer somebody with these files, which nobody may have any more. */
  async function answered(folder: string): Promise<boolean> {
    const [command, endpoints] = await etcdctlCommand(operator.outputs);
    const files = [`--cacert=${folder}/ca.pem`, `--cert=${folder}/client.pem`];
    const key = `--key=${folder}/client-key.pem`;
    const words = [endpoints!, ...files, key, "--command-timeout=3s", "get", "load/x"];
    const { failed, stderr } = await run(command!, words, { limitSeconds: 30 });
    // Refused by what it is, and not by what it may do.
    expect(stderr).not.toContain(denied);
    return !failed;
  }

  it("that are gone are refused at the handshake, and the others go on without a restart", async () => {
    const old = await filesOf("app");
    expect(await answered(old)).toBe(true);
    const { app, ...others } = clients;
    expect(app.role).toBe("readwrite");
    const before = await startsOf(operator.outputs);
    expect(await failedPuts(["client"], change({ clients: others }))).toBe(0);
    expect(await startsOf(operator.outputs)).toEqual(before);
    expect(await answered(old)).toBe(false);
    const roles = await etcdctl(operator.outputs, ["role", "list"]);
    expect(roles).not.toContain("app@");
    expect(roles).toContain("kubernetes@");
    const { exitCode, output } = await operator.attempt({}, ["preview", "--expect-no-changes"]);
    expect(exitCode, output).toBe(0);
  });

  it("that come again have another certificate, and the old one stays refused", async () => {
    const old = folders.get("app")!;
    folders.delete("app");
    await change({ clients })();
    expect(await answered(await filesOf("app"))).toBe(true);
    expect(await answered(old)).toBe(false);
  });

  it("are asked for their rights again after somebody has turned that off", async () => {
    await etcdctl(operator.outputs, ["auth", "disable"]);
    const plan = await operator.engine.runCommand("operator/plan.ts", [], () => undefined);
    expect(plan.output).toContain("access control, which somebody has turned off, is turned on");
    const before = await startsOf(operator.outputs);
    await operator.up();
    expect(await asking("coredns", "put", "anything", "else")).toContain(denied);
    expect(await startsOf(operator.outputs)).toEqual(before);
  });

  it("are in the state encrypted", async () => {
    const { output } = await operator.engine.run(["stack", "export"], () => undefined);
    expect(output).toContain("kubernetes@");
    for (const secret of [given("patroni").password, given("patroni").keyPem.split("\n")[1]!]) {
      expect(output).not.toContain(secret);
    }
  });

  it("go on while access control is turned off, with all that they had", async () => {
    expect(await failedPuts(["client"], change({ accessControl: false }))).toBe(0);
    expect(await asking("coredns", "put", "anything", "else")).toBe("OK");
  });

  it("have their rights taken back where nobody is asked for any more, and not with the cluster", async () => {
    await change({ accessControl: true })();
    operator.ask({ accessControl: false, clients: {} });
    const updated = await operator.withMirror(() => operator.engine.run(up, () => undefined));
    expect(updated.exitCode, updated.output).toBe(0);
    expect(updated.output).toContain("auth disable");
    await change({ accessControl: true, clients })();
    const gone = await operator.engine.run(["destroy", "--yes", "--skip-preview"], () => undefined);
    expect(gone.exitCode, gone.output).toBe(0);
    expect(gone.output).toContain("etcd-access deleted");
    expect(gone.output).not.toContain("auth disable");
  });
});
