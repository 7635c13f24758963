import * as fs from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { readCisLook } from "../../../../components/etcd/cis/look";
import { FakeMachine, otherId } from "./machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = new FakeMachine();
  machine.claim();
});

/** The ports, which take whom they have to take, and what was asked of them. */
const ports = `
  curl() {
    told curl "\${@:7}"
    case "$*" in
      *operator.crt*:2379/version | *peer.crt*:2380/version) printf 200 ;;
      *) printf 000; return 56 ;;
    esac
  }`;

const look = (more = "") => {
  const { status, stdout, stderr } = machine.run("cis", { instead: `${ports}\n${more}` });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout.endsWith("\n") && !stdout.trimEnd().includes("\n")).toBe(true);
  return readCisLook(stdout);
};
const at = (file: string) => path.join(machine.root, file);
const mode = (file: string, bits: number) => fs.chmodSync(at(file), bits);

/** Of what a machine has, paths and modes alone: files of a test are of who runs it. */
const shown = (owned: ReturnType<typeof look>["pki"]) =>
  owned
    ?.map((file) => `${file.mode.toString(8)}${file.isFolder ? " folder" : ""} ${file.path}`)
    .sort();

describe("what a machine shows of its member", () => {
  it("is what it runs with, by the process itself", () => {
    machine.runs();
    machine.write("running/cmdline", "/opt/etcd\n--auto-tls=false\n--name\nb\n");
    machine.write("running/environ", "LANG=C\nETCD_NAME=x=y\nSECRET=s\n");
    const seen = look();
    expect(seen).toMatchObject({
      pid: 100,
      words: ["/opt/etcd", "--auto-tls=false", "--name", "b"],
    });
    expect([...seen.environment!]).toEqual([["ETCD_NAME", "x=y"]]);
  });

  it("is no environment where that cannot be read, and an empty one where it has nothing of etcd", () => {
    machine.runs();
    expect(look().environment).toEqual(new Map());
    machine.write("running/environ", "");
    expect(look().environment).toBeUndefined();
  });

  it("is that nothing runs, and no unit, where that is so", () => {
    expect(look()).toMatchObject({ pid: 0, words: [], unit: [] });
  });

  it("is mode and owner of all that it reads and writes, links followed", () => {
    machine.write("etc/pki-0/server.key", "KEY", 0o640);
    machine.write("etc/pki-0/old/ca.crt", "");
    machine.write("etc/snapshot/credentials", "");
    fs.symlinkSync("pki-0", at("etc/pki"));
    mode("etc", 0o755);
    mode("etc/pki-0", 0o751);
    mode("etc/pki-0/old", 0o700);
    machine.holdData();
    mode("data", 0o2700);
    const { pki, data } = look();
    expect(shown(pki)).toEqual([
      `640 ${machine.config}/pki/server.key`,
      `644 ${machine.config}/pki/old/ca.crt`,
      `700 folder ${machine.config}/pki/old`,
      `751 folder ${machine.config}/pki`,
      `755 folder ${machine.config}`,
    ]);
    expect(shown(data)).toEqual([`2700 folder ${machine.data}`]);
    expect(data![0]!.owner).toMatch(/^[\w-]+:[\w-]+$/);
  });

  it("is the unit, with all that systemd has added to it", () => {
    machine.runs();
    machine.write("units/etcd.service.d/a.conf", "", 0o600);
    machine.write("units/etcd.service.d/b.conf", "", 0o666);
    mode("units/etcd.service.d/b.conf", 0o666);
    const [unit, a, b] = ["", ".d/a.conf", ".d/b.conf"].map((end) =>
      at(`units/etcd.service${end}`),
    );
    machine.write("systemd/FragmentPath", `${unit}\n`);
    machine.write("systemd/DropInPaths", `${a} ${b}\n`);
    expect(shown(look().unit)).toEqual([`600 ${a}`, `644 ${unit}`, `666 ${b}`]);
  });

  it("is nothing of what is not there", () => {
    fs.rmSync(at("data"), { recursive: true });
    expect(look().data).toEqual([]);
  });
});

describe("its ports", () => {
  it("are asked by whom they have to let in, and by whom they must not", () => {
    const taken = { http: 200, curl: 0 };
    const refused = { http: 0, curl: 56 };
    expect(look().ports).toEqual({
      clients: { own: taken, other: refused },
      peers: { own: taken, other: refused },
    });
    const pki = `${machine.config}/pki`;
    const as = (name: string) => `--cert ${pki}/${name}.crt --key ${pki}/${name}.key `;
    const asked = (ca: string, name: string, port: number) =>
      `curl --max-time 5 --cacert ${pki}/${ca}.crt ${name && as(name)}http://b:${port}/version`;
    expect(machine.told).toEqual([
      asked("ca", "operator", 2379),
      asked("ca", "", 2379),
      asked("peer-ca", "peer", 2380),
      asked("peer-ca", "operator", 2380),
    ]);
  });

  it("have said nothing where curl does not run", () => {
    const none = { http: 0, curl: 127 };
    expect(look("curl() { return 127; }").ports.peers).toEqual({ own: none, other: none });
  });
});

it("nothing is changed, and nothing is shown of another cluster's machine", () => {
  machine.holdData();
  machine.runs();
  const before = machine.files;
  look();
  expect(machine.files).toEqual(before);
  machine.claim({ id: otherId });
  const { status, stdout, stderr } = machine.run("cis", { instead: ports });
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("belongs to the cluster prod");
});
