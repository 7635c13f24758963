import { connect, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { type AuthContext, type Connection, Server, utils } from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AwsDouble } from "../../../lab/aws/double";
import { secretValue } from "../../../lab/aws/wire";
import { deleteHow, Dispatcher } from "../../../lab/inprocess/dispatch";
import { createCommand, runCommand, withKey, withoutKeys } from "../../../lab/inprocess/ssh";
import { createTls } from "../../../lab/inprocess/tls";
import { onMachineAfter } from "../../../components/etcd/remote/observe";
import {
  type Conversation,
  connectSsh,
  type RunOverSsh,
  runOverSsh,
  type SshConnection,
  type SshTarget,
} from "../../../components/etcd/remote/ssh";
import { FakeHost } from "./fakeHost";

interface Keys {
  privateKeyOpenssh: string;
  publicKeyOpenssh: string;
}

const newKeys = async () =>
  (await createTls("tls:index/privateKey:PrivateKey", { algorithm: "ED25519" }))
    .state as unknown as Keys;

/** An SSH server that knows a few commands and forwards connections. */
class TestServer {
  readonly seen: string[] = [];
  readonly connections: Connection[] = [];
  /** How many stand now. */
  open = 0;
  private constructor(
    private readonly server: Server,
    readonly port: number,
    readonly hostKey: string,
  ) {}

  static async start(client: Keys): Promise<TestServer> {
    const host = await newKeys();
    const server = new Server({ hostKeys: [host.privateKeyOpenssh] });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const started = new TestServer(server, port, host.publicKeyOpenssh);
    server.on("connection", (connection) => started.serve(connection, client));
    return started;
  }

  stop(): void {
    this.server.close();
  }

  private serve(connection: Connection, client: Keys): void {
    this.connections.push(connection);
    this.open++;
    connection.on("close", () => this.open--);
    connection.on("error", () => undefined);
    connection.on("authentication", (context) => this.authenticate(context, client));
    connection.on("ready", () => {
      connection.on("session", (accept) => {
        accept().on("exec", (acceptExec, _reject, { command }) => {
          this.seen.push(command);
          answer(acceptExec(), command);
        });
      });
      connection.on("tcpip", (accept, _reject, { destIP, destPort }) => {
        this.seen.push(`forward ${destIP}:${destPort}`);
        const socket = connect(destPort, destIP);
        const channel = accept();
        socket.on("error", () => channel.end());
        socket.pipe(channel).pipe(socket);
      });
    });
  }

  private authenticate(context: AuthContext, client: Keys): void {
    const allowed = utils.parseKey(client.publicKeyOpenssh);
    const isRight =
      (context.method === "password" && context.password === "sesame") ||
      (context.method === "publickey" &&
        !(allowed instanceof Error) &&
        context.key.data.equals(allowed.getPublicSSH()));
    if (isRight) {
      context.accept();
    } else {
      context.reject(["publickey", "password"]);
    }
  }
}

function answer(channel: import("ssh2").ServerChannel, command: string): void {
  switch (command) {
    case "cat": {
      const chunks: Buffer[] = [];
      channel.on("data", (chunk: Buffer) => chunks.push(chunk));
      channel.on("end", () => {
        channel.write(Buffer.concat(chunks));
        channel.exit(0);
        channel.end();
      });
      return;
    }
    // Answers each line, until it is told to end.
    case "converse":
      channel.on("data", (chunk: Buffer) => {
        for (const word of chunk.toString().split("\n").slice(0, -1)) {
          if (word === "end") {
            channel.stderr.write("bye\n");
            channel.exit(4);
            channel.end();
          } else if (word !== "silence") {
            channel.write(`${word} is ${word.length} long\n`);
          }
        }
      });
      return;
    case "fail":
      channel.write("first\n");
      channel.stderr.write("second\n");
      channel.exit(3);
      channel.end();
      return;
    case "hang":
      return;
    case "killed":
      channel.exit("KILL");
      channel.end();
      return;
    case "vanish":
      channel.end();
      return;
    case "talk":
      channel.on("error", () => undefined);
      for (let mebibyte = 0; mebibyte < 20; mebibyte++) {
        channel.write(Buffer.alloc(1024 ** 2, "x"));
      }
      return;
    case "order":
      channel.stderr.write("no\x1b]0;mine\x07\nroom\n");
      channel.exit(1);
      channel.end();
      return;
    default:
      channel.write(`ran ${command}\n\n`);
      channel.stderr.write("quiet\n");
      channel.exit(0);
      channel.end();
  }
}

