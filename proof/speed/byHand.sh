# The steps by which the first of the guides makes one member, on its machine, as its reader types them.
# Arguments: where releases are, the version, the unit.
# shellcheck shell=bash
set -euo pipefail
url=$1 version=$2 unit=$3

release=etcd-v$version-linux-$(dpkg --print-architecture)
curl -fsSLO "$url/v$version/$release.tar.gz"
tar -xf "$release.tar.gz"
sudo mv "$release"/etcd* /usr/local/bin/

sudo mkdir -p /etc/etcd /var/lib/etcd
sudo chmod 700 /var/lib/etcd
# Made and copied here beforehand, as the guide has it.
sudo cp ca.pem kubernetes-key.pem kubernetes.pem /etc/etcd/

echo "$unit" | sudo tee /etc/systemd/system/etcd.service >/dev/null

sudo systemctl daemon-reload
sudo systemctl enable --quiet etcd
# Not waited for: without the others the first member's start would not end.
sudo systemctl start --no-block etcd
