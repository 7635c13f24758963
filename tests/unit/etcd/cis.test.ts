import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../components/etcd/cis/judgement";
import { cisReport, type LookedAt } from "../../../components/etcd/cis/report";
import { readCisLook } from "../../../components/etcd/cis/look";
import { cisLines } from "../../../operator/cisLines";
import { certificateOf } from "./certificate";

const clientCa = certificateOf("etcd CA");
const peerCa = certificateOf("etcd peer CA");

/** What `cis.sh` prints of a member that is as it has to be; each text is put into base64. */
const sound = {
  pid: 100,
  flags: [
    "/opt/etcd/v3.7.3/bin/etcd",
    "--data-dir=/var/lib/etcd",
    "--listen-peer-urls=https://10.0.1.10:2380",
    "--listen-client-urls=https://10.0.1.10:2379,https://127.0.0.1:2379",
    "--listen-metrics-urls=http://127.0.0.1:2381",
    "--trusted-ca-file=/etc/etcd/pki/ca.crt",
    "--cert-file=/etc/etcd/pki/server.crt",
    "--key-file=/etc/etcd/pki/server.key",
    "--client-cert-auth",
    "--client-crl-file=/etc/etcd/pki/revoked.crl",
    "--peer-trusted-ca-file=/etc/etcd/pki/peer-ca.crt",
    "--peer-cert-file=/etc/etcd/pki/peer.crt",
    "--peer-key-file=/etc/etcd/pki/peer.key",
    "--peer-client-cert-auth",
  ] as readonly string[],
  environment: [] as readonly string[] | null,
  unit: ["644 root:root f /etc/systemd/system/etcd.service"] as readonly string[],
  data: ["700 etcd:etcd d /var/lib/etcd"] as readonly string[],
  pki: [
    "755 root:root d /etc/etcd",
    "755 root:root d /etc/etcd/pki",
    "600 etcd:etcd f /etc/etcd/pki/ca.crt",
    "600 etcd:etcd f /etc/etcd/pki/revoked.crl",
    "600 etcd:etcd f /etc/etcd/pki/peer-ca.crt",
    "600 etcd:etcd f /etc/etcd/pki/server.crt",
    "600 etcd:etcd f /etc/etcd/pki/server.key",
    "600 etcd:etcd f /etc/etcd/pki/peer.crt",
    "600 etcd:etcd f /etc/etcd/pki/peer.key",
    "600 root:root f /etc/etcd/pki/operator.crt",
    "600 root:root f /etc/etcd/pki/operator.key",
  ] as readonly string[],
  certificates: { ca: clientCa, "peer-ca": peerCa },
  ports: {
    clients: { own: { http: 200, curl: 0 }, other: { http: 0, curl: 56 } },
    peers: { own: { http: 200, curl: 0 }, other: { http: 0, curl: 56 } },
  },
};
type Seen = typeof sound;

const base64 = (text: string) => Buffer.from(text).toString("base64");
const lines = (all: readonly string[]) => base64(all.map((line) => `${line}\n`).join(""));
const printed = (seen: Seen) =>
  JSON.stringify({
    ...seen,
    flags: lines(seen.flags),
    environment: seen.environment && lines(seen.environment),
    unit: lines(seen.unit),
    data: lines(seen.data),
    pki: lines(seen.pki),
    certificates: {
      ca: base64(seen.certificates.ca),
      "peer-ca": base64(seen.certificates["peer-ca"]),
    },
  });

const places = { name: "a", dataDirectory: "/var/lib/etcd", configDirectory: "/etc/etcd" };
const member = (seen: Seen, name = "a"): LookedAt => ({
  ...places,
  name,
  look: readCisLook(printed(seen)),
});
const itemsOf = (seen: Seen) => cisReport([member(seen)], clientCa).members[0]!.items;
const itemOf = (id: string, seen: Seen) => itemsOf(seen).find((item) => item.id === id)!;

type Change = (seen: Seen) => Seen;

/** With other flags than those: each takes the place of its namesake, and goes where it has no value. */
const flags =
  (...changed: string[]): Change =>
  (seen) => {
    const names = changed.map((flag) => flag.split("=")[0]);
    const kept = seen.flags.filter((flag) => !names.includes(flag.split("=")[0]));
    return { ...seen, flags: [...kept, ...changed.filter((flag) => !flag.endsWith("="))] };
  };
