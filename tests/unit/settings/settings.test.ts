import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as fc from "fast-check";
import { utils } from "ssh2";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { makeKeyPair } from "../../../lab/keyPair";
import { knownChecksums } from "../../../components/etcd/releaseChecksums";
import { SettingsError } from "../../../components/settings/reader";
import { releaseSource } from "../../../components/settings/cluster";
import { readSettings } from "../../../components/settings/settings";
import { errorsIn, rawSettings, warningsOf } from "../../settings";
import { tempFolder } from "../../tempFolder";

const [first, second, third] = ["10.0.1.10", "10.0.2.10", "10.0.3.10"];
const named = (...addresses: string[]) =>
  addresses.map((privateIp, index) => ({ name: `controller-${index}`, privateIp }));

describe("the defaults of Pulumi.yaml", () => {
  it("are valid once somebody may use SSH", () => {
    expect(errorsIn({})).toEqual([]);
  });

  it("become one typed value", () => {
    const settings = readSettings({ values: rawSettings(), secrets: [] });
    expect(settings).toMatchObject({
      version: "3.7.3",
      quotaGiB: 8,
      publicAddresses: true,
      controllers: named(first, second, third),
      bastion: undefined,
    });
  });

  it("name and describe every setting", () => {
    const settings = Object.keys(readSettings({ values: rawSettings(), secrets: [] }));
    expect(Object.keys(rawSettings()).sort()).toEqual(settings.sort());
  });

  // Pulumi would check a type itself, and tell the first error alone.
  it("leave what a setting may be to this program, which tells all errors at once", () => {
    const { config } = parse(readFileSync("Pulumi.yaml", "utf8")) as { config: object };
    const fields = Object.values(config).flatMap((declaration: object) => Object.keys(declaration));
    expect([...new Set(fields)].sort()).toEqual(["default", "description"]);
    const errors = errorsIn({
      ...{ quotaGiB: "many", deleteData: [true], clusterName: { a: 1 }, sshCidrs: 7 },
      ...{ controllers: "me", extraFlags: true, version: "3.8.0" },
    });
    expect(errors).toEqual(
      expect.arrayContaining([
        'quotaGiB is "many", expected a whole number from 1 to 8',
        'deleteData is "[true]", expected true or false',
        "clusterName is a list or an object, expected a text",
        "sshCidrs is not a list of texts",
        'controllers is "me", expected a list or an object',
        "extraFlags is not an object of names and values",
        expect.stringMatching(/^version is 3\.8\.0/),
      ]),
    );
  });
});

