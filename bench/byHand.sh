# The steps by which the first of the guides makes one member, on its machine, as its reader types them.
# Arguments: the member's name and address, where releases are, the version, the initial cluster.
# shellcheck shell=bash
set -euo pipefail
name=$1 address=$2 url=$3 version=$4 cluster=$5

release=etcd-v$version-linux-$(dpkg --print-architecture)
curl -fsSLO "$url/v$version/$release.tar.gz"
tar -xf "$release.tar.gz"
sudo mv "$release"/etcd* /usr/local/bin/

sudo mkdir -p /etc/etcd /var/lib/etcd
sudo chmod 700 /var/lib/etcd
# Made and copied here beforehand, as the guide has it.
sudo cp ca.pem kubernetes-key.pem kubernetes.pem /etc/etcd/

cat <<UNIT | sudo tee /etc/systemd/system/etcd.service >/dev/null
[Unit]
Description=etcd
Documentation=https://github.com/coreos

[Service]
Type=notify
ExecStart=/usr/local/bin/etcd \\
  --name $name \\
  --cert-file=/etc/etcd/kubernetes.pem \\
  --key-file=/etc/etcd/kubernetes-key.pem \\
  --peer-cert-file=/etc/etcd/kubernetes.pem \\
  --peer-key-file=/etc/etcd/kubernetes-key.pem \\
  --trusted-ca-file=/etc/etcd/ca.pem \\
  --peer-trusted-ca-file=/etc/etcd/ca.pem \\
  --peer-client-cert-auth \\
  --client-cert-auth \\
  --initial-advertise-peer-urls https://$address:2380 \\
  --listen-peer-urls https://$address:2380 \\
  --listen-client-urls https://$address:2379,https://127.0.0.1:2379 \\
  --advertise-client-urls https://$address:2379 \\
  --initial-cluster-token etcd-cluster-0 \\
  --initial-cluster $cluster \\
  --initial-cluster-state new \\
  --data-dir=/var/lib/etcd
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
UNIT

sudo systemctl daemon-reload
sudo systemctl enable --quiet etcd
# Not waited for: without the others the first member's start would not end.
sudo systemctl start --no-block etcd