let client: Keys;
let machine: TestServer;
let bastion: TestServer;
let target: SshTarget;

beforeAll(async () => {
  client = await newKeys();
  machine = await TestServer.start(client);
  bastion = await TestServer.start(client);
  target = {
    host: "127.0.0.1",
    port: machine.port,
    user: "ubuntu",
    privateKey: client.privateKeyOpenssh,
    hostKey: machine.hostKey,
  };
});

afterAll(() => {
  machine.stop();
  bastion.stop();
});

describe("runOverSsh", () => {
  it("gives what a command printed and how it ended", async () => {
    expect(await runOverSsh(target, "uptime")).toEqual({
      stdout: "ran uptime\n\n",
      stderr: "quiet\n",
      output: expect.stringContaining("ran uptime\n") as string,
      code: 0,
      signal: undefined,
    });
    expect(await runOverSsh(target, "fail")).toMatchObject({ code: 3, output: "first\nsecond\n" });
    expect(await runOverSsh(target, "killed")).toMatchObject({
      code: undefined,
      signal: "SIGKILL",
    });
  });

  it("hands the input over, also a long one", async () => {
    const long = "ü".repeat(300_000);
    expect((await runOverSsh(target, "cat", long)).stdout).toBe(long);
  });

  it("lets no machine fill this one's memory", async () => {
    await expect(runOverSsh(target, "talk")).rejects.toThrow("printed more than 16 MiB");
  });

  it("shows nothing of what a machine says that a terminal would take for an order", async () => {
    const lines: string[] = [];
    const options = { onStderrLine: (line: string) => void lines.push(line) };
    const { stderr } = await runOverSsh(target, "order", "", options);
    expect(stderr).toBe("no ]0;mine \nroom\n");
    expect(lines).toEqual(["no ]0;mine ", "room"]);
  });

  it("takes a password", async () => {
    const withPassword = { ...target, privateKey: undefined, password: "sesame" };
    expect((await runOverSsh(withPassword, "x")).code).toBe(0);
  });

  it.each<[string, () => Partial<SshTarget>, string]>([
    ["another machine's key", () => ({ hostKey: bastion.hostKey }), "host key mismatch: expected"],
    ["a line that is no key", () => ({ hostKey: "ssh-ed25519 abc" }), "failed to parse host key"],
    ["a refusing port", () => ({ port: 1 }), "ECONNREFUSED"],
    [
      "a wrong password",
      () => ({ privateKey: undefined, password: "no" }),
      "authentication methods failed",
    ],
  ])("refuses %s", async (_what, change, message) => {
    await expect(runOverSsh({ ...target, ...change() }, "x")).rejects.toThrow(message);
  });

  it("takes either of two host keys, and no third", async () => {
    const rsa = (await createTls("tls:index/privateKey:PrivateKey", { algorithm: "RSA" })).state;
    const either = (other: string) => ({ ...target, hostKey: `${other}\n${machine.hostKey}\n` });
    expect((await runOverSsh(either(bastion.hostKey), "x")).code).toBe(0);
    expect((await runOverSsh(either(String(rsa.publicKeyOpenssh).trim()), "x")).code).toBe(0);
    const third = { ...target, hostKey: `${bastion.hostKey}\n${bastion.hostKey}` };
    await expect(runOverSsh(third, "x")).rejects.toThrow(/host key mismatch: expected .* or /);
  });

  it("asks for the kind of host key that it expects", async () => {
    const rsa = (await createTls("tls:index/privateKey:PrivateKey", { algorithm: "RSA" })).state;
    await expect(
      runOverSsh({ ...target, hostKey: String(rsa.publicKeyOpenssh) }, "x"),
    ).rejects.toThrow("no matching host key format");
  });

  it("goes through a bastion, and verifies both", async () => {
    const proxy = { ...target, port: bastion.port, hostKey: bastion.hostKey };
    expect((await runOverSsh({ ...target, proxy }, "through")).stdout).toBe("ran through\n\n");
    expect(bastion.seen).toEqual([`forward 127.0.0.1:${machine.port}`]);
    expect(machine.seen).toContain("through");

    const wrong = { ...proxy, hostKey: machine.hostKey };
    await expect(runOverSsh({ ...target, proxy: wrong }, "x")).rejects.toThrow(
      /^proxy: .*host key mismatch/,
    );
    await expect(runOverSsh({ ...target, hostKey: bastion.hostKey, proxy }, "x")).rejects.toThrow(
      "host key mismatch",
    );
  });

  it("ends a command that takes too long, and one that vanishes", async () => {
    await expect(runOverSsh(target, "hang", "", { timeoutSeconds: 0.2 })).rejects.toThrow(
      "the command did not end within 0.2 s",
    );
    await expect(runOverSsh(target, "vanish")).rejects.toThrow("without an exit status");
  });

  it("tries again as often as it is told, with growing pauses", async () => {
    const started = Date.now();
    await expect(
      runOverSsh({ ...target, port: 1 }, "x", "", { dialErrorLimit: 3 }),
    ).rejects.toThrow("after 3 failed attempts");
    expect(Date.now() - started).toBeGreaterThan(100 + 150 + 225 - 20);
  });
});

