import { beforeAll, describe, expect, it } from "vitest";
import { makeKeyPair } from "../../lab/keyPair";
import { type Recording, record, type Registration } from "./program";

/** How Pulumi writes a secret in a registration. */
const secretMark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const isSecret = (value: unknown) => expect(value).toMatchObject(secretMark);

const instance = "aws:ec2/instance:Instance";
const ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const command = "command:remote:Command";
const leaf = "tls:index/locallySignedCert:LocallySignedCert";

/** The dev stack's own network: one subnet, three addresses in it. */
const devStack = {
  subnetCidrs: ["10.0.1.0/24"],
  controllers: [10, 11, 12].map((host, index) => ({
    name: `controller-${index}`,
    privateIp: `10.0.1.${host}`,
  })),
};

let program: Recording;
beforeAll(async () => {
  program = await record(devStack);
});

describe("the network", () => {
  it("is a VPC with one public subnet", () => {
    expect(program.get("aws:ec2/vpc:Vpc", "vpc").inputs).toMatchObject({
      cidrBlock: "10.0.0.0/16",
    });
    expect(program.all("aws:ec2/subnet:Subnet").map((one) => one.inputs)).toEqual([
      expect.objectContaining({ cidrBlock: "10.0.1.0/24", availabilityZone: "us-east-1a" }),
    ]);
    expect(program.get("aws:ec2/route:Route", "internet").inputs).toMatchObject({
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: "internet-id",
    });
  });

  it("lets in what is named, and nothing else", () => {
    const rules = program.all(ingress).map(({ inputs }) => inputs);
    const rule = (port: number, source: object) => ({
      securityGroupId: "members-id",
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
      ...source,
    });
    expect(rules).toHaveLength(4);
    expect(rules).toEqual(
      expect.arrayContaining([
        rule(22, { cidrIpv4: "203.0.113.7/32" }),
        rule(2380, { referencedSecurityGroupId: "members-id" }),
        rule(2379, { referencedSecurityGroupId: "members-id" }),
        rule(2379, { referencedSecurityGroupId: "clients-id" }),
      ]),
    );
  });
});

describe("a controller", () => {
  it("has its address, its subnet, and the safe choices of EC2", () => {
    expect(program.all(instance).map((one) => one.inputs["privateIp"])).toEqual([
      "10.0.1.10",
      "10.0.1.11",
      "10.0.1.12",
    ]);
    expect(program.get(instance, "controller-1").inputs).toMatchObject({
      instanceType: "t3.medium",
      subnetId: "subnet-10.0.1.0-24-id",
      keyName: "etcd-key",
      vpcSecurityGroupIds: ["members-id"],
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: { encrypted: true, volumeType: "gp3" },
      tags: { Name: "controller-1" },
    });
  });

  it("has its host key in secret user data", () => {
    const { userData } = program.get(instance, "controller-0").inputs;
    isSecret(userData);
    expect(userData.value).toContain("PRIVATE KEY OPENSSH of controller-0-host");
  });

  it("has another host key with another machine, and only once that is admitted", () => {
    const key = program.get("tls:index/privateKey:PrivateKey", "controller-0-host");
    expect(key.hasReplacementTrigger).toBe(true);
    expect(key.dependencies).toEqual([expect.stringMatching(/:Stash::change$/)]);
  });

  it("keeps what it was made with, until it is made anew on request", () => {
    const made = program.get("pulumi:index:Stash", "controller-0-launch-spec");
    expect(Object.keys(made.inputs["input"]).sort()).toEqual(
      [
        ...["ami", "associatePublicIpAddress", "keyName", "privateIp", "subnetId", "userData"],
      ].sort(),
    );
    isSecret(made.inputs["input"].userData);
    const { deleteBeforeReplace, hasReplacementTrigger } = program.get(instance, "controller-0");
    expect([made.hasReplacementTrigger, hasReplacementTrigger]).toEqual([true, true]);
    expect(deleteBeforeReplace).toBe(true);
  });

  it("is stopped and started in turn", () => {
    expect(program.get(instance, "controller-0").hooks).toMatchObject({
      beforeUpdate: ["etcd-machine-before-update"],
      afterUpdate: ["etcd-machine-after-update"],
      onError: ["etcd-machine-error"],
    });
  });

  it("is made, with its data, only after the change has passed the gate", () => {
    for (const [type, name] of [
      ["pulumi:index:Stash", "controller-0-launch-spec"],
      ["aws:ebs/volume:Volume", "controller-0-data"],
    ]) {
      const { dependencies } = program.get(type!, name!);
      expect(dependencies.some((urn) => urn.endsWith("Stash::change"))).toBe(true);
    }
  });

  it("has an encrypted data volume of its own", () => {
    const volume = program.get("aws:ebs/volume:Volume", "controller-2-data");
    expect(volume.inputs).toMatchObject({ encrypted: true, type: "gp3", size: 20 });
    const attachment = program.get(
      "aws:ec2/volumeAttachment:VolumeAttachment",
      "controller-2-data",
    );
    expect(attachment.inputs).toMatchObject({
      instanceId: "controller-2-id",
      volumeId: "controller-2-data-id",
      stopInstanceBeforeDetaching: true,
    });
  });
});

