#!/bin/bash
# Puts a record into etcd and asks CoreDNS for it.
set -Eeuo pipefail
records=/etc/coredns/records
# shellcheck disable=SC1091 # its connection, as etcdctl takes it, and what CoreDNS was asked to serve
source $records/connection && source /etc/coredns/asked
text=health-$(date +%s%N)
# health.etcd.example lies at /skydns/example/etcd/health.
key=/skydns$(tr . '\n' <<<"health.${zone:?}" | tac | sed 's|^|/|' | tr -d '\n')

# ask ENDPOINT WHAT [OPTION...]: etcd's JSON gateway.
ask() {
  local to=$1/v3/$2
  shift 2
  curl --silent --show-error --max-time 3 --cacert "$ETCDCTL_CACERT" --cert "$ETCDCTL_CERT" --key "$ETCDCTL_KEY" "$@" "$to"
}

# put_at ENDPOINT: with the password, where access is controlled.
put_at() {
  local token
  token=$(ask "$1" auth/authenticate --data @$records/login | sed -n 's/.*"token":"\([^"]*\)".*/\1/p') || return
  ask "$1" kv/put --fail ${token:+--header @<(echo "Authorization: $token")} --data @- <<JSON >/dev/null
{"key": "$(printf %s "$key" | base64 --wrap=0)", "value": "$(base64 --wrap=0 <<<"{\"text\": \"$text\"}")"}
JSON
}

for endpoint in ${ETCDCTL_ENDPOINTS//,/ }; do
  ! put_at "$endpoint" || break
done
answer=$(host -W 3 -t TXT "health.$zone." "${address:?}")
[[ $answer == *"\"$text\""* ]] || { echo "health.$zone is \"$text\" in etcd, and CoreDNS says: $answer" && exit 1; }
echo "{\"healthy\": true, \"asked\": \"health.$zone\", \"answer\": \"$text\"}"
