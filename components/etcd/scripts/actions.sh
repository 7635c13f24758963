# What can be done to a member: one function for each action that a permit has, and what they share.
# shellcheck shell=bash

# What was done, for the result.
done_what=

act() {
  case ${permit[action]} in
    found | join | restart | start | restore | keep) "act_${permit[action]}" ;;
    *) fail "the permit's action is '${permit[action]}', which this script does not know. Nothing was changed" ;;
  esac
  [[ -n $(recorded founded) ]] || mark founded "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  say "healthy with etcd $version"
}

# --- one action each ---------------------------------------------------------------------------

# The first start of a new cluster, by all of its members together.
act_found() {
  local founded
  founded=$(recorded founded)
  [[ -z $founded ]] ||
    fail "$name was healthy in $(ours) on $founded, and its data directory is empty: starting it would make a second, empty cluster, so it was not started. Nothing was changed. Bring the other members back first; if they are lost too, restore from a snapshot: set restoreFrom"
  expect_no_data
  first_start new "${permit[initial]}"
  wait_until_healthy
  done_what=founded
}

# A member without data becomes a part of the cluster that the others are.
act_join() {
  local list
  expect_no_data
  [[ -n ${permit[via]} ]] || fail "no other member serves that $name could join by. Nothing was changed"
  if [[ -n ${permit[remove]} ]]; then
    say "taking out what is left of $name in the cluster: its data is gone"
    change_cluster 60 "to let the old member go" take_out
  fi
  if [[ ${permit[add]} == true ]]; then
    say "joining as a learner"
    change_cluster 120 "to take a new member" add_learner
  else
    say "the cluster is waiting for this member"
    expect_waited_for
  fi
  list=$(list_as_initial_cluster)
  first_start existing "$list"
  wait_until_member
  done_what=joined
}

# A member that serves gets what is new, while the others are a quorum without it, and another one leads.
act_restart() {
  expect_data
  check_moment
  hand_over
  say "restarting with what changed"
  start
  wait_until_healthy
  done_what=restarted
}

# One that does not serve is started as it is asked for.
act_start() {
  expect_data
  # What serves is restarted only in its turn, beside others that serve.
  [[ ${permit[pid]} == 0 ]] || ! serves "$client_url" ||
    fail "not restarting this healthy member: it did not serve when this was decided, and now it does. Run pulumi up again"
  if [[ -n ${permit[rename]} ]]; then
    say "telling the cluster that this member is now at $peer_url"
    change_cluster 60 "to take the member's new address" rename
  fi
  start
  wait_until_part_of_it
  done_what=started
}