describe("the data", () => {
  const volume = "aws:ebs/volume:Volume";
  const kept = (recording: Recording) =>
    recording
      .all(volume)
      .filter((one) => one.retainOnDelete)
      .map(({ name }) => name)
      .sort();

  it("stays in AWS, whatever becomes of the stack, and a destroy says where", () => {
    expect(kept(program)).toEqual(["controller-0-data", "controller-1-data", "controller-2-data"]);
    const { inputs, dependencies } = program.get("command:local:Command", "kept-data");
    expect(inputs).toMatchObject({ delete: "cat >&2 || exit 0", logging: "stderr" });
    expect(inputs).not.toHaveProperty("create");
    for (const { name } of program.all(volume)) {
      const member = name.replace("-data", "");
      expect(inputs["stdin"]).toContain(`  data of ${member}: volume ${name}-id in us-east-1a\n`);
      expect(dependencies.some((urn) => urn.endsWith(`Volume::${name}`))).toBe(true);
    }
  });

  it("goes where the stack says so, and nothing is said", async () => {
    const deleted = await record({ ...devStack, deleteData: true });
    expect(deleted.all(volume)).toHaveLength(3);
    expect(kept(deleted)).toEqual([]);
    expect(deleted.get("command:local:Command", "kept-data").inputs["stdin"]).toBe("");
  });
});

describe("certificates", () => {
  it("are separate for peers, servers and clients, and none signs but the CA's", () => {
    const uses = Object.fromEntries(
      program.all(leaf).map(({ name, inputs }) => [name, inputs["allowedUses"].join(" ")]),
    );
    const both = "digital_signature server_auth client_auth";
    const client = "digital_signature client_auth";
    expect(uses).toEqual({
      client,
      operator: client,
      "controller-0-peer": both,
      "controller-1-peer": both,
      "controller-2-peer": both,
      "controller-0-server": both,
      "controller-1-server": both,
      "controller-2-server": both,
    });
  });

  it("name every address that a client uses", () => {
    const request = program.get("tls:index/certRequest:CertRequest", "controller-0-server").inputs;
    expect(request).toMatchObject({
      dnsNames: ["controller-0", "localhost"],
      ipAddresses: ["10.0.1.10", "203.0.113.10", "127.0.0.1", "::1"],
    });
  });

  it("are of P-256 keys, and end before their CA does", () => {
    const keys = program.all("tls:index/privateKey:PrivateKey");
    const curves = keys.map(({ name, inputs }) => [
      name,
      inputs["ecdsaCurve"] ?? inputs["algorithm"],
    ]);
    const ssh = curves.filter(([, kind]) => kind === "ED25519").map(([name]) => name);
    expect(ssh).toEqual(["ssh", "controller-0-host", "controller-1-host", "controller-2-host"]);
    expect(curves.filter(([, kind]) => kind === "P256")).toHaveLength(keys.length - ssh.length);
    for (const name of ["ca", "peer-ca"]) {
      const ca = program.get("tls:index/selfSignedCert:SelfSignedCert", name).inputs;
      expect(ca).toMatchObject({ isCaCertificate: true, validityPeriodHours: 87600 });
      for (const { inputs } of program.all(leaf)) {
        expect(inputs).toMatchObject({ validityPeriodHours: 8760, earlyRenewalHours: 2880 });
        expect(ca["earlyRenewalHours"]).toBeGreaterThan(inputs["validityPeriodHours"]);
      }
    }
  });

  it("are of two CAs: what members show each other is of one that no client has", () => {
    const issuers = program.all(leaf).map(({ name, inputs }) => [name, inputs["caCertPem"]]);
    const peers = issuers.filter(([name]) => name.endsWith("-peer"));
    expect(peers).toHaveLength(3);
    for (const [name, issuer] of issuers) {
      expect([name, issuer]).toEqual([
        name,
        name.endsWith("-peer") ? "CERTIFICATE of peer-ca" : "CERTIFICATE of ca",
      ]);
    }
  });
});

