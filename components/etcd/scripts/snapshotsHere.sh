# The snapshots that lie on a member's machine, and what the machine was told of them.
# shellcheck shell=bash

# Arguments. All but the first come from the file of settings that the member's script has placed.
settings=  # that file
service=   # the systemd unit's name, without ".service"
directory= # where snapshots are kept
minutes=   # how old the last one may get; 0 where they are taken on request only

read_settings() {
  [[ -f $settings ]] || fail "there is no $settings: this machine has not been told how to take snapshots. Run pulumi up with the version as it is"
  local lines
  mapfile -t lines <"$settings"
  take_arguments "${lines[@]}"
}

# This member's, oldest first: their names begin with the time.
snapshots() { these "$service-????????T??????Z-r*-v*.db" | sort; }

# these PATTERN: the files of such names.
these() { find "$directory" -maxdepth 1 -type f -name "$1"; }

# But for those of a time to come: a clock that was ahead must not put off every one until then.
newest() {
  local limit
  limit=$directory/$service-$(date -u --date='5 minutes' +%Y%m%dT%H%M%SZ)
  snapshots | awk -v limit="$limit" '$0 < limit' | tail -n 1
}

# When this machine's newest one was taken; 0 where it has none.
newest_time() {
  local file
  [[ ! -d $directory ]] || file=$(newest)
  if [[ -n ${file:-} ]]; then stat --format=%Y "$file"; else echo 0; fi
}
