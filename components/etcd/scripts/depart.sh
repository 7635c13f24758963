# Takes members out of the cluster, one after the other, before their machines go. Runs on the machine
# of one that stays.
# shellcheck shell=bash

# Arguments, all of them texts, and those of etcdctl.sh.
leaving= # the peer URLs of those that go, separated by commas

depart() {
  take_arguments "$@"
  local url
  for url in ${leaving//,/ }; do
    take_out "$url"
  done
}

take_out() {
  local entry
  entry=$(ctl "$client_url" member list | awk -F', ' -v url="$1" '$4 == url')
  if [[ -z $entry ]]; then
    say "$1 is no longer a member"
    return
  fi
  keep_leadership_from "$(awk -F', ' '{ print $1 }' <<<"$entry")" "$(awk -F', ' '{ print $5 }' <<<"$entry")"
  say "taking $(awk -F', ' '{ print $3 }' <<<"$entry") ($1) out of the cluster"
  # Refused for some seconds after another membership change (strict reconfiguration check).
  try_for 60 "the cluster to let $1 go" ctl "$client_url" member remove "${entry%%,*}" >&2
  try_for 30 "the others to serve without it" serves "$client_url"
}

# keep_leadership_from ID CLIENT_URL: a leader that goes hands over to this machine's member first.
keep_leadership_from() {
  [[ $1 == "$(leader_id "$client_url")" ]] || return 0
  local mine
  mine=$(my_entry "$client_url" | cut -d, -f1)
  say "moving the leadership to $mine"
  ctl "$2" move-leader "$mine" >/dev/null
}
