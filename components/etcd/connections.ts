import { type Client, type Preset, presets } from "./access";

/** Where a client finds its cluster, and what it shows there. */
export interface Connection {
  readonly endpoints: readonly string[];
  /** Of ca.pem, client.pem and client-key.pem. */
  readonly folder: string;
  readonly username: string;
  readonly password: string;
  /** Whether a client may do what its role says, and nothing else. */
  readonly isControlled: boolean;
}

interface OwnConnection extends Connection {
  /** Where its keys begin. */
  readonly prefix: string;
}

/** Where a client's files lie, unless somebody says otherwise: seen from the folder that a person is in. */
export const clientFolder = (stack: string, client: string) => `.etcd/${stack}/${client}`;

/** The lines or the file by which a client reads where its cluster is, in its own words. */
export function connectionText(client: Client, connection: Connection): string {
  const { preset, password, prefixes } = client;
  const write = preset === "" ? environment : forms[preset];
  return write({
    ...connection,
    password: password ? connection.password : "",
    prefix: prefixes[0] ?? "",
  });
}

/** etcdctl's, and of many a program that is written in Go. */
function environment({ endpoints, folder }: Connection): string {
  return lines(
    `ETCDCTL_ENDPOINTS=${endpoints.join(",")}`,
    `ETCDCTL_CACERT=${folder}/ca.pem`,
    `ETCDCTL_CERT=${folder}/client.pem`,
    `ETCDCTL_KEY=${folder}/client-key.pem`,
  );
}

const forms: Readonly<Record<Preset, (connection: OwnConnection) => string>> = {
  kubernetes: ({ endpoints, folder, prefix, isControlled }) =>
    lines(
      `--etcd-servers=${endpoints.join(",")}`,
      `--etcd-cafile=${folder}/ca.pem`,
      `--etcd-certfile=${folder}/client.pem`,
      `--etcd-keyfile=${folder}/client-key.pem`,
      ...(prefix === presets.kubernetes.prefixes[0]
        ? []
        : [`--etcd-prefix=${withoutSlash(prefix)}`]),
      // To compact takes all rights; the cluster does it by itself.
      ...(isControlled ? ["--etcd-compaction-interval=0"] : []),
    ),
  k3s: ({ endpoints, folder, isControlled }) =>
    lines(
      `--datastore-endpoint=${endpoints.join(",")}`,
      `--datastore-cafile=${folder}/ca.pem`,
      `--datastore-certfile=${folder}/client.pem`,
      `--datastore-keyfile=${folder}/client-key.pem`,
      ...(isControlled ? ["--kube-apiserver-arg=etcd-compaction-interval=0"] : []),
    ),
  patroni: ({ endpoints, folder, username, password, prefix }) =>
    lines(
      `namespace: ${prefix}`,
      "etcd3:",
      `  hosts: ${endpoints.map(hostAndPort).join(",")}`,
      "  protocol: https",
      `  cacert: ${folder}/ca.pem`,
      `  cert: ${folder}/client.pem`,
      `  key: ${folder}/client-key.pem`,
      ...(password === "" ? [] : [`  username: ${username}`, `  password: ${password}`]),
    ),
  apisix: ({ endpoints, folder, username, password, prefix }) =>
    lines(
      "deployment:",
      "  etcd:",
      `    host: [${endpoints.map((url) => `"${url}"`).join(", ")}]`,
      `    prefix: ${withoutSlash(prefix)}`,
      "    tls:",
      `      cert: ${folder}/client.pem`,
      `      key: ${folder}/client-key.pem`,
      ...(password === "" ? [] : [`    user: ${username}`, `    password: ${password}`]),
      "apisix:",
      "  ssl:",
      `    ssl_trusted_certificate: ${folder}/ca.pem`,
    ),
  calico: ({ endpoints, folder }) =>
    lines(
      "apiVersion: projectcalico.org/v3",
      "kind: CalicoAPIConfig",
      "metadata:",
      "spec:",
      "  datastoreType: etcdv3",
      `  etcdEndpoints: ${endpoints.join(",")}`,
      `  etcdCACertFile: ${folder}/ca.pem`,
      `  etcdCertFile: ${folder}/client.pem`,
      `  etcdKeyFile: ${folder}/client-key.pem`,
    ),
  cilium: ({ endpoints, folder }) =>
    lines(
      "endpoints:",
      ...endpoints.map((url) => `  - ${url}`),
      `trusted-ca-file: ${folder}/ca.pem`,
      `cert-file: ${folder}/client.pem`,
      `key-file: ${folder}/client-key.pem`,
    ),
  vault: ({ endpoints, folder, prefix }) =>
    lines(
      'storage "etcd" {',
      `  address       = "${endpoints.join(",")}"`,
      '  etcd_api      = "v3"',
      `  path          = "${prefix}"`,
      `  tls_ca_file   = "${folder}/ca.pem"`,
      `  tls_cert_file = "${folder}/client.pem"`,
      `  tls_key_file  = "${folder}/client-key.pem"`,
      "}",
    ),
  coredns: ({ endpoints, folder, prefix }) =>
    lines(
      "etcd {",
      `  path ${withoutSlash(prefix)}`,
      `  endpoint ${endpoints.join(" ")}`,
      `  tls ${folder}/client.pem ${folder}/client-key.pem ${folder}/ca.pem`,
      "}",
    ),
  traefik: ({ endpoints, folder, prefix }) =>
    lines(
      "providers:",
      "  etcd:",
      `    endpoints: [${endpoints.map((url) => `"${hostAndPort(url)}"`).join(", ")}]`,
      `    rootKey: ${withoutSlash(prefix)}`,
      "    tls:",
      `      ca: ${folder}/ca.pem`,
      `      cert: ${folder}/client.pem`,
      `      key: ${folder}/client-key.pem`,
    ),
};

const withoutSlash = (prefix: string) => prefix.replace(/\/$/, "");

const hostAndPort = (url: string) => url.replace(/^https?:\/\//, "");

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join("");