describe("a conversation", () => {
  async function conversing(work: (conversation: Conversation) => Promise<void>, seconds = 600) {
    const connection = await connectSsh(target, { timeoutSeconds: seconds });
    await work(connection.converse("converse", "")).finally(connection.close);
  }

  it("answers line by line, and has an end like any command's", async () => {
    await conversing(async ({ ask, end }) => {
      expect(await ask("one\n")).toBe("one is 3 long");
      expect(await ask("three\n")).toBe("three is 5 long");
      expect(await end("end\n")).toMatchObject({ code: 4, stderr: "bye\n" });
    });
  });

  it("tells an end from an answer", async () => {
    await conversing(async ({ ask, end }) => {
      expect(await ask("end\n")).toBeUndefined();
      expect(await end()).toMatchObject({ code: 4, stderr: "bye\n" });
    });
  });

  it("waits for its user as long as it takes, and for each answer for a while", async () => {
    await conversing(async ({ ask }) => {
      await sleep(400);
      expect(await ask("one\n")).toBe("one is 3 long");
      await expect(ask("silence\n")).rejects.toThrow("did not end within 0.2 s");
    }, 0.2);
  });

  it("ends with its connection, and says so", async () => {
    await conversing(async ({ ask }) => {
      const asked = ask("silence\n");
      await sleep(50);
      machine.connections.at(-1)!.end();
      await expect(asked).rejects.toThrow("the connection broke before the command's end");
    });
  });
});

