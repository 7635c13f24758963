# kube-apiserver and a token of its own, under systemd. What has no meaning elsewhere is made here and stays here.
# shellcheck shell=bash disable=SC2154 # common.sh comes before it, and the command sets the variables

folder=/etc/kube-apiserver program=/opt/kube-apiserver/$release/kube-apiserver
make_user
install -d -m 0755 "${program%/*}"
if [[ ! -x $program ]]; then
  fetch "$download/v$release/bin/linux/$(architecture)/kube-apiserver" "$program.fetched"
  chmod 0755 "$program.fetched"
  mv "$program.fetched" "$program"
fi
place_files
[[ -e $folder/service-account.key ]] || openssl genrsa 2048 2>/dev/null | put "$folder/service-account.key"
if [[ ! -e $folder/tokens.csv ]]; then
  token=$(openssl rand -hex 24)
  echo "Authorization: Bearer $token" | put "$folder/admin-header"
  echo "$token,admin,admin,system:masters" | put "$folder/tokens.csv"
fi

# It reads the certificate and the key again with each connection to etcd, and the CA and its flags at its start alone
# (k8s.io/apiserver, storagebackend/factory/etcd3.go; etcd's client/pkg/transport/listener.go). Another one begins
# beside it then, and it ends when that one serves.
wanted=$(sha256sum "$folder/etcd/ca.pem" /etc/systemd/system/kube-apiserver@.service)
former=b next=a
! systemctl is-active --quiet kube-apiserver@a || former=a next=b
if [[ $(cat "$folder/started" 2>/dev/null) != "$wanted" ]] || ! systemctl is-active --quiet "kube-apiserver@$former"; then
  systemctl daemon-reload
  systemctl enable --quiet "kube-apiserver@$next"
  systemctl restart "kube-apiserver@$next"
  systemctl disable --quiet --now "kube-apiserver@$former"
  echo "$wanted" >"$folder/started"
fi
show_health 120 /opt/kube-apiserver/health