const environment =
  (...variables: string[]): Change =>
  (seen) => ({ ...seen, environment: variables });
const both =
  (...changes: Change[]): Change =>
  (seen) =>
    changes.reduce((all, change) => change(all), seen);
const same: Change = (seen) => seen;
const set =
  (changed: Partial<Seen>): Change =>
  (seen) => ({ ...seen, ...changed });
/** With a file that is there once, as this line has it. */
const file =
  (kind: "unit" | "data" | "pki", line: string): Change =>
  (seen) => {
    const path = (one: string) => one.split(" ").at(-1);
    return { ...seen, [kind]: [...seen[kind].filter((one) => path(one) !== path(line)), line] };
  };
const unit = (who: string, path = "/etc/systemd/system/etcd.service") =>
  file("unit", `${who} f ${path}`);
const data = (who: string) => file("data", `${who} d /var/lib/etcd`);
const pki = (who: string, name: string) => file("pki", `${who} f /etc/etcd/pki/${name}`);
const folder = (who: string, path: string) => file("pki", `${who} d ${path}`);
const ownKey = (who: string) => both(flags("--key-file=/etc/etcd/pki/own"), pki(who, "own"));
const listens = (urls: string) => flags(`--listen-client-urls=${urls}`);
const serverCrt = "ETCD_CERT_FILE=/etc/etcd/pki/server.crt";
const authorities =
  (ca: string, peers = peerCa): Change =>
  (seen) => ({ ...seen, certificates: { ca, "peer-ca": peers } });
const port =
  (side: "clients" | "peers", who: "own" | "other", http: number, curl = 0): Change =>
  (seen) => ({
    ...seen,
    ports: { ...seen.ports, [side]: { ...seen.ports[side], [who]: { http, curl } } },
  });
/** As with tls: off. */
const plain: Change = both(
  (seen) => ({
    ...seen,
    flags: seen.flags
      .filter((flag) => !/(cert|key|ca|crl)-(file|auth)/.test(flag))
      .map((flag) => flag.replaceAll("https:", "http:")),
    pki: ["755 root:root d /etc/etcd"],
  }),
  authorities("", ""),
);

it("each item passes, or does not apply, where all is as it has to be", () => {
  const report = cisReport([member(sound), member(sound, "b")], clientCa);
  expect(report).toMatchObject({ passed: true, benchmark: "CIS Kubernetes Benchmark 1.12" });
  expect(report.members.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(itemsOf(sound).map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
    "1.1.7 not applicable",
    "1.1.8 not applicable",
    ...["1.1.11", "1.1.12", "1.1.19", "1.1.20", "1.1.21"].map((id) => `${id} pass`),
    ...[1, 2, 3, 4, 5, 6, 7].map((number) => `2.${number} pass`),
  ]);
});

const expectItem = (id: string, seen: Seen, verdict: Verdict, reason: string) =>
  expect(itemOf(id, seen)).toMatchObject({
    verdict,
    reason: expect.stringContaining(reason) as string,
  });
const isPassedWith = (seen: Seen) => cisReport([member(sound), member(seen)], clientCa).passed;

