# etcd on a machine from its distribution's packages (Debian, Ubuntu).
#
# Debian's etcd-server starts a one-node etcd as soon as it is installed. A masked unit cannot be
# started by anybody, so the unit is masked before the package arrives, and what the package makes
# in the data directory is taken away before the mask is.
# shellcheck shell=bash

readonly mask=/etc/systemd/system/etcd.service

stage_package() {
  if installed_version; then
    say "etcd $version is installed"
  else
    install_packages
  fi
}

installed_version() {
  [[ -x /usr/bin/etcd && -x /usr/bin/etcdctl && $(/usr/bin/etcd --version | sed -n 1p) == "etcd Version: $version" ]]
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  say "installing etcd $version from the distribution's packages"
  apt_get update
  [[ -e $mask ]] || systemctl mask --quiet etcd
  apt_get install --no-install-recommends "etcd-server=$(package_version etcd-server)" "etcd-client=$(package_version etcd-client)"
  # So that destroying the stack takes away what it brought, and leaves what was there before.
  touch /var/lib/etcd-packages-by-pulumi
  installed_version || fail "the packages brought $(/usr/bin/etcd --version | sed -n 1p), expected $version"
  # What the package made for its own one-node etcd, and nothing else: it has never run.
  rmdir /var/lib/etcd/default 2>/dev/null || true
}

# The package's full version, such as 3.4.23-4+b4, for the etcd version that is asked for.
package_version() {
  local found
  found=$(apt-cache madison "$1" | awk -F' *[|] *' -v version="$version" '(index($2, version "-") == 1 || $2 == version) && !found++ { print $2 }')
  [[ -n $found ]] ||
    fail "the distribution has no $1 $version, but $(apt-cache madison "$1" | awk -F' *[|] *' '{ printf "%s%s", separator, $2; separator = ", " }'). Set version to one of them. Nothing was changed"
  printf '%s' "$found"
}

apt_get() {
  timeout 600 apt-get --quiet --quiet --yes -o DPkg::Lock::Timeout=300 "$@" >&2 || fail "apt-get $1 failed: see above"
}
