# Takes away what the stack brought to a machine, and nothing else.
# shellcheck shell=bash

# Arguments, all of them texts.
service=  # the systemd unit's name, without ".service"
config=   # the folder of the certificates
data=     # the data directory
binaries= # the folder of etcd and etcdctl
links=    # where etcd, etcdctl and etcdutl are linked
purge=    # true to delete the data, too

remove() {
  take_arguments "$@"
  lock "$service"
  local unit=/etc/systemd/system/$service.service
  if grep -qs '^# Written by Pulumi' "$unit"; then
    systemctl disable --quiet --now "$service"
    rm -f "$unit"
    systemctl daemon-reload
    say "$service is stopped and removed"
  fi
  if [[ -d $config/snapshot ]]; then
    systemctl disable --quiet --now "$service-snapshot.timer" 2>/dev/null || true
    say "snapshots, where some were taken, stay in $(sed -n 's/^directory=//p' "$config/snapshot/settings")"
    rm -rf "$config/snapshot" "/etc/systemd/system/$service-snapshot".{service,timer}
    systemctl daemon-reload
  fi
  if [[ -L $config/pki ]]; then
    rm -f "$config/pki"
    find "$config" -mindepth 1 -maxdepth 1 \( -name 'pki-????????????????' -o -name '.staging.*' \) -exec rm -rf {} +
  fi
  rmdir "$config" 2>/dev/null || true
  # Other members on this machine may still run these.
  if ! grep -qs '^# Written by Pulumi' /etc/systemd/system/etcd*.service; then
    remove_binaries
  fi
  remove_data
}

remove_binaries() {
  local binary
  for binary in etcd etcdctl etcdutl; do
    [[ $(readlink "$links/$binary" || true) != "$binaries/"* ]] || rm -f "$links/$binary"
  done
  local release
  for release in /opt/etcd/*/by-pulumi; do
    [[ ! -e $release ]] || rm -rf "$(dirname "$release")"
  done
  rmdir /opt/etcd 2>/dev/null || true
  if [[ -e /var/lib/etcd-packages-by-pulumi ]]; then
    DEBIAN_FRONTEND=noninteractive timeout 600 apt-get --quiet --quiet --yes -o DPkg::Lock::Timeout=300 remove etcd-server etcd-client >&2
    rm -f /var/lib/etcd-packages-by-pulumi
  fi
  rmdir /etc/etcd 2>/dev/null || true
}

remove_data() {
  if [[ $purge == true ]]; then
    rm -rf "${data:?}"
    say "the data in $data is deleted"
  elif [[ -d $data ]]; then
    say "the data stays in $data"
  fi
}