describe("an error is found and named", () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "no CA",
      { certificateAuthorities: [] },
      /^certificateAuthorities is \[\], expected one or two/,
    ],
    ["three CAs", { certificateAuthorities: [1, 2, 3] }, /^certificateAuthorities is \[1, 2, 3\]/],
    ["a CA twice", { certificateAuthorities: [2, 2] }, /^certificateAuthorities is \[2, 2\]/],
    [
      "a CA by name",
      { certificateAuthorities: ["new"] },
      /^certificateAuthorities is not a list of/,
    ],
    [
      "a machine made anew that is no member",
      { replacements: { "controller-9": 1 } },
      /^replacements has "controller-9", which is no member: controller-0, controller-1, contr/,
    ],
    [
      "a machine made anew so often as no number says",
      { dataReplacements: { "controller-0": "yes" } },
      /^dataReplacements is not an object of whole numbers/,
    ],
    [
      "an address outside the subnets",
      { controllers: named(first, second, "10.0.4.10") },
      /^controllers\[2\]\.privateIp is 10\.0\.4\.10, expected an address in one of subnetCidrs/,
    ],
    [
      "an address that AWS keeps",
      { controllers: named("10.0.1.3", second, third) },
      /^controllers\[0\]\.privateIp is 10\.0\.1\.3, which AWS keeps/,
    ],
    [
      "the broadcast address",
      { controllers: named("10.0.1.255", second, third) },
      /^controllers\[0\]\.privateIp .* AWS keeps/,
    ],
    [
      "an address twice",
      { controllers: named(first, first, third) },
      /^controllers\[1\]\.privateIp is 10\.0\.1\.10, which controllers\[0\] has already/,
    ],
    [
      "what is no address",
      { controllers: named("10.0.1", second, third) },
      /^controllers\[0\]\.privateIp is "10\.0\.1", expected an IPv4 address/,
    ],
    [
      "subnets that overlap",
      { subnetCidrs: ["10.0.0.0/20", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"] },
      /^subnetCidrs\[1\] is 10\.0\.1\.0\/24, which overlaps with 10\.0\.0\.0\/20/,
    ],
    [
      "a range that does not parse",
      { subnetCidrs: ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/33"] },
      /^subnetCidrs\[2\] is "10\.0\.3\.0\/33", expected an IPv4 range/,
    ],
    [
      "a range with host bits",
      { subnetCidrs: ["10.0.1.1/24", "10.0.2.0/24", "10.0.3.0/24"] },
      /^subnetCidrs\[0\] is "10\.0\.1\.1\/24".*host bits zero/,
    ],
    [
      "a subnet outside the VPC",
      { vpcCidr: "10.1.0.0/16" },
      /^subnetCidrs\[0\] is 10\.0\.1\.0\/24, expected a range inside vpcCidr/,
    ],
    ["no subnets", { subnetCidrs: [] }, /^subnetCidrs is empty/],
    [
      "a VPC range that AWS does not take",
      { vpcCidr: "10.0.0.0/8" },
      /^vpcCidr is 10\.0\.0\.0\/8, expected a range from \/16 to \/28/,
    ],
    [
      "a VPC id that is none",
      { vpcId: "my-vpc" },
      /^vpcId is "my-vpc", expected an id such as vpc-/,
    ],
    [
      "zones that do not match the subnets",
      { availabilityZones: ["us-east-1a"] },
      /^availabilityZones has 1 entries, expected one for each of the 3/,
    ],
    [
      "a zone that is none",
      { availabilityZones: ["a", "us-east-1b", "us-east-1c"] },
      /^availabilityZones\[0\] is "a", expected a zone/,
    ],
    [
      "a version before 3.4",
      { version: "3.3.27" },
      /^version is 3\.3\.27, which is too old: before 3\.4 there are no learners/,
    ],
    [
      "a version that nobody knows",
      { version: "3.8.0" },
      /^version is 3\.8\.0, whose flags this project does not know/,
    ],
    [
      "a version without a patch",
      { version: "3.7" },
      /^version is "3\.7", expected a release's full number/,
    ],
    [
      "a version with a v",
      { version: "v3.7.3" },
      /^version is "v3\.7\.3", expected .* without a leading "v"/,
    ],
    [
      "a version that corrupts data",
      { version: "3.5.2" },
      /^version is 3\.5\.2, which can corrupt data/,
    ],
    ["nobody", { controllers: [] }, /^controllers names nobody\. Expected 1, 3, 5 or 7/],
    [
      "an even number of members",
      { controllers: named(first, second) },
      /^controllers names 2 members: an even number/,
    ],
    [
      "nine members",
      { controllers: named(...[10, 11, 12, 13, 14, 15, 16, 17, 18].map((n) => `10.0.1.${n}`)) },
      /^controllers names 9 members/,
    ],
    [
      "a name that is no host name",
      {
        controllers: [
          { name: "Controller_0", privateIp: first },
          ...named("", second, third).slice(1),
        ],
      },
      /^controllers\[0\]\.name is "Controller_0", expected a host name/,
    ],
    [
      "a name twice",
      { controllers: named(first, second, third).map((one) => ({ ...one, name: "same" })) },
      /^controllers\[1\]\.name is "same", which controllers\[0\] is called already/,
    ],
    [
      "a controller without an address",
      { controllers: [{ name: "controller-0" }] },
      /^controllers\[0\] has no privateIp/,
    ],
    [
      "a field that a controller does not have",
      { controllers: [{ name: "controller-0", privateIp: first, zone: "a" }] },
      /^controllers\[0\] has "zone", which is not a field of it/,
    ],
    ["a cluster name that is none", { clusterName: "my cluster" }, /^clusterName is "my cluster"/],
    [
      "a URL that is not one",
      { releaseUrl: "mirror.example.com" },
      /^releaseUrl is "mirror\.example\.com", expected a URL/,
    ],
    [
      "a mirror that curl takes for several",
      { releaseUrl: "https://mirror.example.com/{a,b}" },
      /^releaseUrl is "https:\/\/mirror\.example\.com\/\{a,b\}", expected a URL without spaces, braces/,
    ],
    [
      "a mirror of two lines",
      { releaseUrl: "https://mirror.example\n.com" },
      /^releaseUrl is "https:\/\/mirror\.example\\n\.com", expected a URL without spaces/,
    ],
    [
      "a URL of a kind that curl is not to fetch",
      { releaseUrl: "file:///tmp" },
      /^releaseUrl is "file:\/\/\/tmp"/,
    ],
    [
      "a URL with a password in it",
      { releaseUrl: "https://me:secret@example.com" },
      /^releaseUrl has a user, a query or a fragment/,
    ],
    [
      "a quota over etcd's maximum",
      { quotaGiB: 9 },
      /^quotaGiB is "9", expected a whole number from 1 to 8/,
    ],
    ["a number that is none", { quotaGiB: "lots" }, /^quotaGiB is "lots", expected a whole number/],
    [
      "a volume without room for a defragmentation",
      { dataVolumeGiB: 10 },
      /^dataVolumeGiB is 10, expected at least 20/,
    ],
    [
      "an instance type that is none",
      { instanceType: "large" },
      /^instanceType is "large", expected an EC2 instance type/,
    ],
    [
      "an instance type before Nitro",
      { instanceType: "t2.micro" },
      /^instanceType is t2\.micro, of a generation before Nitro/,
    ],
    [
      "nobody who may use SSH",
      { sshCidrs: [] },
      /^sshCidrs is empty, expected the ranges that may reach port 22/,
    ],
    [
      "SSH for everybody",
      { sshCidrs: ["0.0.0.0/0"] },
      /^sshCidrs has 0\.0\.0\.0\/0: port 22 would be open to everybody/,
    ],
    ["SSH for everybody on IPv6", { sshCidrs: ["::/0"] }, /^sshCidrs has ::\/0/],
    [
      "clients from everywhere, in two halves",
      { clientCidrs: ["0.0.0.0/1", "128.0.0.0/1"] },
      /^clientCidrs has 0\.0\.0\.0\/1: everybody could try port 2379, .* clientsFromAnywhere: true$/,
    ],
    [
      "half of the world by SSH",
      { sshCidrs: ["128.0.0.0/1"] },
      /^sshCidrs has 128\.0\.0\.0\/1: port 22/,
    ],
    [
      "two /8, side by side or not",
      { sshCidrs: ["3.0.0.0/8", "20.0.0.0/8"] },
      /^sshCidrs has 2 ranges that are wider than \/8 \(IPv6 \/16\) together: port 22/,
    ],
    [
      "private addresses and as many more",
      { sshCidrs: ["10.0.0.0/7"] },
      /^sshCidrs has 10\.0\.0\.0\/7: port 22/,
    ],
    [
      "all the world in pieces",
      {
        clientCidrs: Array.from(
          { length: 512 },
          (_, index) => `${index >> 1}.${(index % 2) * 128}.0.0/9`,
        ),
      },
      /^clientCidrs has 512 ranges that are wider than .* together: everybody could try port 2379/,
    ],
    [
      "all of IPv6 in pieces",
      { clientCidrs: ["2600::/16", "2a00::/16", "10.0.0.0/8"] },
      /^clientCidrs has 3 ranges that are wider than/,
    ],
    ["all of IPv6", { clientCidrs: ["2000::/3"] }, /^clientCidrs has 2000::\/3/],
    [
      "everybody without TLS, confirmed or not",
      {
        ...{ clientCidrs: ["::/0"], clientsFromAnywhere: true },
        ...{ tls: "off", publicAddresses: false },
      },
      /^clientCidrs has ::\/0, and tls is off: everybody could read and write everything/,
    ],
    [
      "no TLS with public addresses",
      { tls: "off" },
      /^tls is off, and the controllers have public addresses/,
    ],
    [
      "a client range that does not parse",
      { clientCidrs: ["10.0.0.0"] },
      /^clientCidrs\[0\] is "10\.0\.0\.0", expected a range/,
    ],
    [
      "a renewal window as long as the lifetime",
      { certificateRenewalDays: 365 },
      /^certificateRenewalDays is 365, expected 1 to 364/,
    ],
    [
      "a lifetime of nothing",
      { certificateLifetimeDays: 0 },
      /^certificateLifetimeDays is "0", expected a whole number from 1/,
    ],
    [
      "a CA that its leaves would outlive",
      { caLifetimeDays: 400 },
      /^caLifetimeDays is 400, expected at least 730/,
    ],
    [
      "a setting that does not exist, by a typo",
      { instnaceType: "t3.small" },
      /^instnaceType is not a setting\. Did you mean instanceType\?/,
    ],
    [
      "a setting that does not exist at all",
      { favouriteColour: "blue" },
      /^favouriteColour is not a setting\. There are: clusterName, /,
    ],
    [
      "true that is neither true nor false",
      { publicAddresses: "yes" },
      /^publicAddresses is "yes", expected true or false/,
    ],
    ["no way in", { publicAddresses: false }, /^bastion is not set, and publicAddresses is false/],
    [
      "a bastion without a host key",
      { bastion: { host: "b", user: "u" } },
      /^bastion has no hostKey/,
    ],
    [
      "a bastion's host key that is none",
      { bastion: { host: "b", user: "u", hostKey: "SHA256:abc" } },
      /^bastion has the hostKey "SHA256:abc", expected a line such as "ssh-ed25519/,
    ],
    [
      "a bastion's key without a bastion",
      { bastionPrivateKey: "x" },
      /^bastionPrivateKey is set, and bastion is not/,
    ],
    [
      "a private key in plain text",
      { sshPrivateKey: "x" },
      /^sshPrivateKey is in the stack's file in plain text/,
    ],
    [
      "a list that is none",
      { sshCidrs: "203.0.113.7/32" },
      /^sshCidrs is "203\.0\.113\.7\/32", expected a list/,
    ],
  ])("%s", (_, changes, expected) => {
    const errors = errorsIn(changes);
    expect(errors.filter((error) => expected.test(error))).toHaveLength(1);
  });

  it("an encrypted key that cannot be read is not shown", () => {
    const errors = errorsIn({ sshPrivateKey: "hunter2" }, ["sshPrivateKey"]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^sshPrivateKey cannot be read as a private key/);
    expect(errors[0]).not.toContain("hunter2");
  });

  it.each(["bastion", "quotaGiB", "verifyHostKeys", "tls"])(
    "an encrypted %s that is something else is not shown",
    (setting) => {
      const errors = errorsIn({ [setting]: "hunter2" }, [setting]);
      expect(errors.join()).toMatch(new RegExp(`${setting} is a secret, expected`));
      expect(errors.join()).not.toContain("hunter2");
    },
  );

  it.each(["verifyHostKeys", "snapshotUpload", "tls"])(
    "an empty %s: it is not taken for a no",
    (setting) => {
      expect(errorsIn({ [setting]: "" }).join()).toContain(`${setting} is "", expected`);
    },
  );

  it("a key of a kind that EC2 does not take", () => {
    const key = utils.generateKeyPairSync("ecdsa", { bits: 256 }).private;
    expect(errorsIn({ sshPrivateKey: key }, ["sshPrivateKey"])).toEqual([
      "sshPrivateKey is a key of type ecdsa-sha2-nistp256; EC2 takes ssh-ed25519 and ssh-rsa",
    ]);
  });

  it("all of them at once, with what to do", () => {
    const error = new SettingsError([
      { setting: "version", text: "is wrong" },
      { setting: "quotaGiB", text: "is wrong, too" },
    ]);
    expect(error.message).toBe(
      "2 settings are not right; nothing was changed:\n  version is wrong\n  quotaGiB is wrong, too\n" +
        "Pulumi.yaml describes each setting; change one with: pulumi config set <setting> <value>, " +
        "and what is in a list with: pulumi config set --path '<setting>[0]' <value>",
    );
    expect(errorsIn({ version: "3.3.0", quotaGiB: 0, sshCidrs: [] }).length).toBe(3);
  });
});

