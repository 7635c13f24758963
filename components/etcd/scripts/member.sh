# Makes one member what the stack asks for: its files, then start, join or restart.
#
# `create` runs once in a member's life, `update` ever after: only `create` may bootstrap. The rest
# is decided by what is found here and by what the other members say.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
action=       # create or update
name=         # the member's
version=      # of etcd
first_start=  # the file for the flags of a first start
founders=     # the initial cluster of the members that may bootstrap together
token=        # the initial cluster's
members=      # name=clientUrl of every member of the stack, separated by commas
links=        # where etcd, etcdctl and etcdutl are linked, or ""
downgrade=    # true where going down one minor version is meant
# shellcheck disable=SC2034 # with another machine it is another command, so that Pulumi runs it again
machine=

# The files follow on standard input, as `scriptInput` makes them.
member() {
  take_arguments "$@"
  readonly unit=/etc/systemd/system/$service.service
  lock "$service"
  prepare_data_directory
  take_restored
  check_version_step
  check_peer_url
  receive_files
  check_flags
  place_unit
  local done_what
  if has_data; then
    done_what=$(converge_running)
  else
    done_what=$(start_without_data)
  fi
  printf '{"member":"%s","version":"%s","leader":"%s","%s":"%s"}\n' "$name" "$version" "$(leader_name)" "$done_what" "$(started_at)"
}

# --- what the data and the others know of this member -------------------------------------------

# What the data has been used with decides which versions may come next.
check_version_step() {
  has_data || return 0
  local before
  before=$(sed -n 's/^# Written by Pulumi for etcd \([0-9.]*\):.*/\1/p' "$unit" 2>/dev/null || true)
  [[ -n $before ]] || return 0
  local old new
  old=$(cut -d. -f2 <<<"$before") new=$(cut -d. -f2 <<<"$version")
  ((new <= old + 1)) ||
    fail "this member runs etcd $before, and $version skips a minor version, which etcd cannot do. Go to 3.$((old + 1)) first. Nothing was changed"
  ((new >= old)) || [[ $downgrade == true && $new -eq $((old - 1)) ]] ||
    fail "this member runs etcd $before, and its data is not for the older $version. Set the version back. Nothing was changed"
}

# The other members know this one by its peer URL: under another one it would be a stranger.
check_peer_url() {
  has_data || return 0
  local before
  before=$(sed -n 's/^ *--initial-advertise-peer-urls=\([^ ]*\).*/\1/p' "$unit" 2>/dev/null || true)
  [[ -z $before || $before == "$peer_url" ]] ||
    fail "this member's peer URL is $before, and the settings now make it $peer_url: a member's address, port and use of TLS cannot change. Set them back. Nothing was changed"
}

# etcd reads all its flags before it tells its version: a value that it does not take is found while what
# runs, and the unit that a reboot would start, are still as they were.
check_flags() {
  ! cmp --silent "$staging/unit" "$unit" || return 0
  local flags said
  mapfile -t flags < <(sed -n 's/^ *\(--[^ ]*\).*/\1/p' "$staging/unit")
  said=$("$binaries/etcd" "${flags[@]}" --version 2>&1) ||
    fail "etcd $version refuses its flags: ${said%%$'\n'*}. Nothing was changed: correct extraFlags and run pulumi up again"
}

# --- files -------------------------------------------------------------------------------------

place_unit() {
  if ! cmp --silent "$staging/unit" "$unit"; then
    # A link to /dev/null is a masked unit: what installing the packages has left.
    [[ ! -e $unit || $(readlink "$unit") == /dev/null ]] || grep -q '^# Written by Pulumi' "$unit" ||
      fail "$unit exists and was not written by Pulumi: an etcd that somebody else set up. Remove it, or use another machine"
    install -m 0644 "$staging/unit" "$unit.new"
    mv "$unit.new" "$unit"
  fi
  reload_changed "$service"
  enabled "$service"
}

# What lies beside the member, and what nobody waits for: placed while etcd starts.
place_the_rest() {
  place_links
  place_snapshot_timer
}