describe("the members", () => {
  it("are few commands: what it needs and a member each, and one look at the whole", () => {
    expect(
      program
        .all(command)
        .map((one) => one.name)
        .sort(),
    ).toEqual(
      [
        ...["controller-0", "controller-1", "controller-2"].flatMap((n) => [n, `${n}-stage`]),
        "health",
      ].sort(),
    );
  });

  it("start together: none waits for another, and each for what all need", () => {
    const { dependencies } = program.get(command, "controller-1");
    const names = dependencies.map((urn) => urn.split("::").at(-1));
    expect(names).toEqual(
      expect.arrayContaining(["controller-0-stage", "controller-1-stage", "controller-2-stage"]),
    );
    const members = dependencies.filter((urn) => /remote:Command::controller-\d$/.test(urn));
    expect(members).toEqual([]);
  });

  it("are each decided on before they change, one at a time", () => {
    expect(program.get(command, "controller-0").hooks).toEqual({
      beforeCreate: ["etcd-member-before"],
      afterCreate: ["etcd-member-after"],
      beforeUpdate: ["etcd-member-before"],
      afterUpdate: ["etcd-member-after"],
      onError: ["etcd-member-error"],
    });
  });

  it("are told whose they are, and nothing of what to do: that is in the permit", () => {
    const id = program.get("pulumi:index:Stash", "cluster-id");
    expect(id.inputs["input"]).toMatch(/^[0-9a-f]{32}$/);
    // Another draw is no change.
    expect(id.ignoreChanges).toEqual(["input"]);
    const { create, update } = program.get(command, "controller-0").inputs;
    expect(create).toMatch(/^sudo -n bash -s -- member name=controller-0 version=3\.7\.3 /);
    expect(create).toContain(` cluster=${id.inputs["input"]} cluster_name=etcd `);
    expect(create).toContain(" stack=organization/etcd/test ");
    expect(create).toMatch(/ digest=[0-9a-f]{64} /);
    expect(create).not.toMatch(/ (action|founders|token|permit)=/);
    expect(update).toBe(create);
  });

  it("run again on another machine, though its address is the same", () => {
    const machine = / machine=controller-1-id\/t3.medium(\/0\.0)?$/;
    for (const name of ["controller-1", "controller-1-stage"]) {
      expect(program.get(command, name).inputs["update"]).toMatch(machine);
    }
  });

  it("get their keys by secret standard input alone", () => {
    for (const { name, inputs } of program.all(command)) {
      expect(JSON.stringify([inputs["create"], inputs["update"]])).not.toContain("PRIVATE");
      if (/^controller-\d-stage$/.test(name)) {
        isSecret(inputs["stdin"]);
      }
    }
  });

  it("show what is asked of them to the reader of a preview", () => {
    const { desired: input } = program.get("pulumi:index:Stash", "change").inputs["input"];
    expect(Object.keys(input.members)).toEqual(["controller-0", "controller-1", "controller-2"]);
    expect(input.members["controller-1"].unit).toContain("--quota-backend-bytes=8589934592 ");
    expect(input).toMatchObject({ version: "3.7.3", certificateAuthorities: [1] });
  });

  it("are never deleted by dialling a machine that may be gone", () => {
    expect(program.all(command).filter((one) => "delete" in one.inputs)).toEqual([]);
  });

  it("are verified by their host keys", () => {
    for (const { inputs } of program.all(command)) {
      isSecret(inputs["connection"]);
      expect(inputs["connection"].value.hostKey).toMatch(/^ssh-ed25519 controller-\d-host$/);
    }
  });
});

