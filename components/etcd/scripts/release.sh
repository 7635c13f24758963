# A release of etcd on a machine: /opt/etcd/v<version>/bin appears whole or not at all, whatever was
# there before stays as it is.
# shellcheck shell=bash

stage_release() {
  if runs_version "$releases/v$version" "$version"; then
    say "etcd $version is staged"
  else
    install_release
  fi
  [[ -z $tarball ]] || rm -f "$tarball"
}

# As etcd: what has come from elsewhere is not root's to try.
runs_version() {
  [[ -x $1/bin/etcd && -x $1/bin/etcdctl ]] && [[ $(as_etcd "$1/bin/etcd" --version 2>/dev/null | sed -n 1p) == "etcd Version: $2" ]]
}

install_release() {
  local arch known
  case $(uname -m) in
    x86_64) arch=amd64 known=$sha256_amd64 ;;
    aarch64) arch=arm64 known=$sha256_arm64 ;;
    *) fail "the machine is a $(uname -m); etcd releases are for x86_64 and aarch64" ;;
  esac
  local name=etcd-v$version-linux-$arch
  begin_release
  if [[ -n $url ]]; then
    download "$name.tar.gz" "$known"
  else
    take_uploaded "$name.tar.gz"
  fi
  tar -xzf "$staging/$name.tar.gz" -C "$staging" --no-same-owner 2>/dev/null || true
  [[ -f $staging/$name/etcd && -f $staging/$name/etcdctl ]] ||
    fail "there is no $name/etcd in ${url:-$tarball}: expected a release of etcd $version for $arch. Nothing was changed"
  place_release "$staging/$name" "$name.tar.gz"
}

begin_release() {
  install -d -m 0755 "$releases"
  rm -rf "$releases"/.staging.*
  make_staging "$releases"
}

# place_release FOLDER WHAT: the commands in a folder become the release.
place_release() {
  local release=$releases/v$version binary
  install -d -m 0755 "$staging/release" "$staging/release/bin"
  for binary in etcd etcdctl etcdutl; do
    # 3.4 has no etcdutl.
    [[ ! -f $1/$binary ]] || copy_gently "$1/$binary" "$staging/release/bin/$binary"
  done
  chmod 0755 "$staging" "$staging/release/bin/"*
  runs_version "$staging/release" "$version" ||
    fail "the etcd in $2 does not run here as version $version: $(as_etcd "$staging/release/bin/etcd" --version 2>&1 | sed -n 1p). Nothing was changed"
  # What is there and does not run may be replaced, if it is ours.
  [[ ! -e $release || -e $release/by-pulumi ]] ||
    fail "$release is there, is not etcd $version, and was not put there by Pulumi. Move it away. Nothing was changed"
  touch "$staging/release/by-pulumi"
  rm -rf "$release"
  mv -T "$staging/release" "$release"
  ! command -v restorecon >/dev/null || restorecon -R "$release"
  say "etcd $version is staged"
}

# Releases of ours that nobody runs, and that no unit would start: each takes its 60 to 90 MB. The last one stays:
# an update that was interrupted may still be asking by it.
remove_unused() {
  local all release kept=0
  mapfile -t all < <(find "$releases" -mindepth 2 -maxdepth 2 -name by-pulumi -printf '%T@ %h\n' | sort --reverse --numeric-sort | cut -d ' ' -f 2-)
  for release in "${all[@]}"; do
    if [[ $release != "$releases/v$version" ]] && ! is_used "$release/bin/" && ((++kept > 1)); then
      rm -rf "$release"
      say "removed $release, which nothing runs any more"
    fi
  done
}

# is_used FOLDER: by a unit, or by a process: its command line can be read where its binary cannot.
is_used() {
  local file words
  ! grep --quiet --fixed-strings "$1" "$units"/*.service 2>/dev/null || return 0
  for file in "$processes"/[0-9]*/cmdline; do
    # One that has ended meanwhile runs nothing.
    mapfile -d '' words 2>/dev/null <"$file" || continue
    [[ ${words[0]:-} != "$1"* ]] || return 0
  done
  return 1
}

# copy_gently FROM TO: each MiB is on the disk before the next one. A running etcd waits for the disk with
# each write, and would wait for all of it, whenever the kernel writes 58 MB at once (180 ms and more).
copy_gently() { dd if="$1" of="$2" bs=1M oflag=dsync status=none; }

# download NAME SHA256: "" believes what lies beside it.
download() {
  local from=$url/v$version expected=$2
  say "fetching $from/$1"
  if [[ -z $expected ]]; then
    say "no checksum of etcd $version is known beforehand: $from/SHA256SUMS is believed"
    fetch "$from/SHA256SUMS" "$staging/SHA256SUMS"
    expected=$(awk -v name="$1" '$2 == name || $2 == "*" name { print $1 }' "$staging/SHA256SUMS")
    [[ -n $expected ]] || fail "$from/SHA256SUMS does not list $1. Nothing was changed"
  fi
  fetch "$from/$1" "$staging/$1"
  check_sum "$staging/$1" "$expected" "$from/$1" "${2:+. If it is a build of your own, set ownReleases: true}"
}

fetch() {
  curl --fail --silent --show-error --location --proto '=http,https' --proto-redir '=https' \
    --connect-timeout 10 --retry 3 --max-time 600 --output "$2" "$1" >&2 ||
    fail "could not fetch $1 (see above). Check the version and the releaseUrl setting. Nothing was changed"
}

take_uploaded() {
  [[ -r $tarball ]] || fail "there is no $PWD/$tarball that root may read: the upload of releaseFile goes to the SSH user's home, where this has to begin (see CWD in sudoers). Nothing was changed"
  # The copy is what is checked and used: others may still write to what was uploaded.
  cp "$tarball" "$staging/$1"
  check_sum "$staging/$1" "$sha256" "$tarball"
}

# check_sum FILE EXPECTED WHAT [WAY]
check_sum() {
  local actual
  actual=$(sha256sum "$1" | awk '{ print $1 }')
  [[ $actual == "$2" ]] ||
    fail "$3 has the SHA-256 $actual, expected $2: it is damaged or not what was published. Nothing was changed${4:-}"
}
