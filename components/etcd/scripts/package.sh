# etcd on a machine from its distribution's packages.
# shellcheck shell=bash

# Where the packages put their commands.
package_binaries=/usr/bin

stage_package() {
  if runs_version "$releases/v$version" "$version"; then
    say "etcd $version is staged"
    return
  fi
  [[ -e $packages_held ]] || to_undo+=(allow_services)
  forbid_services
  installed_version || install_packages
  hold_packages
  # What is undone where this fails: from here on the packages are held.
  to_undo=()
  begin_release
  place_release "$package_binaries" "the distribution's packages"
}

installed_version() {
  [[ -x $package_binaries/etcd && -x $package_binaries/etcdctl && $("$package_binaries/etcd" --version | sed -n 1p) == "etcd Version: $version" ]]
}

install_packages() {
  local server client before
  say "installing etcd $version from the distribution's packages"
  apt_get update
  server=$(package_version etcd-server)
  client=$(package_version etcd-client)
  before=$(present_packages)
  # A masked unit cannot be started by anybody: neither at the next boot, before the member's own is there.
  [[ -e $units/etcd.service ]] || systemctl mask --quiet etcd
  apt_get install --no-install-recommends --allow-change-held-packages --allow-downgrades \
    "etcd-server=$server" "etcd-client=$client"
  # So that destroying the stack takes away what it brought, and leaves what was there before.
  [[ -n $before ]] || touch "$packages_installed"
  installed_version || fail "the packages brought $("$package_binaries/etcd" --version | sed -n 1p), expected $version"
  # What the package made for its own one-node etcd, and nothing else: it has never run.
  rmdir /var/lib/etcd/default 2>/dev/null || true
}

# Those that are installed already.
present_packages() {
  dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
    awk '$1 == "installed" { print $2 }' || true
}

# The package's full version, such as 3.4.23-4+b4, for the etcd version that is asked for.
package_version() {
  local found
  found=$(apt-cache madison "$1" | awk -F' *[|] *' -v version="$version" '(index($2, version "-") == 1 || $2 == version) && !found++ { print $2 }')
  [[ -n $found ]] ||
    fail "the distribution has no $1 $version, but $(apt-cache madison "$1" | awk -F' *[|] *' '{ printf "%s%s", separator, $2; separator = ", " }'). Set version to one of them. Nothing was changed"
  printf '%s' "$found"
}
