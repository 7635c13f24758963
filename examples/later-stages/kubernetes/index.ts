// A Kubernetes API server on the etcd cluster of another stack: the smallest control plane that keeps objects.
import { clientOf, config, install, servers, textIn } from "../stage";

const release = config.require("release");
const [server] = servers;
const { address } = server!;
const folder = "/etc/kube-apiserver";

const files = clientOf("kube-apiserver", `${folder}/etcd`).apply(({ files: own, connection }) => {
  const flags = [
    ...connection.trimEnd().split("\n"),
    `--advertise-address=${address}`,
    "--cert-dir=/var/lib/kube-apiserver",
    "--service-cluster-ip-range=10.96.0.0/16",
    `--service-account-issuer=https://${address}:6443`,
    `--service-account-key-file=${folder}/service-account.key`,
    `--service-account-signing-key-file=${folder}/service-account.key`,
    `--token-auth-file=${folder}/tokens.csv`,
    "--authorization-mode=RBAC",
    // One takes over from the other on the same port, which the former serves until then.
    "--permit-port-sharing",
    "--shutdown-delay-duration=5s",
  ];
  return {
    ...own,
    "/opt/kube-apiserver/health": textIn(__dirname, "health.sh"),
    [`${folder}/address`]: address,
    "/etc/systemd/system/kube-apiserver@.service": `[Unit]
Description=Kubernetes API server %i
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
User=kube-apiserver
StateDirectory=kube-apiserver
ExecStart=/opt/kube-apiserver/${release}/kube-apiserver ${flags.join(" ")}
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target`,
  };
});

export const health = install(server!, {
  user: "kube-apiserver",
  units: ["kube-apiserver@a", "kube-apiserver@b"],
  program: __dirname,
  settings: { release, download: config.require("downloadUrl") },
  files,
});
