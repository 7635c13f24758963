# Asking etcd, as the operator.
# shellcheck shell=bash

# Arguments of the scripts that read this.
binaries=   # the folder of etcd and etcdctl
config=     # the folder of the certificates
tls=        # true or false
client_url= # the member's own
peer_url=   # the member's own

# Seconds that a member may take to answer; in all 10 more.
patience=5

# ctl ENDPOINTS COMMAND...: etcdctl as the operator, with limits.
ctl() { ctl_for "$patience" "$@"; }

# ctl_for SECONDS ENDPOINTS COMMAND...: the same, for what takes etcd longer.
ctl_for() {
  local seconds=$1 endpoints=$2 credentials=() pki=$config/pki
  shift 2
  [[ $tls != true ]] || credentials=(--cacert="$pki/ca.crt" --cert="$pki/operator.crt" --key="$pki/operator.key")
  timeout $((seconds + 10)) "$binaries/etcdctl" --endpoints="$endpoints" "${credentials[@]}" \
    --dial-timeout="${patience}s" --command-timeout="${seconds}s" "$@"
}

# A linearizable read, answered by this member: it has a leader, and the leader a quorum.
serves() { accepts "$1" && ctl "$1" get --consistency=l etcd-by-pulumi/probe >/dev/null 2>&1; }

# Whether anything listens there. etcdctl does not dial again for a second once it was turned away.
accepts() {
  local address=${1#*://}
  timeout 3 bash -c "exec 3<>/dev/tcp/${address%:*}/${address##*:}" 2>/dev/null
}

# serving URL...: those that serve, a line each. All are asked at once: one that does not takes its time to
# say nothing.
serving() {
  local url asked=()
  for url; do
    serves "$url" &
    asked+=("$!")
  done
  for url; do
    ! wait "${asked[0]}" || echo "$url"
    asked=("${asked[@]:1}")
  done
}

# My line in a member list: id, status, name, peer URLs, client URLs, is-learner.
my_entry() { ctl "$1" member list | awk -F', ' -v url="$peer_url" '$4 == url'; }

# The members as this one knows them, for all that is checked before a change.
list_members() { entries=$(ctl "$client_url" member list); }
entries=

# check_others ALARM: without this member the others must be a quorum, each of them serving, and no
# alarm raised but this one.
check_others() {
  local alarms alarms_of asked down
  # Asked beside the list, since the time is one in which others wait for their turn.
  exec {alarms_of}< <(ctl "$client_url" alarm list)
  asked=$!
  list_members
  alarms=$(awk -v but="alarm:$1" '!index($0, but)' <&"$alarms_of")
  wait "$asked"
  exec {alarms_of}<&-
  [[ -z $alarms ]] || fail "the cluster has an alarm ($alarms): not restarting this healthy member. Clear the alarm (NOSPACE: npm run defrag -- --compact) and run pulumi up again"
  # A single member has nobody to wait for: its restart is its downtime.
  (($(wc -l <<<"$entries") > 1)) || return 0
  down=$(others_down)
  [[ -z $down ]] || fail "not restarting this healthy member, because others do not answer: $down. This update repairs what it can of them; then run pulumi up again"
  (($(wc -l <<<"$entries") > 2)) || fail "not restarting this healthy member, one of two: the other one alone is no quorum, and writes would stop. Add a third member first"
}

# Of the listed members those that do not serve, but this one, on one line.
others_down() {
  local others urls other url up down=()
  others=$(awk -F', ' -v url="$peer_url" '$4 != url { print ($3 ? $3 : $4), $5 }' <<<"$entries")
  mapfile -t urls < <(awk '$2 { print $2 }' <<<"$others")
  up=$(serving "${urls[@]}")
  while read -r other url; do
    # A member that has never started has no client URL.
    [[ -n $url && $'\n'$up$'\n' == *$'\n'$url$'\n'* ]] || down+=("$other")
  done <<<"$others"
  echo "${down[*]}"
}

# The leader hands over to another of the listed members first: an orderly hand-over stalls writes for
# milliseconds, an election for a second.
move_leadership_away() {
  local target
  [[ $(awk -F', ' -v url="$peer_url" '$4 == url { print $1 }' <<<"$entries") == "$(leader_id "$client_url")" ]] || return 0
  target=$(awk -F', ' -v url="$peer_url" '$4 != url && $6 == "false" && !found++ { print $1 }' <<<"$entries")
  [[ -n $target ]] || return 0
  say "moving the leadership to $target"
  ctl "$client_url" move-leader "$target" >/dev/null
}

# tells URL NAME: a number that a member tells of itself, by its name in etcdctl's JSON.
tells() { number "$2" "$(ctl "$1" endpoint status --write-out=json)"; }

# The leader's id as this member sees it, in hexadecimal: "0" without one. Ids are unsigned 64-bit
# numbers, which bash's printf takes as they are.
leader_id() { printf '%x' "$(tells "$1" leader)"; }
