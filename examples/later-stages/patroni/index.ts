// Two PostgreSQL servers with Patroni, whose leader is agreed on in the etcd cluster of another stack.
import * as pulumi from "@pulumi/pulumi";
import { randomBytes } from "node:crypto";
import { clientOf, config, install, servers, textIn } from "../stage";

const [release, postgresql] = [config.require("release"), config.require("postgresql")];
const folder = "/etc/patroni";

/** Drawn once, and kept encrypted in the state. */
const password = (name: string) =>
  new pulumi.Stash(
    `${name}-password`,
    { input: pulumi.secret(randomBytes(24).toString("base64url")) },
    { ignoreChanges: ["input"], additionalSecretOutputs: ["input", "output"] },
  ).output.apply(String);

const passwords = { superuser: password("superuser"), replication: password("replication") };

const files = (name: string, address: string) =>
  pulumi
    .all([clientOf("patroni", `${folder}/etcd`), passwords])
    .apply(([{ files: own, connection }, { superuser, replication }]) => ({
      ...own,
      [`${folder}/patroni.yml`]: `scope: postgres
name: ${name}
${connection}restapi:
  listen: ${address}:8008
  connect_address: ${address}:8008
  allowlist: [${servers.map((server) => server.address).join(", ")}]
postgresql:
  listen: ${address}:5432
  connect_address: ${address}:5432
  data_dir: /var/lib/postgresql/patroni
  bin_dir: /usr/lib/postgresql/${postgresql}/bin
  authentication:
    superuser: { username: postgres, password: ${superuser} }
    replication: { username: replicator, password: ${replication} }
  pg_hba:
    - local all all peer
${servers.map((server) => `    - host all,replication all ${server.address}/32 scram-sha-256`).join("\n")}
bootstrap:
  dcs: { postgresql: { use_pg_rewind: true } }
  initdb: [encoding: UTF8, data-checksums]`,
      "/opt/patroni/health": textIn(__dirname, "health.py"),
      "/etc/systemd/system/patroni.service": textIn(__dirname, "patroni.service"),
    }));

export const health = Object.fromEntries(
  servers.map((server) => [
    server.name,
    install(server, {
      user: "postgres",
      units: ["patroni"],
      program: __dirname,
      settings: { release, postgresql, wheels: config.get("wheelsUrl") ?? "" },
      files: files(server.name, server.address),
    }),
  ]),
);