describe("what is meant is taken", () => {
  const key = makeKeyPair().privateKey;
  const bastion = {
    host: "bastion.example.com",
    user: "me",
    port: 2222,
    hostKey: "ssh-ed25519 AAAA",
  };

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      "all private addresses, an own /8 and a part of another",
      {
        sshCidrs: [
          "10.0.0.0/8",
          "172.16.0.0/12",
          "192.168.0.0/16",
          "100.64.0.0/10",
          "3.0.0.0/8",
          "20.0.0.0/9",
          "fc00::/8",
          "fd00::/8",
        ],
      },
      [],
    ],
    ["SSH for everybody, confirmed", { sshCidrs: ["0.0.0.0/0"], sshFromAnywhere: true }, []],
    ["a single member", { controllers: named("10.0.1.10") }, []],
    [
      "five members in one subnet",
      { controllers: named(...[10, 11, 12, 13, 14].map((n) => `10.0.1.${n}`)) },
      [],
    ],
    [
      "an existing VPC, whatever its range",
      { vpcId: "vpc-0123456789abcdef0", vpcCidr: "192.168.0.0/16" },
      [],
    ],
    ["a Graviton type", { instanceType: "t4g.small" }, []],
    ["a bastion", { publicAddresses: false, bastion }, []],
    ["a key of one's own", { sshPrivateKey: key }, ["sshPrivateKey"]],
    [
      "names and addresses of a load balancer",
      { serverNames: ["etcd.example.com", "10.9.8.7", "fd00::1", "*.etcd.internal"] },
      [],
    ],
    ["clients by IPv6", { clientCidrs: ["2001:db8::/32"] }, []],
    ["clients of a whole /8", { clientCidrs: ["10.0.0.0/8"] }, []],
    [
      "clients from everywhere, confirmed",
      { clientCidrs: ["0.0.0.0/0"], clientsFromAnywhere: true },
      [],
    ],
    ["no TLS in a private network", { tls: "off", publicAddresses: false, bastion }, []],
  ])("%s", (_, changes, secrets) => {
    expect(errorsIn(changes, secrets)).toEqual([]);
  });
});

