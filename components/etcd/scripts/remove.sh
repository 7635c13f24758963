# Takes away what the stack brought to a machine, and nothing else: what is another cluster's stays.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
name=     # the member's
uploads=  # the folder that a snapshot from elsewhere is uploaded to
purge=    # true to delete the data, too

remove() {
  take_arguments "$@"
  lock "$service"
  local why unit=$units/$service.service
  why=$(
    strange_record
    strange_unit
  )
  if [[ -n $why ]]; then
    # No reason to keep the rest of a stack from going.
    say "$why. Nothing on this machine was touched"
    return 0
  fi
  if is_written_by_pulumi "$unit"; then
    systemctl disable --quiet --now "$service"
    rm -f "$unit"
    systemctl daemon-reload
    say "$service is stopped and removed"
  fi
  if [[ -d $config/snapshot ]]; then
    systemctl disable --quiet --now "$service-snapshot.timer" 2>/dev/null || true
    say "snapshots, where some were taken, stay in $(sed -n 's/^directory=//p' "$config/snapshot/settings")"
    rm -rf "$config/snapshot" "$units/$service-snapshot".{service,timer}
    systemctl daemon-reload
  fi
  if [[ -L $config/pki ]]; then
    rm -f "$config/pki"
    find "$config" -mindepth 1 -maxdepth 1 \( -name 'pki-????????????????' -o -name '.staging.*' \) -exec rm -rf {} +
  fi
  remove_etcdctl_of_member
  # Other members on this machine may still run these.
  if ! grep -qs '^# Written by Pulumi' "$units"/etcd*.service; then
    remove_binaries
  fi
  remove_uploads
  remove_data
  # Last: what is left half-way is still known as ours.
  rm -f "$config/permit" "$config/cluster" "$config/cluster.new"
  rmdir "$config" 2>/dev/null || true
  rmdir /etc/etcd 2>/dev/null || true
}

remove_binaries() {
  local release
  remove_links
  for release in "$releases"/*/by-pulumi; do
    [[ ! -e $release ]] || rm -rf "$(dirname "$release")"
  done
  rmdir "$releases" 2>/dev/null || true
  remove_packages
}

# What was brought for a restore that did not come to its end is a whole database.
remove_uploads() {
  [[ -d $uploads ]] || return 0
  find "$uploads" -maxdepth 1 -type f -name "$name-*.db" ! -name "$name-*-*" -delete
  rmdir "$uploads" 2>/dev/null || true
}

# The data says itself whose it is.
remove_data() {
  local why
  why=$(strange_data)
  if [[ -n $why ]]; then
    say "$why. It was not touched"
  elif [[ $purge == true ]]; then
    # A mount point stays, empty.
    [[ ! -d $data ]] || find "$data" -mindepth 1 -delete
    rmdir "$data" 2>/dev/null || true
    say "the data in $data is deleted"
  elif [[ -d $data ]]; then
    say "the data stays in $data"
  fi
}
