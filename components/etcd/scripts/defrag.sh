# Gives the free space in one member's database back to the machine. etcd writes the database anew and
# does not answer meanwhile, so this is for one member after the other.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
compact= # true to drop the history first

# Seconds that etcd may take: 8 GiB, the largest quota, at 14 MiB a second.
limit=600

defrag() {
  take_arguments "$@"
  lock "$service"
  check_identity
  local down before
  serves "$client_url" || fail "not defragmenting this member, because it does not serve reads. See npm run health"
  list_members "not defragmenting this member"
  down=$(others_down)
  [[ -z $down ]] || fail "not defragmenting this member, because others do not answer: $down. See npm run health"
  before=$(sizes)
  [[ $compact != true ]] || compact_history
  check_space
  move_leadership_away "not defragmenting this member"
  say "defragmenting"
  ctl_for "$limit" "$client_url" defrag >/dev/null ||
    fail "the defragmentation failed or did not end within $limit s (see above). If etcd is still at it, the member answers again when it is done"
  try_for 60 "this member to serve reads again" serves "$client_url" || fail "it did not come back: see npm run health"
  printf '{"before":%s,"after":%s,"quotaBytes":%s}\n' "$before" "$(sizes)" "$(running_quota)"
}

sizes() {
  local size in_use
  size=$(tells "$client_url" dbSize)
  in_use=$(tells "$client_url" dbSizeInUse)
  printf '{"sizeBytes":%s,"inUseBytes":%s}' "$size" "$in_use"
}

# Each member drops its own part in its own time. One that has been told before says so, and only after
# it is done.
compact_history() {
  local revision said
  revision=$(tells "$client_url" revision)
  say "compacting the history up to revision $revision"
  said=$(ctl_for "$limit" "$client_url" compact --physical "$revision" 2>&1) || [[ $said == *"has been compacted"* ]] ||
    fail "the history could not be compacted: $said. The database was not defragmented"
}

# The new database is written beside the old one, which goes at the end.
check_space() {
  local in_use needed free
  in_use=$(tells "$client_url" dbSizeInUse)
  # The file grows in steps, and so does the log beside it.
  needed=$((in_use * 11 / 10 / 1024 ** 2 + 128))
  free=$(free_mib "$data")
  ((free >= needed)) ||
    fail "$data has $free MiB free, and a second copy of the database needs $needed MiB. It was not defragmented. Make room on that disk first"
}
