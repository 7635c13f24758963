# Takes members out of the cluster, one after the other, before their machines go. Runs on the machine
# of one that stays.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
leaving= # the peer URLs of those that go, separated by commas

depart() {
  take_arguments "$@"
  check_identity
  local url
  for url in ${leaving//,/ }; do
    take_out "$url"
  done
}

take_out() {
  local entries entry
  entries=$(ctl "$client_url" member list) || fail "the members could not be asked for (see above): $1 was not taken out. $needs_rights"
  entry=$(awk -F', ' -v url="$1" '$4 == url' <<<"$entries")
  if [[ -z $entry ]]; then
    say "$1 is no longer a member"
    return
  fi
  keep_leadership_from "$entry"
  say "taking $(awk -F', ' '{ print $3 }' <<<"$entry") ($1) out of the cluster"
  # Refused until a member that was added or started has been connected for 5 s (etcd's HealthInterval): a dozen of
  # those. The others serve again after an election, which is over within a few seconds.
  try_for 60 "the cluster to let $1 go" ctl "$client_url" member remove "${entry%%,*}" >&2 ||
    fail "$1 is still a member (see above). Run pulumi up again when the cause is gone"
  try_for 30 "the others to serve without it" serves "$client_url"
}

# keep_leadership_from ENTRY: a leader that goes hands over first: to this machine's member, or another one
# that stays.
keep_leadership_from() {
  local targets
  [[ ${1%%,*} == "$(leader_id "$client_url")" ]] || return 0
  mapfile -t targets < <(awk -F', ' -v mine="$peer_url" -v leaving=",$leaving," \
    '$5 && $6 == "false" && !index(leaving, "," $4 ",") { print ($4 == mine ? 0 : 1), $1 }' <<<"$entries" | sort | cut -d ' ' -f 2)
  move_leadership "$(awk -F', ' '{ print $5 }' <<<"$1")" "${targets[@]}" ||
    fail "the member that goes leads, and none that stays takes the leadership over: $said. It was not taken out. Run pulumi up again"
}