describe("onMachineAfter", () => {
  /** How many connections the machine gets while `work` is done. */
  async function connections(work: () => Promise<void>): Promise<number> {
    const before = machine.connections.length;
    await work();
    return machine.connections.length - before;
  }
  const runOf = ({ run }: SshConnection) => run;
  const run = (command: string) => (over: RunOverSsh) => over(command).then((said) => said.stdout);

  it("has dialled by the time at which its turn comes, and uses that connection alone", async () => {
    let dialled = 0;
    const count = await connections(async () => {
      const before = machine.connections.length;
      const turn = sleep(300).then(() => void (dialled = machine.connections.length - before));
      expect(await onMachineAfter(target, turn, runOf, run("uptime"))).toBe("ran uptime\n\n");
    });
    expect([dialled, count]).toEqual([1, 1]);
  });

  it("dials again where the connection broke meanwhile, or there was none", async () => {
    const count = await connections(async () => {
      const turn = sleep(300).then(async () => {
        machine.connections.at(-1)!.end();
        await sleep(50);
      });
      expect(await onMachineAfter(target, turn, runOf, run("uptime"))).toBe("ran uptime\n\n");
    });
    expect(count).toBe(2);
    await expect(
      onMachineAfter({ ...target, port: 1 }, Promise.resolve(), runOf, run("x")),
    ).rejects.toThrow("ECONNREFUSED");
  });

  it("does nothing where its turn never comes, and leaves no connection behind", async () => {
    await expect(
      onMachineAfter(target, Promise.reject(new Error("a has failed")), runOf, () => {
        throw new Error("its work was done");
      }),
    ).rejects.toThrow("a has failed");
    await expect.poll(() => machine.open).toBe(0);
  });
});

describe("command.remote.Command", () => {
  const connection = () => ({
    host: "127.0.0.1",
    port: machine.port,
    user: "ubuntu",
    privateKey: client.privateKeyOpenssh,
    hostKey: machine.hostKey,
  });

  it("has the outputs of the real one: one line end cut off", async () => {
    const { id, state } = await createCommand("install", {
      connection: connection(),
      create: "uptime",
      addPreviousOutputInEnv: false,
      logging: "none",
    });
    expect(id).toMatch(/^install[0-9a-f]{8}$/);
    expect(state).toMatchObject({ create: "uptime", stdout: "ran uptime\n", stderr: "quiet" });
  });

  it("fails in the words of the real one", async () => {
    await expect(createCommand("x", { connection: connection(), create: "fail" })).rejects.toThrow(
      'Process exited with status 3: running "fail":\nfirst\nsecond\n',
    );
  });

  it("does nothing without a create, and refuses environments and what it does not know", async () => {
    const before = machine.seen.length;
    await createCommand("x", { connection: connection(), delete: "rm" });
    expect(machine.seen).toHaveLength(before);
    await expect(
      createCommand("x", { connection: connection(), environment: { A: "b" } }),
    ).rejects.toThrow("AcceptEnv");
    await expect(createCommand("x", { connection: connection(), hello: 1 })).rejects.toThrow(
      "does not know hello",
    );
    await expect(
      runCommand({ ...connection(), agentSocketPath: "/x" } as never, "x"),
    ).rejects.toThrow("agentSocketPath");
  });

  it("is made and deleted by the in-process engine, with its secrets", async () => {
    const dispatcher = new Dispatcher(new AwsDouble("/nowhere/aws.json", new FakeHost()), {});
    const type = "command:remote:Command";
    const { state, inputs } = await dispatcher.create({
      type,
      name: "x",
      custom: true,
      inputs: {
        connection: secretValue(connection()),
        create: "cat",
        stdin: secretValue("secret text"),
        delete: "clean up",
      },
    });
    expect(state.stdout).toBe("secret text");
    expect(await pulumi.isSecret(state.stdin as pulumi.Output<string>)).toBe(true);
    expect(await pulumi.isSecret(state.connection as pulumi.Output<object>)).toBe(true);

    const how = deleteHow(type, inputs);
    expect(JSON.stringify(how)).not.toContain("PRIVATE KEY");
    await dispatcher.delete(
      { type, id: "x", ...(how && { delete: how }) },
      client.privateKeyOpenssh,
    );
    expect(machine.seen.at(-1)).toBe("clean up");
  });

  it("leaves no keys in a record, and takes one back", () => {
    const full = { ...connection(), password: "p", proxy: connection() };
    const bare = withoutKeys(full);
    expect(JSON.stringify(bare)).not.toMatch(/PRIVATE KEY|"p"/);
    expect(withKey(bare, "k")).toMatchObject({ privateKey: "k", proxy: { privateKey: "k" } });
  });
});
