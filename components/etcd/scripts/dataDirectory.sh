# A member's data directory, on a volume of its own where there is one.
# shellcheck shell=bash

# Arguments of the scripts that read this.
data=       # the data directory
device=     # the block device to put the data on, or ""
device_gib= # how large that is to be, in GiB

prepare_data_directory() {
  if [[ -n $device ]] && ! mountpoint --quiet "$data"; then
    # An attached volume appears within seconds: two minutes tell a slow one from one that is not attached.
    try_for 120 "the data volume $device" test -b "$device"
    mount_data_volume
  fi
  # Members that share a machine have their directories in one that must let them through.
  [[ -d $(dirname "$data") ]] || install -d -m 0755 "$(dirname "$data")"
  install -d -m 0700 -o etcd -g etcd "$data"
  # On a volume from another machine the files are owned by the number that etcd had there.
  [[ ! -e $data/member || $(stat --format=%U "$data/member") == etcd ]] || chown -R etcd:etcd "$data"
}

# Formats a blank device only: one with anything on it is mounted, or refused.
mount_data_volume() {
  local blank=0 kind
  cmp --quiet --bytes=$((1024 * 1024)) "$device" /dev/zero || blank=$?
  if ((blank == 0)); then
    say "formatting the blank data volume"
    mkfs.ext4 -q -m 0 -L etcd "$device" >&2
  fi
  kind=$(blkid --probe --match-tag TYPE --output value "$device" || true)
  [[ $kind == ext4 ]] || fail "the data volume $device is not blank and holds ${kind:-no file system that blkid knows}, expected ext4: nothing was formatted. Empty it by hand if nobody needs it"
  install -d -m 0700 "$data"
  [[ -z $(find "$data" -mindepth 1 -maxdepth 1 -print -quit) ]] ||
    fail "$data has data while the data volume $device is not mounted: mounting would hide it. Move it away, or onto the volume, and run pulumi up again"
  local mount_unit
  mount_unit=$(mount_unit)
  printf '# Written by Pulumi\n[Unit]\nDescription=etcd data\n\n[Mount]\nWhat=%s\nWhere=%s\nType=ext4\nOptions=noatime,nodev,noexec,nosuid\n\n[Install]\nWantedBy=multi-user.target\n' \
    "$device" "$data" >"$units/$mount_unit"
  chmod 0644 "$units/$mount_unit"
  reload_changed "$mount_unit"
  # etcd's unit requires it (RequiresMountsFor), so that a reboot mounts it first, or does not start. A machine that
  # is stopped before it has that unit mounts it, too: else nobody would see what data it has.
  enabled "$mount_unit"
  timeout 60 systemctl start "$mount_unit" ||
    fail "could not mount the data volume $device on $data: see 'systemctl status $mount_unit'"
  # etcd warns at each start of what is not its own; fsck makes it again when it needs it.
  rmdir "$data/lost+found" 2>/dev/null || true
}

# A volume that has been made larger is a larger device at once; its file system grows when it is told to, in
# use or not, and else the database would fill the old one below its quota.
grow_file_system() {
  [[ -n $device ]] || return 0
  local said
  # The new size is there within seconds of EC2's saying that it changes.
  try_for 120 "the data volume $device to have $device_gib GiB" has_grown ||
    fail "the data volume $device has $(($(device_bytes) / 1024 ** 3)) GiB, expected $device_gib: its file system was left as it is. See whether its size is still being changed, and run pulumi up again"
  # Does nothing where it is as large as its device already. A TiB takes it seconds: it writes the new groups' tables.
  said=$(timeout 600 resize2fs "$device" 2>&1 >/dev/null) ||
    fail "the file system on $device did not grow to $device_gib GiB: $(tail -n 1 <<<"$said"). etcd goes on as it is; run pulumi up again when the cause is gone"
}

has_grown() { (($(device_bytes) >= device_gib * 1024 ** 3)); }

device_bytes() { blockdev --getsize64 "$device"; }

mount_unit() { systemd-escape --path --suffix=mount "$data"; }

# A directory whose volume is not mounted looks like one whose data is lost.
check_mounted() {
  local mount_unit
  # Where no disk is mounted by a unit there is none to miss, and nobody waits to learn that unit's name.
  compgen -G "$units/*.mount" >/dev/null || return 0
  ! mountpoint --quiet "$data" || return 0
  mount_unit=$(mount_unit)
  [[ ! -e $units/$mount_unit ]] ||
    fail "the data volume is not mounted on $data: whether this member has data cannot be seen. Nothing was changed. Mount it (sudo systemctl start $mount_unit), or see why it does not (systemctl status $mount_unit), and run pulumi up again"
}
