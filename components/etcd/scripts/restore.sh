# Brings a snapshot to a member's machine and makes a data directory of it, beside the one that is
# there. Nothing is stopped or moved by it: so a snapshot that cannot be restored is found, on every
# machine, before anything of the cluster is touched. It runs for members that are to begin from it, and for
# no others.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
name=            # the member's
version=         # of etcd
binaries=        # the folder of etcd and etcdctl
peer_url=        # the member's own
initial_cluster= # all members, name=peerUrl, separated by commas
token=           # the restored cluster's: another one than before, so that old members stay strangers
restore=         # the restore's id
bucket=          # where the snapshot is, in S3
key=             # where the snapshot is, in S3
uploaded=        # a file on this machine that it was brought to
over=            # true where members that have data are to lose it

# The credentials for S3 follow on standard input, as `scriptInput` makes them.
restore() {
  take_arguments "$@"
  lock "$service"
  check_identity
  prepare_data_directory
  # The volume may have brought another cluster's.
  refuse_strangers
  ! has_data || [[ $over == true ]] ||
    fail "this member has data, and restoreFrom would take its place: nothing was changed. If that is meant, set restoreOverData: true; what is there now is moved aside, not deleted"
  receive_files
  keys_file=$staging/credentials
  [[ -s $keys_file ]] || keys_file=
  local status what=${key:+s3://$bucket/$key}
  what=${what:-the uploaded snapshot}
  rm -rf "$data"/.staging.*
  enter_own_folder
  bring snapshot "$what"
  check_snapshot snapshot "$what"
  check_snapshot_version "$what"
  make_data snapshot made
  rm -rf "$data/restored-$restore"
  mv -T made "$data/restored-$restore"
  [[ -z $uploaded ]] || rm -f "$uploaded"
  say "$what is restored beside the member's data: revision $(number revision "$status"), $(number totalKey "$status") keys"
  printf '{"restored":"%s","status":%s}\n' "$restore" "$status"
}

# The data's disk has the room, but the folder is etcd's: one that was taken over could put a link in the place of
# whatever is written there. So all of it happens in a folder of root's own, by names that begin there.
enter_own_folder() {
  make_staging "$data"
  cd -P "$staging"
  [[ -O . && $PWD == "$(realpath "$data")/$(basename "$staging")" ]] ||
    fail "something else took the place of $staging, which was to be root's own: what runs as etcd here is not to be trusted. Nothing was changed"
}

# bring FILE WHAT
bring() {
  local bytes
  if [[ -n $key ]]; then
    bytes=$(s3_size "$bucket" "$key")
    check_room "${bytes:-0}" "bringing and restoring $2"
    s3_get "$bucket" "$key" "$1"
    return
  fi
  [[ -f $uploaded ]] || fail "$uploaded is not here: the upload of restoreFrom has not arrived. Nothing was changed"
  bytes=$(stat --format=%s "$uploaded")
  check_room "$bytes" "bringing and restoring $2"
  cp "$uploaded" "$1"
}

# check_room BYTES WHAT: that this much, and half as much again for the data that it becomes, fit beside what is there:
# the disk is the running member's, and one that is full takes its writes away.
check_room() {
  local free needed
  free=$(free_mib "$data")
  needed=$(($1 * 5 / 2 / 1024 ** 2 + 128))
  ((free >= needed)) ||
    fail "$data has $free MiB free, and $2 needs $needed MiB beside what is there. Nothing was changed"
}

# etcd reads what its own or the minor version before has written, and nothing newer. 3.6 and later say
# whose a snapshot is, "" for one before 3.6; else its name does, where it is one of ours.
check_snapshot_version() {
  local mine from
  mine=$(cut -d. -f2 <<<"$version")
  from=$(field version "$status" | cut -d. -f2)
  [[ -n $from ]] || from=$(sed -n 's/.*-v3\.\([0-9]*\)\.[0-9]*\.db$/\1/p' <<<"${key:-$uploaded}")
  [[ -n $from || $mine -le 6 ]] || from=5
  ((${from:-$mine} <= mine)) ||
    fail "$1 is of etcd 3.$from, and version is $version, which cannot read it. Set version to 3.$from. Nothing was changed"
  ((${from:-$mine} >= mine - 1)) ||
    fail "$1 is of etcd 3.$from or older, and $version would skip a minor version. Restore it with the latest 3.$((from + 1)), then go up. Nothing was changed"
}

# make_data SNAPSHOT FOLDER
make_data() {
  local free needed history=()
  free=$(free_mib "$data")
  needed=$(($(stat --format=%s "$1") * 3 / 2 / 1024 ** 2 + 128))
  ((free >= needed)) || fail "$data has $free MiB free, and restoring needs $needed MiB beside what is there. Nothing was changed"
  # So that watchers and caches from before notice, instead of waiting for revisions that were.
  if snapshot_tool snapshot restore --help 2>&1 | grep -- --bump-revision >/dev/null; then
    history=(--bump-revision=1000000000 --mark-compacted)
  else
    say "etcd $version cannot raise the revision in a restore: restart clients that watch or cache"
  fi
  snapshot_tool snapshot restore "$1" --data-dir="$2" --name="$name" --initial-cluster="$initial_cluster" \
    --initial-cluster-token="$token" --initial-advertise-peer-urls="$peer_url" "${history[@]}" >said 2>&1 ||
    fail "the snapshot could not be restored: $(tail -n 1 said). Nothing was changed"
  chown -R etcd:etcd "$2"
}
