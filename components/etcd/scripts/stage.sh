# Brings an etcd release to a machine and starts nothing: /opt/etcd/v<version>/bin appears whole or
# not at all, whatever was there before stays as it is.
# shellcheck shell=bash source=common.sh

# Arguments, all of them texts.
version= # of etcd
url=     # where releases come from; "" for a tarball that lies on the machine already
tarball= # that tarball
sha256=  # and its SHA-256
# shellcheck disable=SC2034 # with another machine it is another command, so that Pulumi runs it again
machine=

stage() {
  take_arguments "$@"
  wait_for_cloud_init
  check_machine
  lock etcd-release
  getent passwd etcd >/dev/null || useradd --system --user-group --no-create-home --home-dir /var/lib/etcd \
    --shell "$(command -v nologin || echo /bin/false)" etcd
  local release=/opt/etcd/v$version
  if runs_version "$release" "$version"; then
    say "etcd $version is staged"
  else
    install_release "$release"
  fi
  printf '{"staged":"%s"}\n' "$version"
}

# cloud-init may still be making users and keys, or be holding the package manager.
wait_for_cloud_init() {
  command -v cloud-init >/dev/null || return 0
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
  local missing=() tool
  for tool in awk curl flock sha256sum systemctl tar timeout useradd; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) || fail "these commands are missing: ${missing[*]}. Install them and run pulumi up again"
  [[ -d /run/systemd/system ]] || fail "systemd does not run here, and etcd is to be a systemd unit"
  local free
  free=$(df --output=avail -k /opt | tail -n 1)
  ((free > 300 * 1024)) || fail "/opt has $((free / 1024)) MiB free, a release needs 300 MiB"
}

runs_version() {
  [[ -x $1/bin/etcd && -x $1/bin/etcdctl ]] && [[ $("$1/bin/etcd" --version 2>/dev/null | head -n 1) == "etcd Version: $2" ]]
}

install_release() {
  local release=$1 arch
  case $(uname -m) in
    x86_64) arch=amd64 ;;
    aarch64) arch=arm64 ;;
    *) fail "the machine is a $(uname -m); etcd releases are for x86_64 and aarch64" ;;
  esac
  local name=etcd-v$version-linux-$arch
  install -d -m 0755 /opt/etcd
  rm -rf /opt/etcd/.staging.*
  staging=$(mktemp -d /opt/etcd/.staging.XXXXXX)
  trap 'rm -rf "$staging"' EXIT
  if [[ -n $url ]]; then
    download "$name.tar.gz"
  else
    take_uploaded "$name.tar.gz"
  fi
  tar -xzf "$staging/$name.tar.gz" -C "$staging" --no-same-owner 2>/dev/null || true
  [[ -f $staging/$name/etcd && -f $staging/$name/etcdctl ]] ||
    fail "there is no $name/etcd in ${url:-$tarball}: expected a release of etcd $version for $arch. Nothing was changed"
  install -d -m 0755 "$staging/release" "$staging/release/bin"
  local binary
  for binary in etcd etcdctl etcdutl; do
    # 3.4 has no etcdutl.
    [[ ! -f $staging/$name/$binary ]] || install -m 0755 "$staging/$name/$binary" "$staging/release/bin/$binary"
  done
  runs_version "$staging/release" "$version" ||
    fail "the etcd in $name.tar.gz does not run here as version $version: $("$staging/release/bin/etcd" --version 2>&1 | head -n 1). Nothing was changed"
  # What is there and does not run may be replaced, if it is ours.
  [[ ! -e $release || -e $release/by-pulumi ]] ||
    fail "$release is there, is not etcd $version, and was not put there by Pulumi. Move it away. Nothing was changed"
  touch "$staging/release/by-pulumi"
  rm -rf "$release"
  mv -T "$staging/release" "$release"
  ! command -v restorecon >/dev/null || restorecon -R "$release"
  say "etcd $version is staged"
}

download() {
  local from=$url/v$version expected
  say "fetching $from/$1"
  fetch "$from/SHA256SUMS" "$staging/SHA256SUMS"
  fetch "$from/$1" "$staging/$1"
  expected=$(awk -v name="$1" '$2 == name || $2 == "*" name { print $1 }' "$staging/SHA256SUMS")
  [[ -n $expected ]] || fail "$from/SHA256SUMS does not list $1. Nothing was changed"
  check_sum "$staging/$1" "$expected" "$from/$1"
}

fetch() {
  curl --fail --silent --show-error --location --proto '=http,https' \
    --connect-timeout 10 --retry 3 --max-time 600 --output "$2" "$1" >&2 ||
    fail "could not fetch $1 (see above). Check the version and the releaseUrl setting. Nothing was changed"
}

take_uploaded() {
  [[ -f $tarball ]] || fail "$tarball is not here: the upload of releaseFile has not arrived. Nothing was changed"
  check_sum "$tarball" "$sha256" "$tarball"
  mv "$tarball" "$staging/$1"
}

# check_sum FILE EXPECTED WHAT
check_sum() {
  local actual
  actual=$(sha256sum "$1" | awk '{ print $1 }')
  [[ $actual == "$2" ]] ||
    fail "$3 has the SHA-256 $actual, expected $2: it is damaged or not what was published. Nothing was changed"
}