describe("a release's file", () => {
  const file = path.join(tempFolder(), "etcd.tar.gz");
  writeFileSync(file, "no release");
  const install = { install: "file", releaseFile: file };

  it("is refused where it is not what was published", () => {
    expect(errorsIn({ ...install, version: "3.6.14" })).toEqual([
      expect.stringMatching(
        /^releaseFile is "\S+", whose SHA-256 is [0-9a-f]{64}: expected that of etcd 3\.6\.14, ffe840\w+ \(amd64\) or fa1b80\w+ \(arm64\)\. .*ownReleases: true/,
      ),
    ]);
  });

  it.each([
    ["it is told to be a build of one's own", { version: "3.6.14", ownReleases: true }],
    ["the release is newer than what is known", { version: "3.7.98" }],
  ])("is taken where %s", (_, changes) => {
    expect(errorsIn({ ...install, ...changes })).toEqual([]);
  });
});

describe("a release that is downloaded", () => {
  const source = (changes: Record<string, unknown>) =>
    releaseSource(readSettings({ values: rawSettings(changes), secrets: [] }));

  it("is compared with what is known, wherever it comes from", () => {
    const url = "https://mirror.example.com";
    expect(source({ version: "3.6.14", releaseUrl: url })).toMatchObject({
      url,
      checksums: knownChecksums("3.6.14"),
    });
  });

  it("is believed as its mirror has it where it is a build of one's own", () => {
    expect(source({ version: "3.6.14", ownReleases: true })).toMatchObject({
      checksums: undefined,
    });
  });
});

