# Starting a member, and waiting until it is a part of its cluster.
# shellcheck shell=bash

# Arguments of the scripts that read this.
first_start= # the file for the flags of a first start

# first_start STATE INITIAL-CLUSTER
first_start() {
  mark_data
  install -d -m 0755 "$(dirname "$first_start")"
  echo "FIRST_START_FLAGS=--initial-cluster=$2 --initial-cluster-state=$1 --initial-cluster-token=${permit[token]}" >"$first_start"
  start
}

pid_before= # the process that ran before it was started here
start() {
  # Not before: what is refused keeps its unit, also for the next boot.
  place_unit
  # Asked to end now, as it was seen, since etcd takes a second for that: systemd reads its units meanwhile. Should
  # nobody come back to start it, systemd does (Restart=always).
  ! is_still_the_service "${seen[MainPID]}" || kill "${seen[MainPID]}" 2>/dev/null || true
  reload_changed "$service"
  pid_before=$(main_pid)
  # Not waited for here: systemd's wait has no words for what is missing.
  systemctl reset-failed "$service" 2>/dev/null || true
  systemctl restart --no-block "$service"
  place_the_rest
}

# is_still_the_service PID: by the group that systemd has it in, for numbers of processes come again.
is_still_the_service() { [[ $1 != 0 && $(cat "$processes/$1/cgroup" 2>/dev/null) == *"/$service.service"* ]]; }

place_unit() {
  local unit=$units/$service.service
  if ! cmp --silent "$staging/unit" "$unit"; then
    install -m 0644 "$staging/unit" "$unit.new"
    mv "$unit.new" "$unit"
  fi
  enabled "$service.service"
}

# What lies beside the member, and what nobody waits for: placed while etcd starts.
place_the_rest() {
  place_links
  place_snapshot_timer
}

# --- waiting -----------------------------------------------------------------------------------

# As a learner it answers no reads: promoted as soon as it has caught up, then asked itself.
wait_until_member() {
  try_for "$(limit)" "this learner to catch up and be promoted" promoted || fail_with_log
  wait_until_healthy
}

promoted() {
  local entry
  entry=$(my_entry "${permit[via]}" 2>/dev/null) || return 1
  case $entry in
    *", true") ctl "${permit[via]}" member promote "${entry%%,*}" >/dev/null 2>&1 ;;
    *", started, "*", false") true ;;
    *) false ;;
  esac
}

# An update that was killed half-way may have left this member a learner.
wait_until_part_of_it() {
  if ! serves "$client_url" && [[ -n ${permit[via]} && $(my_entry "${permit[via]}" || true) == *", true" ]]; then
    wait_until_member
  else
    wait_until_healthy
  fi
}

wait_until_healthy() {
  try_for "$(limit)" "this member to answer a linearizable read" serves_or_keeps_ending || fail_with_log
  ! keeps_ending || serves "$client_url" || fail_with_log
  rm -rf "$(dirname "$first_start")"
}

# How long it may take, in seconds: a large database takes its time to be read. Where nobody served who could tell how
# large it is, as after a restore, its own file does: read twice, at a rate at which any disk does (memberStep.ts).
limit() {
  local bytes=0 file=$data/member/snap/db
  [[ ! -f $file ]] || bytes=$(stat --format=%s "$file")
  echo "$((${permit[wait]:-120} + 2 * bytes / (14 * 1024 ** 2)))"
}

# etcd that ends again and again will not come back by waiting for it.
serves_or_keeps_ending() {
  see_service || return 1
  { has_started && serves "$client_url"; } || keeps_ending
}

keeps_ending() { ((seen[NRestarts] >= 5)); }

# The one that is on its way down still answers: what counts is the process after it.
has_started() { [[ ${seen[MainPID]} != 0 && ${seen[MainPID]} != "$pid_before" ]]; }

fail_with_log() {
  journalctl --unit="$service" --lines=15 --no-pager --output=cat >&2 || true
  fail "etcd on this machine is $(systemctl is-active "$service") and not healthy; the last lines of its log are above. Run pulumi up again when the cause is gone"
}