describe("an item passes", () => {
  it.each<[string, string, Change, string]>([
    ["1.1.11", "by less", data("500 etcd:etcd"), "/var/lib/etcd is 500"],
    ["1.1.12", "and says whose it is", same, "/var/lib/etcd is etcd:etcd"],
    ["1.1.19", "and says what is root's", same, "/etc/etcd/pki and 2 files there. The other 7"],
    ["1.1.19", "where etcd has nothing", pki("600 root:root", "peer.key"), "3 files there. The"],
    ["1.1.20", "by less", pki("400 etcd:etcd", "ca.crt"), "each 600 or less: /etc"],
    ["1.1.21", "by each key", same, "each 600 or less: /etc/etcd/pki/server.key, "],
    ["2.1", "and says by which files", same, "--cert-file=/etc/etcd/pki/server.crt and --key-file"],
    [
      "2.1",
      "by a variable",
      both(flags("--cert-file="), environment(serverCrt)),
      "--cert-file=/etc",
    ],
    ["2.1", "by two words", flags("--cert-file=", "-cert-file", "/a.crt"), "--cert-file=/a.crt"],
    [
      "2.2",
      "and says that it asked",
      same,
      "is true, and the clients' port, asked now, refuses one",
    ],
    ["2.2", "by any word for true", flags("--client-cert-auth=T"), "--client-cert-auth is true"],
    ["2.3", "by the word for false", flags("--auto-tls=false"), "--auto-tls=false"],
    ["2.3", "by its flag", both(flags("--auto-tls=0"), environment("ETCD_AUTO_TLS=1")), "-tls=0"],
    ["2.3", "by an empty variable", environment("ETCD_AUTO_TLS="), "--auto-tls is not set"],
    ["2.4", "and says by which files", same, "--peer-key-file=/etc/etcd/pki/peer.key, and peers"],
    ["2.5", "and says of which CA", same, "peers have a CA of their own, O=etcd, CN=etcd peer CA"],
    ["2.6", "without the flag, plain or not", plain, "--peer-auto-tls is not set"],
    ["2.7", "and says what cannot be seen", same, "has O=etcd, CN=etcd CA and nothing else"],
  ])("%s: %s", (id, _, change, reason) => expectItem(id, change(sound), "pass", reason));
});

describe("an item fails", () => {
  it.each<[string, string, Change, string]>([
    ["1.1.7", "others may write the unit", unit("664 root:root"), "etcd.service is 664: sudo"],
    ["1.1.7", "they may add to it", unit("646 root:root", "/etc/x.conf"), "/etc/x.conf is 646"],
    ["1.1.8", "it is of a group", unit("644 root:adm"), "is root:adm: sudo chown root:root"],
    [
      "1.1.11",
      "others may look",
      data("710 etcd:etcd"),
      "is 710, expected 700 or less: sudo chmod 700",
    ],
    ["1.1.11", "by less, and for others", data("077 etcd:etcd"), "/var/lib/etcd is 77, expected"],
    ["1.1.12", "it is root's", data("700 root:root"), "is root:root, expected etcd:etcd"],
    ["1.1.19", "etcd has another's", pki("600 etcd:etcd", "operator.key"), "operator.key is etcd"],
    ["1.1.19", "a group has one", pki("600 root:etcd", "peer.key"), "/etc/etcd/pki/peer.key is"],
    ["1.1.19", "etcd has the folder", folder("755 etcd:etcd", "/etc/etcd/pki"), "pki is etcd:etcd"],
    ["1.1.19", "others may put one there", folder("757 root:root", "/etc/etcd"), "/etc/etcd is"],
    ["1.1.20", "all may read one", pki("644 root:root", "operator.crt"), "is 644, expected 600 or"],
    ["1.1.20", "it has another name", pki("644 root:root", "ca.pem"), "/pki/ca.pem is 644"],
    ["1.1.21", "all may read one", pki("644 etcd:etcd", "server.key"), "is 644, expected 600 or"],
    ["1.1.21", "nobody needs it", pki("640 root:root", "old/ca.key"), "/pki/old/ca.key is 640"],
    ["1.1.21", "it has another name", ownKey("604 etcd:etcd"), "/etc/etcd/pki/own is 604"],
    ["2.1", "without both", flags("--cert-file=", "--key-file="), "--cert-file and --key-file:"],
    ["2.1", "without one", flags("--key-file="), "--key-file: not set, as with tls: off"],
    ["2.1", "some clients go plain", listens("https://a:1,http://b:2"), "at http://b:2"],
    ["2.1", "as etcd does unasked", flags("--listen-client-urls="), "at http://localhost:2379"],
    ["2.1", "by the other list", flags("--listen-client-http-urls=http://b:2"), "at http://b:2"],
    ["2.2", "without it", flags("--client-cert-auth="), "--client-cert-auth: not set"],
    ["2.2", "it says no", flags("--client-cert-auth=false"), "--client-cert-auth=false"],
    ["2.2", "without a CA", flags("--trusted-ca-file="), "each CA that the machine trusts"],
    ["2.2", "some clients go plain", listens("http://b:2"), "nor a certificate at http://b:2"],
    ["2.2", "everybody is let in", port("clients", "other", 200), "port lets one without"],
    ["2.3", "it is there", flags("--auto-tls"), "--auto-tls is true"],
    ["2.3", "a variable says so", environment("ETCD_AUTO_TLS=1"), "--auto-tls is true"],
    ["2.4", "without one", flags("--peer-cert-file="), "--peer-cert-file: not set, as with tls"],
    ["2.4", "peers go plain", flags("--listen-peer-urls=http://b:2"), "peers need neither TLS nor"],
    ["2.4", "as etcd does unasked", flags("--listen-peer-urls="), "at http://localhost:2380"],
    ["2.5", "without it", flags("--peer-client-cert-auth="), "--peer-client-cert-auth: not set"],
    ["2.5", "without a CA", flags("--peer-trusted-ca-file="), "true without --peer-trusted-ca"],
    ["2.5", "by clients' CA", authorities(clientCa, peerCa + clientCa), "CN=etcd CA is the CA"],
    ["2.5", "a client is let in", port("peers", "other", 404), "port lets a client's"],
    ["2.6", "it is there", flags("--peer-auto-tls=true"), "--peer-auto-tls is true"],
    ["2.7", "without a CA", flags("--trusted-ca-file="), "--trusted-ca-file: not set"],
    ["2.7", "another one, too", authorities(clientCa + certificateOf("k8s")), "CN=k8s, which"],
    ["2.7", "a namesake", authorities(certificateOf("etcd CA")), "CN=etcd CA, which this stack"],
  ])("%s: %s", (id, _, change, reason) => {
    expectItem(id, change(sound), "fail", reason);
    expect(isPassedWith(change(sound))).toBe(false);
  });
});