place_links() {
  [[ -n $links ]] || return 0
  [[ -d $links ]] || install -d -m 0755 "$links"
  local binary link
  for binary in etcd etcdctl etcdutl; do
    link=$links/$binary
    [[ -e $binaries/$binary && $links != "$binaries" ]] || continue
    if [[ ! -e $link || $(readlink "$link") == /opt/etcd/* || $(readlink "$link") == "$binaries"/* ]]; then
      ln -sfn "$binaries/$binary" "$link"
    else
      say "$link is not ours: left as it is"
    fi
  done
}

# --- the other members -------------------------------------------------------------------------

# The client URLs of the other members, one a line.
others() { tr ',' '\n' <<<"$members" | awk -F= -v me="$name" '$1 != me { print $2 }'; }

# The first of the other members that answers for a quorum, or nothing.
find_quorum() {
  local urls
  mapfile -t urls < <(others)
  serving "${urls[@]}" | sed -n 1p
}

# My entry under the peer URL that I had before, where the machine was made anew with another address.
former_entry() { ctl "$1" member list | awk -F', ' -v url="$peer_url" -v me="$name" '$4 != url && $3 == me'; }

# Who leads now: so that whoever orders a rolling change need not ask again.
leader_name() {
  local id listed
  exec {listed}< <(ctl "$client_url" member list)
  id=$(leader_id "$client_url")
  awk -F', ' -v id="$id" '$1 == id { print $3 }' <&"$listed"
}

started_at() { systemctl show --property=ActiveEnterTimestamp --value "$service"; }

# --- starting ----------------------------------------------------------------------------------

start_without_data() {
  local via entry former
  # Founders start together, so that those which listen already have no quorum yet: not worth a long
  # wait, since etcd itself refuses to found a cluster that one of its peers knows to be running.
  [[ $action == create ]] && is_founder && patience=1
  via=$(find_quorum)
  patience=5
  if [[ -z $via ]]; then
    bootstrap
    return
  fi
  entry=$(my_entry "$via")
  former=$(former_entry "$via")
  if [[ -n $former && -z $entry ]]; then
    say "the cluster knows this member at another address, and its data is gone: taking it out and adding it anew"
    try_for 60 "the cluster to let the old member go" ctl "$via" member remove "${former%%,*}" >&2
    join "$via"
  elif [[ -z $entry ]]; then
    join "$via"
  elif [[ -z $(awk -F', ' '{ print $5 }' <<<"$entry") ]]; then
    # Listed, and never started: it has no client URL yet.
    say "the cluster is waiting for this member"
    first_start existing "$(list_as_initial_cluster "$via")"
    wait_until_member "$via"
    echo joined
  else
    say "the cluster knows this member, and its data is gone: taking it out and adding it anew"
    try_for 60 "the cluster to let the old member go" ctl "$via" member remove "${entry%%,*}" >&2
    join "$via"
  fi
}

is_founder() { [[ ,$founders, == *",$name=$peer_url,"* ]]; }

bootstrap() {
  if [[ $action != create ]]; then
    fail "the data directory $data is empty, this member has run before, and the other members do not answer as a quorum. Starting it would make a new, empty cluster beside the old one, so it was not started. Bring the other members back first; if they are lost too, restore from a snapshot: set restoreFrom"
  fi
  is_founder ||
    fail "this member is not among those that founded the cluster ($founders), so it can only join, and no quorum of the others answers. Bring them back and run pulumi up again"
  first_start new "$founders"
  wait_until_healthy
  echo bootstrapped
}

join() {
  local via=$1
  say "joining as a learner"
  # Refused for some seconds after another membership change (strict reconfiguration check).
  try_for 120 "the cluster to take a new member" add_learner "$via"
  first_start existing "$(list_as_initial_cluster "$via")"
  wait_until_member "$via"
  echo joined
}

add_learner() {
  [[ -n $(my_entry "$1") ]] || ctl "$1" member add "$name" --learner --peer-urls="$peer_url" >/dev/null
}

# The cluster as it is, in the form of --initial-cluster; an unstarted member has no name yet.
list_as_initial_cluster() {
  ctl "$1" member list | awk -F', ' -v me="$name" -v url="$peer_url" \
    '{ printf "%s%s=%s", separator, ($4 == url ? me : $3), $4; separator = "," }'
}

first_start() {
  install -d -m 0755 "$(dirname "$first_start")"
  echo "FIRST_START_FLAGS=--initial-cluster=$2 --initial-cluster-state=$1 --initial-cluster-token=$token" >"$first_start"
  start
}

pid_before= # the process that ran before it was started here
start() {
  pid_before=$(main_pid)
  # Not waited for here: systemd's wait has no words for what is missing.
  systemctl reset-failed "$service" 2>/dev/null || true
  systemctl restart --no-block "$service"
  place_the_rest
}

# As a learner it answers no reads: promoted as soon as it has caught up, then asked itself.
wait_until_member() {
  local via=$1
  try_for 300 "this learner to catch up and be promoted" promoted "$via" || fail_with_log
  wait_until_healthy
}

promoted() {
  local entry
  entry=$(my_entry "$1") || return 1
  case $entry in
    *", true") ctl "$1" member promote "${entry%%,*}" >/dev/null 2>&1 ;;
    *", started, "*", false") true ;;
    *) false ;;
  esac
}

wait_until_healthy() {
  try_for 120 "this member to answer a linearizable read" serves_or_keeps_ending || fail_with_log
  ! keeps_ending || serves "$client_url" || fail_with_log
  rm -rf "$(dirname "$first_start")"
  say "healthy with etcd $version"
}

# etcd that ends again and again will not come back by waiting for it.
serves_or_keeps_ending() { { has_started && serves "$client_url"; } || keeps_ending; }

keeps_ending() { (($(systemctl show --property=NRestarts --value "$service") >= 5)); }

# The one that is on its way down still answers: what counts is the process after it.
has_started() {
  local pid
  pid=$(main_pid)
  [[ $pid != 0 && $pid != "$pid_before" ]]
}

fail_with_log() {
  journalctl --unit="$service" --lines=15 --no-pager --output=cat >&2 || true
  fail "etcd on this machine is $(systemctl is-active "$service") and not healthy; the last lines of its log are above. Run pulumi up again when the cause is gone"
}

# --- changing what runs ------------------------------------------------------------------------

converge_running() {
  if serves "$client_url" && [[ $(digest_of_running) != "$(digest_of_unit)" ]]; then
    check_others "$(alarm_to_end)"
    move_leadership_away
    say "restarting with what changed"
    start
    wait_until_healthy
    echo restarted
  elif [[ $(digest_of_running) == "$(digest_of_unit)" ]]; then
    place_the_rest
    wait_until_part_of_it
    echo unchanged
  else
    say "etcd does not take part in the cluster: starting it as asked for"
    tell_new_address
    start
    wait_until_part_of_it
    echo started
  fi
}

# A larger quota is a way out of the alarm of a full database, which stays raised until all have it.
alarm_to_end() {
  local asked
  asked=$(sed -n 's/^ *--quota-backend-bytes=\([0-9]*\).*/\1/p' "$unit")
  if ((asked > $(running_quota))); then echo NOSPACE; else echo none; fi
}

# The others dial a member at the peer URL that they know; its own flag says nothing to them.
tell_new_address() {
  local via former
  via=$(find_quorum)
  [[ -n $via ]] || return 0
  former=$(former_entry "$via")
  [[ -n $former && -z $(my_entry "$via") ]] || return 0
  say "telling the cluster that this member is now at $peer_url"
  ctl "$via" member update "${former%%,*}" --peer-urls="$peer_url" >&2
}

# An update that was killed half-way may have left this member a learner.
wait_until_part_of_it() {
  local via
  if ! serves "$client_url"; then
    via=$(find_quorum)
    if [[ -n $via && $(my_entry "$via") == *", true" ]]; then
      wait_until_member "$via"
      return
    fi
  fi
  wait_until_healthy
}

digest_of_unit() { sed -n 's/^Environment=UNIT_DIGEST=//p' "$unit"; }

digest_of_running() { running_variable UNIT_DIGEST | cut -d= -f2; }