describe("the outputs", () => {
  it("are the contract, and the keys in it are secret", () => {
    const secret = Object.entries(program.outputs)
      .filter(([, output]) => output.secret)
      .map(([name]) => name);
    // No key that is root on a machine: whoever may read `endpoints` could read it.
    expect(secret.sort()).toEqual(["clientKeyPem", "clients", "connections"]);
    expect(Object.keys(program.outputs).sort()).toEqual(
      [
        ...secret,
        ...["endpoints", "members", "caCertPem", "clientCertPem", "health", "etcdctl", "ssh"],
        ...["clientSecurityGroupId", "version", "clusterId", "clusterName", "stack"],
      ].sort(),
    );
  });

  it("have no key in what is not secret", () => {
    const plain = Object.values(program.outputs).filter((output) => !output.secret);
    expect(JSON.stringify(plain)).not.toContain("PRIVATE");
  });

  it("put a client's key where its owner alone can read it", () => {
    const lines = String(program.outputs["etcdctl"].value).split("\n");
    expect(lines[0]).toBe("install -d -m 0700 .etcd .etcd/test");
    expect(lines).toContain(
      "(umask 077 && pulumi stack output clientKeyPem --stack test --show-secrets > .etcd/test/client-key.pem)",
    );
    expect(lines.at(-1)).toContain('ETCDCTL_KEY="$PWD/.etcd/test/client-key.pem"');
  });

  it("tell of the members and their health", () => {
    expect(program.outputs["members"].value[2]).toEqual({
      name: "controller-2",
      privateIp: "10.0.1.12",
      publicIp: "203.0.113.12",
      machineId: "controller-2-id",
      peerUrl: "https://10.0.1.12:2380",
      clientUrl: "https://10.0.1.12:2379",
      service: "etcd",
      dataDirectory: "/var/lib/etcd",
      configDirectory: "/etc/etcd",
      binaries: "/opt/etcd/v3.7.3/bin",
    });
    const names = ["controller-0", "controller-1", "controller-2"];
    const ends = (all: string[], end: string) => Object.fromEntries(all.map((name) => [name, end]));
    expect(program.outputs["health"].value).toMatchObject({
      healthy: true,
      certificates: {
        ...ends(["ca", "peer-ca"], "2036-11-21T12:00:00Z"),
        ...ends(["client", "operator"], "2027-11-21T12:00:00Z"),
        ...ends(
          names.flatMap((name) => [`${name}-server`, `${name}-peer`]),
          "2027-11-21T12:00:00Z",
        ),
      },
    });
  });
});