describe("an item was not seen, and so does not pass", () => {
  const ofUnit = ["1.1.7", "1.1.8"];
  const ofData = ["1.1.11", "1.1.12"];
  const ofPki = ["1.1.19", "1.1.20", "1.1.21"];
  const ofProcess = [...ofData, ...ofPki, ...[1, 2, 3, 4, 5, 6, 7].map((number) => `2.${number}`)];
  it.each<[string, string[], Change, string]>([
    ["etcd does not run", ofProcess, set({ pid: 0, flags: [] }), "etcd does not run there"],
    ["no command line", ofProcess, set({ flags: [] }), "command line that etcd was started"],
    ["another file", ofProcess, flags("--config-file=/x"), "--config-file=/x, beside which"],
    ["another file by a variable", ofProcess, environment("ETCD_CONFIG_FILE=/x"), "--config-file"],
    ["no environment", ofProcess, set({ environment: null }), "its environment, where it may be"],
    ["no unit", ofUnit, set({ unit: [] }), "systemd does not tell"],
    ["what is no line", ofUnit, unit("644 root:root", "/x\u001b[31m"), "systemd does not tell"],
    ["data elsewhere", ofData, flags("--data-dir=/x"), "with --data-dir=/x, and /var/lib/etcd"],
    ["no data", ofData, set({ data: [] }), "/var/lib/etcd could not be looked at"],
    ["a key elsewhere", ofPki, flags("--peer-key-file=/x"), "/x could not be looked at"],
    ["a CA elsewhere", ofPki, flags("--trusted-ca-file=/x"), "/x could not be looked at"],
    ["what is no line", ofPki, pki("600 a b", "x"), "could not be looked at"],
    ["no list, and no TLS", ofPki, both(plain, set({ pki: [] })), "/etc/etcd could not be"],
    ["no key", ["1.1.21"], both(plain, pki("600 root:root", "ca.crt")), "no keys are among"],
    ["no certificate", ["1.1.20"], both(plain, pki("600 root:root", "ca.key")), "no certificates"],
    ["the port is shut", ["2.2"], port("clients", "own", 0, 7), "refuses one without"],
    ["the port is slow", ["2.2"], port("clients", "other", 0, 28), "curl ended with 28"],
    [
      "the port is shut",
      ["2.5"],
      port("peers", "own", 0, 60),
      "refuses a client's certificate: curl",
    ],
    ["a certificate that is refused anyway", ["2.5"], port("clients", "own", 0, 56), "curl ended"],
    ["the port is slow", ["2.5"], port("peers", "other", 0, 28), "curl ended with 28"],
    ["peers' CA elsewhere", ["2.5"], flags("--peer-trusted-ca-file=/x"), "/x, and /etc/etcd/pki"],
    ["a CA that is none", ["2.5", "2.7"], authorities("x"), "ca.crt has no certificate that can"],
    ["peers' CA that is none", ["2.5"], authorities(clientCa, ""), "peer-ca.crt has no"],
  ])("%s: %j", (_, ids, change, reason) => {
    ids.forEach((id) => expectItem(id, change(sound), "not seen", reason));
    expect(isPassedWith(change(sound))).toBe(false);
  });

  it("each of them where the machine was not", () => {
    const { passed, members } = cisReport([{ ...places, problem: "no SSH" }], clientCa);
    expect(passed).toBe(false);
    expect(
      new Set(members[0]!.items.map(({ verdict, reason }) => `${verdict}: ${reason}`)),
    ).toEqual(new Set(["not seen: no SSH"]));
    expect(members[0]!.items).toHaveLength(14);
  });
});

