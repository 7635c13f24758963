#!/bin/bash
# Creates an object, reads it and deletes it, through the API server.
set -Eeuo pipefail
folder=/etc/kube-apiserver
api=https://$(<$folder/address):6443
name=health-$(date +%s%N)

ask() {
  curl --silent --show-error --fail --max-time 5 --cacert /var/lib/kube-apiserver/apiserver.crt \
    --header @$folder/admin-header --header "Content-Type: application/json" "$@"
}

maps=$api/api/v1/namespaces/default/configmaps
ask --data "{\"metadata\":{\"name\":\"$name\"},\"data\":{\"written\":\"$name\"}}" "$maps" >/dev/null
object=$(ask "$maps/$name")
ask --request DELETE "$maps/$name" >/dev/null
[[ $object == *"\"written\": \"$name\""* ]] || { echo "$maps/$name was read as $object" && exit 1; }
version=$(ask "$api/version" | sed -n 's/.*"gitVersion": "\([^"]*\)".*/\1/p')
revision=$(sed -n 's/.*"resourceVersion": "\([0-9]*\)".*/\1/p' <<<"$object")
echo "{\"healthy\": true, \"api\": \"$api\", \"version\": \"$version\", \"read\": \"$name\", \"resourceVersion\": $revision}"
