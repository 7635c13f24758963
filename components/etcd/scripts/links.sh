# What people call on a machine: etcd, etcdctl and etcdutl of the version that the member runs.
# shellcheck shell=bash

# Arguments of the scripts that read this.
binaries= # the folder of the three
links=    # where people find them, or ""

place_links() {
  [[ -n $links ]] || return 0
  [[ -d $links ]] || install -d -m 0755 "$links"
  local binary
  for binary in etcd etcdctl etcdutl; do
    [[ -e $binaries/$binary ]] || continue
    if ! is_own_link "$links/$binary" && [[ -e $links/$binary || -L $links/$binary ]]; then
      say "$links/$binary is not ours: left as it is"
    elif [[ $binary == etcdctl ]]; then
      install -m 0755 "$staging/etcdctl" "$links/etcdctl.new"
      mv -T "$links/etcdctl.new" "$links/etcdctl"
    else
      ln -sfn "$binaries/$binary" "$links/$binary"
    fi
  done
}

remove_links() {
  local binary
  for binary in etcd etcdctl etcdutl; do
    ! is_own_link "$links/$binary" || rm -f "$links/$binary"
  done
}

# What one member has left that goes while another stays here would show what is not there any more.
remove_etcdctl_of_member() {
  ! calls_for "$cluster, from $config:" "$links/etcdctl" || rm -f "$links/etcdctl"
}

# is_own_link FILE: it leads to a release of ours, or calls it for this cluster.
is_own_link() {
  if [[ -L $1 ]]; then
    [[ $(readlink "$1") == "$releases"/* || $(readlink "$1") == "$binaries"/* ]]
  else
    calls_for "$cluster," "$1"
  fi
}

# calls_for WHOM FILE: by the second line of a command of ours. A binary is not read for that.
calls_for() {
  [[ -f $2 && ! -L $2 && $(head --bytes=2 "$2") == "#!" && $(sed -n 2p "$2") == "# Written by Pulumi for cluster $1"* ]]
}