it("with TLS off items fail, and those on its files do not apply", () => {
  const verdicts = itemsOf(plain(sound)).map(({ id, verdict }) => `${id} ${verdict}`);
  expect(verdicts).toEqual([
    "1.1.7 not applicable",
    "1.1.8 not applicable",
    "1.1.11 pass",
    "1.1.12 pass",
    ...["1.1.19", "1.1.20", "1.1.21"].map((id) => `${id} not applicable`),
    ...["2.1 fail", "2.2 fail", "2.3 pass", "2.4 fail", "2.5 fail", "2.6 pass", "2.7 fail"],
  ]);
  expect(cisReport([member(plain(sound))], "").passed).toBe(false);
});

describe("what a machine says", () => {
  it("is refused where it is no such document, whatever it is", () => {
    for (const text of ["", "[]", "null", "{}", '{"pki":""}', "x".repeat(1024 * 1024 + 1)]) {
      expect(() => readCisLook(text)).toThrow("its answer is none");
    }
  });

  const isSoundBy = (text: string) => {
    try {
      return cisReport([{ ...places, look: readCisLook(text) }], clientCa).passed;
    } catch (error) {
      expect((error as Error).message).toContain("its answer is none");
      return false;
    }
  };

  it("lets nothing pass that is something else, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("flags", "environment", "unit", "data", "pki", "certificates", "ports"),
        fc.anything(),
        (field, value) => {
          // Any text is an environment.
          fc.pre(field !== "environment" || typeof value !== "string");
          const said = { ...(JSON.parse(printed(sound)) as object), [field]: value };
          expect(isSoundBy(JSON.stringify(said))).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reaches no terminal but as text", () => {
    const { reason } = itemOf("1.1.11", flags("--data-dir=/\u001b]0;x\u0007")(sound));
    expect(reason).toBe("etcd runs with --data-dir=/ ]0;x , and /var/lib/etcd was looked at");
  });
});

it("lines name the members where they differ", () => {
  const bad = pki("644 etcd:etcd", "peer.key")(sound);
  const report = cisReport([member(sound), member(bad, "b"), member(sound, "c")], clientCa);
  const shown = cisLines(report);
  expect(shown[0]).toBe("CIS Kubernetes Benchmark 1.12, on 3 members");
  expect(shown).toContain("pass            1.1.12  etcd data directory ownership is etcd:etcd");
  const at = shown.findIndex((line) => line.includes("1.1.21"));
  expect(shown.slice(at, at + 4)).toEqual([
    "pass            1.1.21  PKI key file permissions are 600 (a, c)",
    `${" ".repeat(24)}each 600 or less: /etc/etcd/pki/server.key, /etc/etcd/pki/peer.key and /etc/etcd/pki/operator.key`,
    "fail            1.1.21  PKI key file permissions are 600 (b)",
    `${" ".repeat(24)}/etc/etcd/pki/peer.key is 644, expected 600 or less: sudo chmod 600 /etc/etcd/pki/peer.key`,
  ]);
  expect(shown.at(-1)).toBe("42 verdicts: 35 pass, 6 not applicable, 1 fail, 0 not seen");
});