describe("a warning", () => {
  const warnings = (changes: Record<string, unknown>) =>
    warningsOf(readSettings({ values: rawSettings(changes), secrets: [] }));

  it("is not given for the defaults", () => expect(warnings({})).toEqual([]));

  it("is given for a version that nobody maintains", () => {
    expect(warnings({ version: "3.4.45" })).toEqual([
      "version is 3.4.45, for which etcd's project makes no fixes any more, and which has known holes (GHSA-xg4h-6gfc-h4m8, CVE-2026-73500): go to 3.5 or later, one minor version at a time",
    ]);
    expect(warnings({ version: "3.7.0" })).toEqual([
      "version is 3.7.0, which has known holes (GHSA-xg4h-6gfc-h4m8, CVE-2026-73500): go to 3.7.3, the newest 3.7 that is known here, or a later one",
    ]);
    for (const version of ["3.5.35", "3.6.16", "3.7.3"]) {
      expect(warnings({ version })).toEqual([]);
    }
  });

  it("is given for a profile of a member's memory, which each client can read", () => {
    const told = (extraFlags: object) => warnings({ extraFlags });
    const expected: unknown[] = [
      expect.stringMatching(/^extraFlags has enable-pprof or log-level debug: each/),
    ];
    expect(told({ "enable-pprof": true })).toEqual(expected);
    expect(told({ "log-level": "debug" })).toEqual(expected);
    expect(warnings({ version: "3.4.45", extraFlags: { debug: true } })).toEqual([
      expect.stringMatching(/^version is 3\.4\.45/),
      ...expected,
    ]);
    expect(told({ "enable-pprof": false, "log-level": "warn" })).toEqual([]);
  });

  it("is given for revisions that look like hours", () => {
    expect(warnings({ compactionRetention: "8" })).toEqual([
      "compactionRetention is 8, which keeps as many revisions; as many hours are 8h",
    ]);
    expect(warnings({ compactionRetention: "0" })).toEqual([]);
    expect(warnings({ compactionRetention: "10000" })).toEqual([]);
  });

  it("is given for a mirror without TLS, and for SSH from everywhere", () => {
    expect(warnings({ releaseUrl: "http://mirror.example.com" })).toEqual([
      expect.stringContaining("releaseUrl is plain HTTP"),
    ]);
    expect(warnings({ sshCidrs: ["0.0.0.0/0"], sshFromAnywhere: true })).toEqual([
      expect.stringContaining("sshCidrs lets everybody try port 22"),
    ]);
  });
});

describe("whatever is written into a setting", () => {
  const defaults = rawSettings();
  const names = Object.keys(defaults);
  it("is read or refused, and never an accident", () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.oneof(fc.string(), fc.json()), (name, value) => {
        const values = { ...defaults, [name]: value };
        try {
          readSettings({ values, secrets: [] });
        } catch (error) {
          expect(error).toBeInstanceOf(SettingsError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
