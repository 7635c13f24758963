# Makes a machine the cluster's, and brings its data volume, etcd and the member's certificates to it.
# Nothing is started or stopped by it: a running etcd reads its certificates at each handshake, and another
# release lies beside its own.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
version= # of etcd
from=    # where it comes from: release, file or package
url=     # release: where releases come from
sha256_amd64= # release: what its tarball for amd64 has to be, or "" where that is not known
sha256_arm64= # release: the same for arm64
tarball= # file: a tarball that lies on the machine already; its name in the SSH user's home
sha256=  # file: its SHA-256
tls=     # true where the member has certificates
uploads= # a folder for what is uploaded later and is nobody else's to read, or ""
# shellcheck disable=SC2034 # with another machine it is another command, so that Pulumi runs it again
machine=

# The certificates follow on standard input, as `scriptInput` makes them.
stage() {
  take_arguments "$@"
  wait_for_cloud_init
  check_machine
  # Whatever runs here goes first, above all a member.
  renice --priority 10 --pid "$$" >/dev/null
  lock etcd-release
  # Looked at before anything is mounted or formatted, and once more with what the volume has brought.
  refuse_strangers
  make_user
  prepare_data_directory
  claim_machine
  grow_file_system
  if [[ $from == package ]]; then
    stage_package
  else
    stage_release
  fi
  certificates=none
  [[ $tls != true ]] || place_certificates
  [[ -z $uploads ]] || install -d -m 0700 -o "${SUDO_USER:-root}" "$uploads"
  remove_unused
  printf '{"staged":"%s","certificates":"%s"}\n' "$version" "$certificates"
}

# cloud-init may still be making users and keys, or be holding the package manager.
wait_for_cloud_init() {
  command -v cloud-init >/dev/null || return 0
  # Done without an error: asking takes a second more.
  ! grep -q '"errors": \[\]' /run/cloud-init/result.json 2>/dev/null || return 0
  local status=0
  timeout 300 cloud-init status --wait >/dev/null 2>&1 || status=$?
  # 2: done, with recoverable errors that are not ours to judge.
  case $status in
    0 | 2) ;;
    124) fail "cloud-init has not finished within 300 s: see 'cloud-init status --long' here" ;;
    *) fail "cloud-init failed: see 'cloud-init status --long' here" ;;
  esac
}

# All that is missing at once, before the first change.
check_machine() {
  local missing
  missing=$(missing_tools)
  [[ $missing == "" ]] || fail "these commands are missing: $missing. Install them and run pulumi up again"
  [[ -d /run/systemd/system ]] || fail "systemd does not run here, and etcd is to be a systemd unit"
  check_room
}

# A release that is here already needs none: certificates can be renewed on a full disk, too.
check_room() {
  local free
  free=$(free_mib /opt)
  ((free > 300)) || runs_version "$releases/v$version" "$version" || fail "/opt has $free MiB free, a release needs 300 MiB"
}

make_user() {
  getent passwd etcd >/dev/null || useradd --system --user-group --no-create-home --home-dir /var/lib/etcd \
    --shell "$(command -v nologin || echo /bin/false)" etcd
}
