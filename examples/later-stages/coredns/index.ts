// CoreDNS, which answers with the records that are in the etcd cluster of another stack.
import * as pulumi from "@pulumi/pulumi";
import { clientOf, config, install, servers, textIn } from "../stage";

const [release, zone] = [config.require("release"), config.require("zone")];
const [server] = servers;
const folder = "/etc/coredns";

const files = pulumi
  .all([
    // Who answers may read; who puts records there, as external-dns does, has a client of its own.
    clientOf("coredns", `${folder}/etcd`),
    clientOf("dns-records", `${folder}/records`),
  ])
  .apply(([{ files: own, connection }, records]) => ({
    ...own,
    ...records.files,
    [`${folder}/records/connection`]: records.connection,
    [`${folder}/records/login`]: JSON.stringify({
      name: "dns-records",
      password: records.password,
    }),
    [`${folder}/Corefile`]: `${zone} {
bind ${server!.address}
errors
${connection}}`,
    "/opt/coredns/health": textIn(__dirname, "health.sh"),
    "/etc/systemd/system/coredns.service": textIn(__dirname, "coredns.service"),
  }));

export const health = install(server!, {
  user: "coredns",
  units: ["coredns"],
  program: __dirname,
  settings: { release, zone, address: server!.address, download: config.require("downloadUrl") },
  files,
});
