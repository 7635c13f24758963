# Takes a snapshot of the cluster, checks it, keeps it here and uploads it. What became of it is
# written into the cluster itself, so that every member can tell: the keys below etcd-by-pulumi/.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of. All but `settings` and the first, and
# whose snapshot is asked for, come from the file of settings that the member's script has placed.
when=due   # due: when this member leads and the last snapshot is old enough; now: in any case
version=   # of etcd
keep=      # how many are kept at most
keep_days= # how long they are kept at most
bucket=    # where they are uploaded to, or ""
prefix=    # what their keys begin with

readonly taken_key=etcd-by-pulumi/snapshot/taken failed_key=etcd-by-pulumi/snapshot/failed

snapshot() {
  take_arguments "$@"
  read_settings
  # What was asked for with words of its own is not taken from a file.
  take_arguments "$@"
  check_identity
  lock "$service-snapshot"
  [[ $when == now ]] || is_due || return 0
  local said ended=0
  said=$(mktemp)
  # In the background, where an error ends it: in a condition bash would go on after one.
  {
    watch_end
    take
  } 2>"$said" &
  wait "$!" || ended=$?
  cat "$said" >&2
  ((ended == 0)) || note_failure "$(tail -n 1 "$said" | cut -d ' ' -f 2-)"
  rm "$said"
  ((ended == 0)) || exit "$told"
}

# --- when --------------------------------------------------------------------------------------

is_due() {
  local now last
  serves "$client_url" || {
    say "this member does not serve: the snapshot is another's"
    return 1
  }
  [[ $(my_entry "$client_url" | cut -d, -f1) == "$(leader_id "$client_url")" ]] || {
    say "this member does not lead: the snapshot is the leader's"
    return 1
  }
  now=$(date +%s)
  last=$(ctl "$client_url" get "$taken_key" --print-value-only)
  # A cluster that began from a snapshot finds the record of the one that it was taken of.
  if [[ $(field cluster "$last") == "$cluster" ]]; then last=$(number time "$last"); else last=0; fi
  # Any client can write the record: a time to come would put off every snapshot until then.
  ((${last:-0} <= now + 300)) || last=0
  # One that leads since then takes one of its own: so no client can keep all of them from it.
  is_old "${last:-0}" || is_old "$(newest_time)"
}

# is_old TIME: a timer is not on time to the second.
is_old() { (($(date +%s) - $1 >= minutes * 60 - 30)); }

# --- taking ------------------------------------------------------------------------------------

take() {
  local file status where sha256
  install -d -m 0700 "$directory"
  remove_unfinished
  # Before it is saved and before it is uploaded: a store that takes nothing must not fill the disk here.
  remove_old
  # One that only the upload has failed of is not taken again.
  if [[ $when == now ]] || is_old "$(newest_time)"; then
    save
  else
    file=$(newest)
    check_snapshot "$file" "$file"
  fi
  remove_old
  sha256=$(sha256sum "$file" | cut -d ' ' -f 1)
  where=$(hostname -s):$file
  if [[ -n $bucket ]]; then
    s3_put "$file" "$bucket" "$prefix$(basename "$file")" "$sha256"
    where=s3://$bucket/$prefix$(basename "$file")
    say "uploaded to $where"
  fi
  note_success "$file" "$where"
  printf '{"file":"%s","where":"%s","sha256":"%s","status":%s}\n' "$file" "$where" "$sha256" "$status"
}

# Sets `file` and `status`.
save() {
  local partial=$directory/.partial-$service said
  make_room
  # A database of some GiB takes its time.
  said=$(ctl_for 1800 "$client_url" snapshot save "$partial" 2>&1) ||
    fail "etcd on this member gave no snapshot: $(tail -n 1 <<<"$said"); $directory has $(free_mib "$directory") MiB free. The snapshots before it are still there"
  check_snapshot "$partial" "the snapshot just taken"
  file=$directory/$service-$(date -u +%Y%m%dT%H%M%SZ)-r$(number revision "$status")-v$version.db
  mv "$partial" "$file"
  say "taken: $file"
}

# What stays free on its disk, in MiB: for a release to be staged (300) and the journal, so that snapshots
# keep no certificate from being renewed.
readonly reserve_mib=512

# Older ones make room for a new one; the newest stays, until there is another.
make_room() {
  local needed all index
  # A begun MiB is one; etcd adds a checksum.
  needed=$(($(tells "$client_url" dbSize) / 1024 ** 2 + 1 + reserve_mib))
  mapfile -t all < <(snapshots)
  for ((index = 0; index < ${#all[@]} - 1; index++)); do
    (($(free_mib "$directory") < needed)) || return 0
    rm -f "${all[index]}"
    say "removed ${all[index]}: its disk has no room for it beside a new one"
  done
  (($(free_mib "$directory") >= needed)) ||
    fail "$directory has $(free_mib "$directory") MiB free, and a snapshot needs $needed MiB, of which $reserve_mib stay free: none was taken, and the last one is still there. Make room there, or set snapshotDirectory to a larger disk"
}

# What one that was killed, while it was saved or uploaded, has left: nobody else would ever remove it, and it can be
# as large as a snapshot.
remove_unfinished() {
  local all
  mapfile -t all < <(these ".partial-$service" && these ".partial-$service.part" && these "$service-????????T??????Z-r*-v*.db.part*")
  rm -f "${all[@]}"
}

# Retention by count and by age; the newest one stays, however old it is.
remove_old() {
  local all file index
  mapfile -t all < <(snapshots)
  for ((index = 0; index < ${#all[@]} - 1; index++)); do
    file=${all[index]}
    if ((index < ${#all[@]} - keep)) || [[ -n $(find "$file" -mmin "+$((keep_days * 1440))") ]]; then
      rm -f "$file"
      say "removed $file: kept are $keep, for $keep_days days"
    fi
  done
}

# --- what became of it -------------------------------------------------------------------------

# note_success FILE WHERE
note_success() {
  local text
  text=$(printf '{"time":%s,"revision":%s,"bytes":%s,"where":"%s","minutes":%s,"cluster":"%s"}' \
    "$(stat --format=%Y "$1")" "$(number revision "$status")" "$(stat --format=%s "$1")" "$2" "$minutes" "$cluster")
  ctl "$client_url" put "$taken_key" "$text" >/dev/null
  [[ -z $(ctl "$client_url" get "$failed_key" --keys-only) ]] || ctl "$client_url" del "$failed_key" >/dev/null
}

# A cluster that takes no writes tells so by itself.
note_failure() {
  local reason=${1//[\"\\]/ }
  ctl "$client_url" put "$failed_key" \
    "$(printf '{"time":%s,"member":"%s","reason":"%s","cluster":"%s"}' "$(date +%s)" "$(hostname -s)" "${reason:0:500}" "$cluster")" >/dev/null ||
    say "this failure could not be written into the cluster"
}
