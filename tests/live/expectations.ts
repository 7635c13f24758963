import { expect } from "vitest";
import { askHealth } from "../../components/etcd/remote/health";
import type { StackOutputs } from "../../operator/stack";
import { createTls } from "../../lab/inprocess/tls";
import { type Credentials, etcdctl, isLetIn, onController } from "./cluster";

/** What must be true of every cluster, however it was made. */

export async function expectThreeHealthyMembers(outputs: StackOutputs): Promise<void> {
  const health = await askHealth(outputs);
  expect(health).toMatchObject({ healthy: true, verdict: "all 3 members are healthy" });
  expect(health.members.map((member) => member.name)).toEqual([
    "controller-0",
    "controller-1",
    "controller-2",
  ]);
  expect(new Set(health.members.map((member) => member.version))).toEqual(
    new Set([outputs.version]),
  );
  expect(health.members.filter((member) => member.leader)).toHaveLength(1);
}

/** What is put on one member is read on each other one. */
export async function expectPutAndGet(outputs: StackOutputs): Promise<void> {
  for (const [index, endpoint] of outputs.endpoints.entries()) {
    const value = `written at ${Date.now()}`;
    await etcdctl(outputs, ["put", `key-${index}`, value], endpoint);
    for (const other of outputs.endpoints.filter((one) => one !== endpoint)) {
      const read = await etcdctl(outputs, ["get", `key-${index}`, "--print-value-only"], other);
      expect(read).toBe(value);
    }
  }
}

/**
 * Clients without a certificate of the cluster's CA are refused on every port of every member; those with one are
 * let in as clients, and as nothing else: on the peers' port they could forge entries of the log.
 */
export async function expectStrangersRefused(outputs: StackOutputs): Promise<void> {
  const stranger = await foreignClient();
  const client = { cert: outputs.clientCertPem, key: outputs.clientKeyPem };
  const member = { ...client, ca: outputs.caCertPem };
  for (const { name, privateIp } of outputs.members) {
    const onMember = (command: string) => onController(outputs, name, command);
    const peerCa = await onMember("sudo cat /etc/etcd/pki/peer-ca.crt");
    // From its own machine alone: etcd compares a peer's address with those in its certificate.
    const asPeer = "sudo curl -sS --http1.1 --cacert peer-ca.crt --cert peer.crt --key peer.key";
    const url = `https://${privateIp}:2380/version`;
    expect(await onMember(`cd /etc/etcd/pki && ${asPeer} ${url}`)).toContain("etcdserver");
    for (const port of [2379, 2380]) {
      const ca = port === 2379 ? outputs.caCertPem : peerCa;
      const refused: Record<string, Credentials> = {
        "no certificate": { ca },
        stranger: { ...stranger, ca },
        ...(port === 2380 && { "a client of the cluster": { ...client, ca } }),
      };
      for (const [who, credentials] of Object.entries(refused)) {
        expect([who, port, await isLetIn(privateIp, port, credentials)]).toEqual([
          who,
          port,
          false,
        ]);
      }
    }
    expect(await isLetIn(privateIp, 2379, member)).toBe(true);
    // The other way round: a client that trusts another CA does not talk to this server.
    expect(await isLetIn(privateIp, 2379, { ...member, ca: stranger.ca })).toBe(false);
  }
}

/** A client certificate of a CA that the cluster does not know. */
async function foreignClient(): Promise<{ ca: string; cert: string; key: string }> {
  const make = async (type: string, inputs: Record<string, unknown>) =>
    (await createTls(`tls:index/${type}`, inputs)).state as Record<string, string>;
  const p256 = { algorithm: "ECDSA", ecdsaCurve: "P256" };
  const caKey = (await make("privateKey:PrivateKey", p256))["privateKeyPem"]!;
  const ca = await make("selfSignedCert:SelfSignedCert", {
    privateKeyPem: caKey,
    subject: { commonName: "etcd CA", organization: "etcd" },
    isCaCertificate: true,
    allowedUses: ["cert_signing"],
    validityPeriodHours: 1,
  });
  const key = (await make("privateKey:PrivateKey", p256))["privateKeyPem"]!;
  const request = await make("certRequest:CertRequest", {
    privateKeyPem: key,
    subject: { commonName: "client", organization: "etcd" },
  });
  const cert = await make("locallySignedCert:LocallySignedCert", {
    certRequestPem: request["certRequestPem"],
    caPrivateKeyPem: caKey,
    caCertPem: ca["certPem"],
    allowedUses: ["client_auth"],
    validityPeriodHours: 1,
  });
  return { ca: ca["certPem"]!, cert: cert["certPem"]!, key };
}

/** The files on a machine, as `mode owner:group path`. */
export async function expectFilesProtected(outputs: StackOutputs): Promise<void> {
  const list =
    "sudo find /etc/etcd/pki/ /var/lib/etcd -maxdepth 1 -printf '%m %u:%g %p\\n' | sort -k3";
  for (const { name } of outputs.members) {
    expect((await onController(outputs, name, list)).split("\n")).toEqual([
      "755 root:root /etc/etcd/pki/",
      "600 etcd:etcd /etc/etcd/pki/ca.crt",
      "600 root:root /etc/etcd/pki/operator.crt",
      "600 root:root /etc/etcd/pki/operator.key",
      "600 etcd:etcd /etc/etcd/pki/peer-ca.crt",
      "600 etcd:etcd /etc/etcd/pki/peer.crt",
      "600 etcd:etcd /etc/etcd/pki/peer.key",
      "600 etcd:etcd /etc/etcd/pki/revoked.crl",
      "600 etcd:etcd /etc/etcd/pki/server.crt",
      "600 etcd:etcd /etc/etcd/pki/server.key",
      "700 etcd:etcd /var/lib/etcd",
      "644 etcd:etcd /var/lib/etcd/cluster-id",
      "700 etcd:etcd /var/lib/etcd/member",
    ]);
  }
}

/** Nothing that was printed has a key in it, neither in PEM nor in base64 of it. */
export function expectNoPrivateKey(text: string): void {
  // "PRIVATE KEY" in base64, at each of the three offsets that it can have.
  for (const sign of ["PRIVATE KEY", "UFJJVkFURSBLRVk", "BSSVZBVEUgS0VZ", "QUklWQVRFIEtFW"]) {
    expect(text.includes(sign)).toBe(false);
  }
}
