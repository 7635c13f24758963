import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { etcdctlForRoot } from "../../../../components/etcd/etcdctlForRoot";
import { scriptText } from "../../../../components/etcd/scripts";
import { clusterId, otherId } from "./machine";
import { MemberMachine } from "./memberMachine";

let machine: MemberMachine;
let binaries: string;
beforeEach(() => {
  machine = new MemberMachine();
  binaries = path.join(machine.root, "opt/v3.7.3/bin");
  for (const name of ["etcd", "etcdctl", "etcdutl"]) {
    machine.write(`opt/v3.7.3/bin/${name}`, `#!/bin/sh\nenv | grep ^ETCDCTL_\necho "$@"\n`, 0o755);
  }
});

const command = (tls = true, id = clusterId) =>
  etcdctlForRoot(
    { binaries, clientUrl: "https://b:2379", configDirectory: machine.config, tls },
    id,
  );

/** Places them as the member's script does, which is doubled where it runs as a whole. */
function place(what = "place_links") {
  machine.write("staging/etcdctl", command());
  const text = `${scriptText("member")}
    releases=${machine.root}/opt binaries=${binaries} links=${machine.root}/links staging=${machine.root}/staging
    cluster=${clusterId} config=${machine.config}
    ${what}`;
  return spawnSync("bash", ["-c", text], { encoding: "utf8" });
}

const link = (name: string) => path.join(machine.root, "links", name);

describe("what people call on a machine", () => {
  it("is what the member runs, and of the next version after its turn", () => {
    fs.mkdirSync(path.join(machine.root, "links"));
    fs.symlinkSync(path.join(machine.root, "opt/v3.6.16/bin/etcdutl"), link("etcdutl"));
    const former = command().replaceAll("3.7.3", "3.6.16");
    machine.write("links/etcdctl", former, 0o755);
    expect(place().status).toBe(0);
    expect(fs.readlinkSync(link("etcd"))).toBe(`${binaries}/etcd`);
    expect(fs.readlinkSync(link("etcdutl"))).toBe(`${binaries}/etcdutl`);
    expect(machine.read("links/etcdctl")).toBe(command());
    expect(fs.statSync(link("etcdctl")).mode & 0o777).toBe(0o755);
  });

  it("stays somebody else's where it is", () => {
    machine.write("links/etcdctl", "#!/bin/sh\necho mine\n", 0o755);
    machine.write("links/etcd", "a binary of theirs", 0o755);
    fs.symlinkSync("/usr/bin/true", link("etcdutl"));
    const { status, stderr } = place();
    expect(status).toBe(0);
    for (const name of ["etcd", "etcdctl", "etcdutl"]) {
      expect(stderr).toContain(`${link(name)} is not ours: left as it is`);
    }
    expect(machine.read("links/etcdctl")).toContain("echo mine");
    expect(fs.readlinkSync(link("etcdutl"))).toBe("/usr/bin/true");
  });
});

describe("the command of etcdctl on a machine that members share", () => {
  it("stays another cluster's", () => {
    machine.write("links/etcdctl", command(true, otherId), 0o755);
    expect(place().stderr).toContain("etcdctl is not ours: left as it is");
    expect(machine.read("links/etcdctl")).toBe(command(true, otherId));
    expect(place("remove_links; remove_etcdctl_of_member").status).toBe(0);
    expect(machine.has("links/etcdctl")).toBe(true);
  });

  it("goes with the member that it is of, and stays another one's", () => {
    const other = command().replace(machine.config, `${machine.config}/c`);
    machine.write("links/etcdctl", other, 0o755);
    expect(place("remove_etcdctl_of_member").status).toBe(0);
    expect(machine.has("links/etcdctl")).toBe(true);
    machine.write("links/etcdctl", command(), 0o755);
    expect(place("remove_etcdctl_of_member").status).toBe(0);
    expect(machine.has("links/etcdctl")).toBe(false);
  });
});

describe("etcdctl on a machine", () => {
  const call = (
    words: string[],
    env: Record<string, string> = {},
    { tls = true, mayRead = true } = {},
  ) => {
    if (mayRead) {
      machine.write("etc/pki/operator.key", "KEY");
    }
    machine.write("etcdctl", command(tls), 0o755);
    const { stdout, status } = spawnSync(path.join(machine.root, "etcdctl"), words, {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...env },
    });
    expect(status).toBe(0);
    return stdout.replaceAll(`${machine.config}/pki`, "PKI").trim().split("\n").sort();
  };
  const endpoint = "ETCDCTL_ENDPOINTS=https://b:2379";
  const ca = "ETCDCTL_CACERT=PKI/ca.crt";
  const own = ["ETCDCTL_CERT=PKI/operator.crt", "ETCDCTL_KEY=PKI/operator.key"];

  it.each<[string, string[], string[]]>([
    ["needs no paths", ["member", "list"], [ca, ...own, endpoint]],
    ["asks whom the caller says", ["--endpoints=https://a:2379", "get", "x"], [ca, ...own]],
    ["asks them also where that is two words", ["--endpoints", "https://a:2379"], [ca, ...own]],
    ["trusts what the caller says", ["--cacert=/x", "get", "x"], [...own, endpoint]],
    ["shows both of its own or none", ["--cert=/x", "get", "x"], [ca, endpoint]],
    [
      "takes what is written for no flag",
      ["put", "--", "--cert=x", "--endpoints"],
      [ca, ...own, endpoint],
    ],
    [
      "is not misled by flags that begin so",
      ["--cert-x=1", "--insecure-y"],
      [ca, ...own, endpoint],
    ],
  ])("%s", (_, words, variables) => {
    expect(call(words)).toEqual([words.join(" "), ...variables].sort());
  });

  it("takes variables as they are", () => {
    const env = { ETCDCTL_ENDPOINTS: "https://a:2379", ETCDCTL_KEY: "/x" };
    expect(call(["get", "x"], env)).toEqual(
      ["get x", ca, "ETCDCTL_ENDPOINTS=https://a:2379", "ETCDCTL_KEY=/x"].sort(),
    );
  });

  it("has nothing to show without TLS", () => {
    expect(call(["get", "x"], {}, { tls: false })).toEqual([endpoint, "get x"].sort());
  });

  it("is etcdctl and nothing else for those who cannot read the operator's key", () => {
    expect(call(["get", "x"], {}, { mayRead: false })).toEqual(["get x"]);
  });
});
