import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { makeKeyPair } from "../../../lab/keyPair";
import { knownHostKey } from "../../../components/machines/existing/machineSetting";
import { readSettings } from "../../../components/settings/settings";
import { errorsIn as errorsInStack, rawSettings, warningsOf } from "../../settings";

const key = makeKeyPair().privateKey;
const hosts = ["10.64.3.7", "10.64.3.8", "10.66.3.86"];
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake";
const three = hosts.map((address, index) => ({ name: `etcd-host${index}`, address }));
const valid = {
  machines: three,
  sshUser: "root",
  sshPrivateKey: key,
  knownHosts: hosts.map((host) => `${host} ${hostKey}`),
  sshCidrs: [],
};

function settingsOf(changes: Record<string, unknown>) {
  const values = rawSettings({ ...valid, ...changes });
  return readSettings({ values, secrets: ["sshPrivateKey", "sshPassword"] });
}

const errorsIn = (changes: Record<string, unknown>) =>
  errorsInStack({ ...valid, ...changes }, ["sshPrivateKey", "sshPassword"]);

it("names and addresses are all that has to be said of a machine", () => {
  expect(settingsOf({}).machines[1]).toEqual({
    name: "etcd-host1",
    address: "10.64.3.8",
    host: "10.64.3.8",
    user: "root",
    port: 22,
    ports: { client: 2379, peer: 2380, metrics: 2381 },
  });
});

it("what only EC2 needs is not asked for", () => expect(errorsIn({})).toEqual([]));

describe("an error is found and named", () => {
  const [first, second, third] = three;
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "two machines",
      { machines: [first, second] },
      /^machines names 2 members: .* or evenMembers: true/,
    ],
    [
      "a machine without an address",
      { machines: [{ name: "a" }] },
      /^machines\[0\] has no address/,
    ],
    [
      "a name that is none",
      { machines: [{ ...first, name: "Host_0" }] },
      /^machines\[0\] has a name that is "Host_0"/,
    ],
    [
      "a name twice",
      { machines: [first, second, { ...third, name: "etcd-host0" }] },
      /^machines\[2\] is called etcd-host0, as another one is/,
    ],
    [
      "an address twice",
      { machines: [first, second, { ...first, name: "c", host: "10.66.3.86" }] },
      /^machines\[2\] has the address 10\.64\.3\.7, as another machine has/,
    ],
    [
      "an address that is none",
      { machines: [{ ...first, address: "host0" }] },
      /^machines\[0\] has the address "host0", expected an IPv4/,
    ],
    [
      "loopback for members on several machines",
      { machines: [first, second, { ...third, address: "127.0.0.1", host: hosts[2] }] },
      /^machines\[2\] has the address 127\.0\.0\.1, which members on other/,
    ],
    [
      "members on one machine with the same ports",
      { machines: three.map((one) => ({ ...one, host: hosts[0], address: "localhost" })) },
      /^machines\[1\] has a port twice, or one that another member/,
    ],
    [
      "a port that is none",
      { machines: [{ ...first, clientPort: 70000 }] },
      /^machines\[0\] has the ports 22, 70000/,
    ],
    ["nobody to log in as", { sshUser: "" }, /^machines\[0\] has no user/],
    [
      "no way to log in",
      { sshPrivateKey: "" },
      /^sshPrivateKey is not set, and sshPassword neither/,
    ],
    [
      "a host key that is not known",
      { knownHosts: valid.knownHosts.slice(1) },
      /^machines\[0\] has no host key in knownHosts: "ssh-keyscan -t ed25519 -p 22 10\.64\.3\.7"/,
    ],
    [
      "a line that is no host key",
      { knownHosts: [...valid.knownHosts, "nonsense"] },
      /^knownHosts\[3\] is "nonsense"/,
    ],
    [
      "a place of etcd that is none",
      { install: "docker" },
      /^install is "docker", expected release or package or file/,
    ],
    [
      "a file that is not there",
      { install: "file", releaseFile: "/no/such.tar.gz" },
      /^releaseFile is "\/no\/such\.tar\.gz", expected the path/,
    ],
    [
      "a directory that is relative",
      { binDirectory: "bin" },
      /^binDirectory is "bin", expected an absolute path/,
    ],
    [
      "a directory that is another one than it says",
      { binDirectory: "/usr/local/../../etc/cron.d" },
      /^binDirectory is "\/usr\/local\/\.\.\/\.\.\/etc\/cron\.d", expected an absolute path/,
    ],
    [
      "a public address without TLS",
      { tls: "off", machines: [{ name: "a", address: "203.0.114.7" }], verifyHostKeys: false },
      /^machines\[0\] has the public address 203\.0\.114\.7, and tls is off/,
    ],
    ["TLS that is neither on nor off", { tls: "maybe" }, /^tls is "maybe", expected on or off/],
    [
      "a subject's field that does not exist",
      { certificateSubject: { O: "k8s" } },
      /^certificateSubject has "O", which is not a field/,
    ],
  ])("%s", (_, changes, expected) => {
    expect(errorsIn(changes).filter((error) => expected.test(error))).toHaveLength(1);
  });
});

describe("what is meant is taken, and said loudly", () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "an even number",
      { machines: three.slice(1), evenMembers: true },
      /evenMembers is true: 2 members survive the loss of 0, as 1 would/,
    ],
    ["no TLS", { tls: "off" }, /tls is off: everybody who can reach a member reads and writes/],
    ["plain clients on loopback", { plainLoopback: true }, /plainLoopback is true: every process/],
    [
      "no host keys",
      { knownHosts: [], verifyHostKeys: false },
      /verifyHostKeys is false: anyone who answers/,
    ],
  ])("%s", (_, changes, expected) => {
    expect(warningsOf(settingsOf(changes))).toEqual([expect.stringMatching(expected)]);
  });
});

describe("a host key among lines of known_hosts", () => {
  const lines = [
    "10.0.0.1,node.example.com ssh-rsa RSA comment",
    "10.0.0.1 ssh-ed25519 ED",
    "[10.0.0.1]:2222 ssh-ed25519 OTHER",
  ];

  it.each([
    ["10.0.0.1", 22, "ssh-ed25519 ED"],
    ["node.example.com", 22, "ssh-rsa RSA"],
    ["10.0.0.1", 2222, "ssh-ed25519 OTHER"],
    ["10.0.0.2", 22, undefined],
  ])("%s port %d: %s", (host, port, expected) => {
    expect(knownHostKey({ host, port }, lines)).toBe(expected);
  });
});

describe("every example is valid with host keys and a login", () => {
  const folder = path.join(__dirname, "../../../examples");
  it.each(readdirSync(folder).filter((name) => name.endsWith(".yaml")))("%s", (file) => {
    const { config } = parse(readFileSync(path.join(folder, file), "utf8")) as {
      config: { machines: { host?: string; address: string }[] };
    };
    const knownHosts = config.machines.map(({ host, address }) => `${host ?? address} ${hostKey}`);
    expect(errorsIn({ ...config, knownHosts })).toEqual([]);
  });
});
