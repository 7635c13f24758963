# Brings an etcd release to a machine and starts nothing: /opt/etcd/v<version>/bin appears whole or
# not at all, whatever was there before stays as it is.
# shellcheck shell=bash source=common.sh

# stage VERSION URL MACHINE
#   MACHINE  not read: with another machine it is another command, so that Pulumi runs it again
stage() {
  local version=$1 url=$2
  wait_for_cloud_init
  check_machine
  lock_machine
  getent passwd etcd >/dev/null || useradd --system --user-group --no-create-home --home-dir /var/lib/etcd \
    --shell "$(command -v nologin || echo /bin/false)" etcd
  local release=/opt/etcd/v$version
  if runs_version "$release" "$version"; then
    say "etcd $version is staged"
  else
    install_release "$version" "$url" "$release"
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
  local version=$1 url=$2 release=$3 arch
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
  say "fetching $url/v$version/$name.tar.gz"
  fetch "$url/v$version/SHA256SUMS" "$staging/SHA256SUMS"
  fetch "$url/v$version/$name.tar.gz" "$staging/$name.tar.gz"
  check_sum "$staging" "$name.tar.gz" "$url/v$version"
  tar -xzf "$staging/$name.tar.gz" -C "$staging" --no-same-owner
  install -d -m 0755 "$staging/release" "$staging/release/bin"
  local binary
  for binary in etcd etcdctl etcdutl; do
    # 3.4 has no etcdutl.
    [[ ! -f $staging/$name/$binary ]] || install -m 0755 "$staging/$name/$binary" "$staging/release/bin/$binary"
  done
  runs_version "$staging/release" "$version" ||
    fail "the etcd in $url/v$version/$name.tar.gz does not run here as version $version: $("$staging/release/bin/etcd" --version 2>&1 | head -n 1). Nothing was changed"
  rm -rf "$release"
  mv -T "$staging/release" "$release"
  ! command -v restorecon >/dev/null || restorecon -R "$release"
  say "etcd $version is staged"
}

fetch() {
  curl --fail --silent --show-error --location --proto '=http,https' \
    --connect-timeout 10 --retry 3 --max-time 600 --output "$2" "$1" >&2 ||
    fail "could not fetch $1 (see above). Check the version and the releaseUrl setting. Nothing was changed"
}

check_sum() {
  local expected actual
  expected=$(awk -v name="$2" '$2 == name || $2 == "*" name { print $1 }' "$1/SHA256SUMS")
  [[ -n $expected ]] || fail "$3/SHA256SUMS does not list $2. Nothing was changed"
  actual=$(sha256sum "$1/$2" | awk '{ print $1 }')
  [[ $actual == "$expected" ]] ||
    fail "$3/$2 has the SHA-256 $actual, expected $expected: the download is damaged or not what was published. Nothing was changed"
}