# Begins from the snapshot whose data waits beside the member's.
act_restore() {
  local id=${permit[token]#"$cluster-"}
  [[ -n $id && $id != "${permit[token]}" && -d $data/restored-$id ]] ||
    fail "no restored data waits for $name: there is no $data/restored-$id. Run pulumi up, without --target, which brings the snapshot first. Nothing was changed"
  take_restored "$id"
  start
  wait_until_healthy
  done_what=restored
}

# What runs is what is asked for.
act_keep() {
  [[ $(digest_of_running) == "$digest" ]] ||
    fail "what runs on this machine was started with another unit than is asked for, and it was to be kept. Run pulumi up again, which looks anew. Nothing was changed"
  place_unit
  reload_changed "$service"
  place_the_rest
  wait_until_part_of_it
  done_what=unchanged
}

expect_data() {
  has_data || fail "$data is empty, and $name was to be started as it is: nothing was changed. Run pulumi up again, which looks anew"
}

expect_no_data() {
  ! has_data || fail "$data has data, and $name was to begin without any: nothing was changed. Run pulumi up again, which looks anew"
  [[ ${permit[pid]} == 0 ]] || fail "etcd runs here while $data is empty: nothing was changed. Look at the machine"
}

# --- what must hold before a healthy member goes down --------------------------------------------

# Those that must serve do, and there is no alarm.
check_moment() {
  local urls down alarms alarms_asked leader_asked ended
  ended=$(alarm_to_end)
  # All at once, since the time is one in which others wait for their turn.
  ctl "$client_url" alarm list >"$staging/alarms" &
  alarms_asked=$!
  ctl "$client_url" endpoint status --write-out=json >"$staging/status" &
  leader_asked=$!
  IFS=, read -ra urls <<<"${permit[serve]}"
  down=$(not_serving "${urls[@]}")
  wait "$alarms_asked" || fail "not restarting this healthy member: its alarms could not be asked for (see above). $needs_rights. Run pulumi up again"
  wait "$leader_asked" || fail "not restarting this healthy member: it does not tell who leads (see above). Run pulumi up again"
  alarms=$(awk -v but="alarm:$ended" '!index($0, but)' "$staging/alarms")
  [[ -z $alarms ]] || fail "the cluster has an alarm ($alarms): not restarting this healthy member. Clear the alarm (NOSPACE: npm run defrag -- --compact) and run pulumi up again"
  [[ -z $down ]] || fail "not restarting this healthy member, because others do not answer: $down. This update repairs what it can of them; then run pulumi up again"
}

# A larger quota is a way out of the alarm of a full database, which stays raised until all have it.
alarm_to_end() {
  local asked
  asked=$(sed -n 's/^ *--quota-backend-bytes=\([0-9]*\).*/\1/p' "$staging/unit")
  if ((asked > $(running_quota))); then echo NOSPACE; else echo none; fi
}

hand_over() {
  local status targets
  status=$(<"$staging/status")
  [[ $(number member_id "$status") == "$(number leader "$status")" ]] || return 0
  # Alone it has nobody to hand over to: its restart is its downtime.
  [[ -n ${permit[lead]}${permit[serve]} ]] || return 0
  IFS=, read -ra targets <<<"${permit[lead]}"
  ! move_leadership "$client_url" "${targets[@]}" || return 0
  if is_forbidden "$said"; then
    # Access control must not keep a member as it is for ever.
    say "restarting as the leader: writes wait for an election. $needs_rights"
    return 0
  fi
  fail "not restarting this healthy member: it leads, and nobody takes the leadership over: $said. Run pulumi up again"
}

# --- asking the cluster, by another member -------------------------------------------------------

# change_cluster SECONDS WHAT COMMAND...: repeats COMMAND until the cluster lets it, and says at the end why
# it did not. Rights do not come by waiting.
# etcd refuses for 5 s after another change: 60 s are a dozen of those, and 120 for where a learner before this one is
# still catching up.
change_cluster() {
  local seconds=$1 what=$2
  shift 2
  try_for "$seconds" "the cluster $what" lets_or_forbids "$@" ||
    fail "the cluster was asked for $seconds s $what, and did not: $(why_not). Run pulumi up again when the cause is gone"
  ! is_forbidden "$(why_not)" ||
    fail "the operator has no right to change the membership: $(why_not). $needs_rights, and run pulumi up again"
}

lets_or_forbids() {
  : >"$staging/why_not"
  "$@" || is_forbidden "$(why_not)"
}

why_not() { tail -n 1 "$staging/why_not"; }

# ask_cluster COMMAND...: etcdctl by the member that the permit names, which keeps what it has against it.
ask_cluster() { ctl "${permit[via]}" "$@" 2>"$staging/why_not"; }

# entry_with FIELD VALUE: of the member list: 1 its id, 4 its peer URL.
entry_with() {
  local entries
  entries=$(ask_cluster member list) || return 1
  awk -F', ' -v field="$1" -v value="$2" '$field == value' <<<"$entries"
}

# What is not there is out.
take_out() {
  local entry
  entry=$(entry_with 1 "${permit[remove]}") || return 1
  [[ -n $entry ]] || return 0
  [[ $entry == *", $name, "* || $entry == *", $peer_url, "* ]] ||
    fail "the member ${permit[remove]}, which was to be taken out, is not $name's: $entry. Run pulumi up again, which looks anew. Nothing was changed"
  ask_cluster member remove "${permit[remove]}" >/dev/null
}

# An earlier try may have been let without our knowing: what it has left is taken, and nothing else.
add_learner() {
  local entry
  entry=$(entry_with 4 "$peer_url") || return 1
  case $entry in
    "") ask_cluster member add "$name" --learner --peer-urls="$peer_url" >/dev/null ;;
    *", unstarted, , $peer_url, , true") ;;
    *) fail "$peer_url is in the cluster already, and not as a learner that never started: $entry. Run pulumi up again, which looks anew" ;;
  esac
}

expect_waited_for() {
  local entry
  entry=$(entry_with 4 "$peer_url") || fail "the members could not be asked for by ${permit[via]}: $(why_not). Nothing was changed"
  # One that has never started has no client URL yet.
  [[ -n $entry && -z $(awk -F', ' '{ print $5 }' <<<"$entry") ]] ||
    fail "the cluster was seen to wait for $name, and now its entry is '$entry'. Run pulumi up again, which looks anew. Nothing was changed"
}

rename() {
  local entry
  entry=$(entry_with 1 "${permit[rename]}") || return 1
  [[ $entry == *", $name, "* ]] ||
    fail "the member ${permit[rename]}, whose address was to change, is not $name: '$entry'. Run pulumi up again, which looks anew. Nothing was changed"
  [[ $entry == *", $peer_url, "* ]] || ask_cluster member update "${permit[rename]}" --peer-urls="$peer_url" >/dev/null
}

# The cluster as it is, in the form of --initial-cluster; an unstarted member has no name yet.
list_as_initial_cluster() {
  local list
  list=$(ctl "${permit[via]}" member list | awk -F', ' -v me="$name" -v url="$peer_url" \
    '{ printf "%s%s=%s", separator, ($4 == url ? me : $3), $4; separator = "," }')
  # It becomes a part of a command line.
  [[ $list =~ ^[A-Za-z0-9_./:=,+-]+$ ]] ||
    fail "the cluster's list of members has characters that no name or URL of ours has: $(tr -cd '[:print:]' <<<"$list")"
  printf '%s' "$list"
}
