# Prints what the CIS benchmark's items on etcd are judged by, as one JSON document, and changes nothing: what the
# process was started with, who owns what it reads and writes, and whom its ports let in.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
client_url= # the member's own
peer_url=   # the member's own

cis() {
  take_arguments "$@"
  check_identity
  try_for 10 "systemd to tell of $service" see_service
  printf '{"pid":%s,"flags":"%s","environment":%s,"unit":"%s","data":"%s","pki":"%s","certificates":%s,"ports":%s}\n' \
    "${seen[MainPID]}" "$(of_running cmdline | base64 -w 0)" "$(environment)" "$(unit_files)" \
    "$(owned "$data" -maxdepth 0)" "$(pki_files)" "$(certificate_files)" "$(ports)"
}

# What etcd reads of its environment, where a command line says nothing else; null where that cannot be looked at:
# systemd starts nothing with an empty one.
environment() {
  local all
  all=$(of_running environ)
  if [[ -z $all ]]; then
    echo null
  else
    printf '"%s"' "$(sed -n '/^ETCD_/p' <<<"$all" | base64 -w 0)"
  fi
}

# What systemd has read the unit from, additions among it.
unit_files() {
  local said paths
  said=$(of_service FragmentPath)
  said+=" $(of_service DropInPaths)"
  read -r -a paths <<<"$said"
  ((${#paths[@]} == 0)) || owned "${paths[@]}"
}

# The folder of the configuration, in which a set of certificates takes the place of another, and the set itself.
pki_files() { owned "$config" '(' -path "$config" -o -path "$config/pki" -o -path "$config/pki/*" ')'; }

# owned PATH... [TEST...]: mode, owner, type and path of each, a line each, links followed; nothing of what is not there.
owned() { { find -L "$@" -printf '%m %u:%g %y %p\n' 2>/dev/null || true; } | base64 -w 0; }

# Whom the ports let in: the flags are not all of it, since etcd reads its CAs only when it starts. Each is asked by
# whom it has to take, and by whom it must not: clients without a certificate, and peers with a client's.
ports() {
  printf '{"clients":{"own":%s,"other":%s},"peers":{"own":%s,"other":%s}}' \
    "$(knock "$client_url" ca operator)" "$(knock "$client_url" ca)" \
    "$(knock "$peer_url" peer-ca peer)" "$(knock "$peer_url" peer-ca operator)"
}

# knock URL CA [CERTIFICATE]: the status of HTTP, 0 without one, and curl's own.
knock() {
  local pki=$config/pki http status=0 as=()
  [[ -z ${3:-} ]] || as=(--cert "$pki/$3.crt" --key "$pki/$3.key")
  http=$(curl --http1.1 --silent --output /dev/null --write-out '%{http_code}' --max-time 5 \
    --cacert "$pki/$2.crt" "${as[@]}" "$1/version") || status=$?
  printf '{"http":%d,"curl":%d}' "$((10#${http:-0}))" "$status"
}