describe("other stacks", () => {
  it("three subnets are spread over the zones, each controller in the one of its address", async () => {
    const spread = await record();
    const subnets = spread.all("aws:ec2/subnet:Subnet").map(({ inputs }) => inputs);
    expect(subnets.map((one) => [one["cidrBlock"], one["availabilityZone"]])).toEqual([
      ["10.0.1.0/24", "us-east-1a"],
      ["10.0.2.0/24", "us-east-1b"],
      ["10.0.3.0/24", "us-east-1a"],
    ]);
    expect(spread.get(instance, "controller-2").inputs["subnetId"]).toBe("subnet-10.0.3.0-24-id");
  });

  it("an existing VPC is not made, and its internet gateway is used", async () => {
    const existing = await record({ vpcId: "vpc-0123456789abcdef0" });
    expect(existing.all("aws:ec2/vpc:Vpc")).toEqual([]);
    expect(existing.all("aws:ec2/internetGateway:InternetGateway")).toEqual([]);
    expect(existing.get("aws:ec2/route:Route", "internet").inputs["gatewayId"]).toBe(
      "igw-existing",
    );
    expect(existing.get("aws:ec2/subnet:Subnet", "subnet-10.0.1.0-24").inputs["vpcId"]).toBe(
      "vpc-0123456789abcdef0",
    );
  });

  it("Graviton controllers get an image for arm64", async () => {
    const arm = await record({ instanceType: "t4g.small" });
    expect(arm.get(instance, "controller-0").inputs["ami"]).toContain("/current/arm64/");
  });

  it("controllers without public addresses are reached through the bastion, verified, too", async () => {
    const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5";
    const bastion = { host: "bastion.example.com", user: "me", hostKey };
    const { privateKey } = makeKeyPair();
    const settings = { publicAddresses: false, bastion, bastionPrivateKey: privateKey };
    const hidden = await record(settings, ["bastionPrivateKey"]);
    expect(hidden.all("aws:ec2/route:Route")).toEqual([]);
    expect(hidden.get(instance, "controller-0").inputs["associatePublicIpAddress"]).toBe(false);
    const connection = hidden.get(command, "controller-0").inputs["connection"].value;
    expect(connection).toMatchObject({
      host: "10.0.1.10",
      proxy: { host: "bastion.example.com", user: "me", port: 22, hostKey, privateKey },
    });
    expect(hidden.outputs["ssh"].value[0].bastion).toEqual({
      host: "bastion.example.com",
      user: "me",
      port: 22,
      hostKey,
    });
  });

  it("clients in named ranges reach 2379", async () => {
    const { all } = await record({ clientCidrs: ["10.8.0.0/16", "2001:db8::/32"] });
    const sources = all(ingress)
      .filter(({ inputs }) => inputs["fromPort"] === 2379)
      .map(({ inputs }) => inputs["cidrIpv4"] ?? inputs["cidrIpv6"])
      .filter(Boolean);
    expect(sources).toEqual(["10.8.0.0/16", "2001:db8::/32"]);
  });

  it("on the way to a new CA both are trusted, and the first of them issues", async () => {
    const { all, get, outputs } = await record({ certificateAuthorities: [2, 1] });
    expect(all("tls:index/selfSignedCert:SelfSignedCert").map(({ name }) => name)).toEqual([
      "ca-2",
      "ca",
      "peer-ca-2",
      "peer-ca",
    ]);
    expect(get("tls:index/selfSignedCert:SelfSignedCert", "ca-2").inputs["subject"]).toEqual({
      commonName: "etcd CA 2",
      organization: "etcd",
    });
    for (const { name, inputs } of all(leaf)) {
      const issuer = name.endsWith("-peer") ? "peer-ca-2" : "ca-2";
      expect(inputs["caCertPem"]).toBe(`CERTIFICATE of ${issuer}`);
    }
    // Oldest first, whoever issues: the members' file stays as it is when the issuer changes.
    expect(outputs["caCertPem"].value).toBe("CERTIFICATE of caCERTIFICATE of ca-2");
  });

  it("members run with the flags that settings tune and add", async () => {
    const { get } = await record({
      compactionRetention: "10000",
      heartbeatIntervalMs: 200,
      electionTimeoutMs: 2000,
      extraFlags: { "max-request-bytes": 10485760 },
    });
    const { members } = get("pulumi:index:Stash", "change").inputs["input"].desired;
    for (const { unit } of Object.values<{ unit: string }>(members)) {
      expect(unit).toContain("--auto-compaction-retention=10000 ");
      expect(unit).toContain("--heartbeat-interval=200 ");
      expect(unit).toContain("--election-timeout=2000 ");
      expect(unit).toContain("--max-request-bytes=10485760 ");
    }
    expect(Object.keys(members)).toHaveLength(3);
  });

  it("with errors in its settings registers nothing at all", async () => {
    const registrations: Registration[] = [];
    await expect(record({ version: "3.3.0", quotaGiB: 99 }, [], registrations)).rejects.toThrow(
      /2 settings are not right; nothing was changed:\n {2}quotaGiB .*\n {2}version /,
    );
    expect(registrations).toEqual([]);
  });
});
