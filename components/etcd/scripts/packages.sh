# What is done to the distribution's packages of etcd (Debian, Ubuntu), and how it is taken back.
#
# The packages start a one-node etcd as soon as they are installed, and restart whatever runs as etcd when
# they are upgraded. So as long as they are here their scripts may not touch it; they are held, so that nobody
# upgrades them but the program; and what runs are copies of their commands, which lie where a release's do:
# another version replaces nothing that runs.
# shellcheck shell=bash

packages=(etcd-server etcd-client)
# What was done to them, for whoever takes it back.
packages_installed=/var/lib/etcd-packages-by-pulumi
packages_held=/var/lib/etcd-packages-held-by-pulumi
# Who is asked before a package's script starts, stops or restarts a service (Debian Policy 9.3.3).
policy=/usr/sbin/policy-rc.d

# It stays until the packages are given back: a hold is no more than a question to whoever insists.
forbid_services() {
  if [[ -e $policy ]] && ! grep -q by-pulumi "$policy"; then
    mv "$policy" "$policy.before-pulumi"
  fi
  cat >"$policy.new" <<END
#!/bin/sh
# by-pulumi: scripts of packages do not touch etcd.
case "\$1" in etcd*) exit 101 ;; esac
[ ! -x $policy.before-pulumi ] || exec $policy.before-pulumi "\$@"
END
  chmod 0755 "$policy.new"
  mv "$policy.new" "$policy"
}

allow_services() {
  if [[ -e $policy.before-pulumi ]]; then
    mv "$policy.before-pulumi" "$policy"
  elif grep -qs by-pulumi "$policy"; then
    rm -f "$policy"
  fi
}

# Else unattended upgrades replace and restart etcd on every machine, at any hour.
hold_packages() {
  local held
  held=$(apt-mark showhold "${packages[@]}")
  [[ $(wc -w <<<"$held") != "${#packages[@]}" ]] || return 0
  apt-mark hold "${packages[@]}" >/dev/null ||
    fail "the packages ${packages[*]} could not be held (apt-mark hold, see above): an upgrade of them would restart etcd"
  touch "$packages_held"
}

remove_packages() {
  allow_services
  if [[ -e $packages_held ]]; then
    apt-mark unhold "${packages[@]}" >/dev/null
    rm -f "$packages_held"
  fi
  if [[ -e $packages_installed ]]; then
    apt_get remove "${packages[@]}"
    [[ $(readlink "$units/etcd.service" || true) != /dev/null ]] || rm -f "$units/etcd.service"
    rm -f "$packages_installed"
  fi
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get --quiet --quiet --yes -o DPkg::Lock::Timeout=300 "$@" >&2 ||
    fail "apt-get $1 failed: see above"
}
