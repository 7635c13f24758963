# Prints what on a member's machine ends, falls behind or fills: its certificates, its snapshots and its disks. It waits for
# no lock: an update that is at work replaces all certificates in one step.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
data= # the data directory

upkeep() {
  take_arguments "$@"
  local snapshots=null
  # One that has not been told how to take snapshots has none.
  if [[ -f $settings ]]; then
    read_settings
    snapshots=$(snapshots_taken)
  fi
  printf '{"now":%s,"certificates":%s,"snapshots":%s,"disks":{"data":%s,"root":%s,"snapshots":%s}}\n' \
    "$(now)" "$(certificate_files)" "$snapshots" "$(disk_of "$data")" "$(disk_of /)" "$(disk_of "${directory:-$data}")"
}

# When the newest snapshot here was taken, and since when this machine is to take them, by its own files: what the
# cluster's record says of it any client can write.
snapshots_taken() {
  printf '{"minutes":%s,"newest":%s,"told":%s}' "$minutes" "$(newest_time)" "$(stat --format=%Y "$settings")"
}

# disk_of FOLDER: the disk that it is on, or will be.
disk_of() {
  local mount size free
  read -r size free mount < <(df --output=size,avail,target --block-size=1M "$(existing_part "$1")" | tail -n 1)
  printf '{"mount":"%s","sizeMiB":%s,"freeMiB":%s}' "$(word <<<"$mount")" "$size" "$free"
}
