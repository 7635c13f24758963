import type { Blank } from "../../lab/blankMachines";

/** Where the pieces of a member made by hand are. */
export interface Places {
  readonly binaries: string;
  readonly certificates: string;
  readonly data: string;
}

/** As the guide has them. */
export const placesByHand: Places = {
  binaries: "/usr/local/bin",
  certificates: "/etc/etcd",
  data: "/var/lib/etcd",
};

/** The unit of the first guide, with its flags. */
export function unitByHand({ name, ip }: Blank, blanks: readonly Blank[], places: Places): string {
  const { binaries, certificates, data } = places;
  const cluster = blanks.map((blank) => `${blank.name}=https://${blank.ip}:2380`).join(",");
  return `[Unit]
Description=etcd
Documentation=https://github.com/coreos

[Service]
Type=notify
ExecStart=${binaries}/etcd \\
  --name ${name} \\
  --cert-file=${certificates}/kubernetes.pem \\
  --key-file=${certificates}/kubernetes-key.pem \\
  --peer-cert-file=${certificates}/kubernetes.pem \\
  --peer-key-file=${certificates}/kubernetes-key.pem \\
  --trusted-ca-file=${certificates}/ca.pem \\
  --peer-trusted-ca-file=${certificates}/ca.pem \\
  --peer-client-cert-auth \\
  --client-cert-auth \\
  --initial-advertise-peer-urls https://${ip}:2380 \\
  --listen-peer-urls https://${ip}:2380 \\
  --listen-client-urls https://${ip}:2379,https://127.0.0.1:2379 \\
  --advertise-client-urls https://${ip}:2379 \\
  --initial-cluster-token etcd-cluster-0 \\
  --initial-cluster ${cluster} \\
  --initial-cluster-state new \\
  --data-dir=${data}
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
`;
}
