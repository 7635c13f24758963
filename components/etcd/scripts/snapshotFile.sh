# What a snapshot's file holds.
# shellcheck shell=bash

# The tool for snapshots' files: etcdutl from 3.5 on.
snapshot_tool() {
  local tool=$binaries/etcdutl
  [[ -x $tool ]] || tool=$binaries/etcdctl
  "$tool" "$@"
}

# check_snapshot FILE NAME: sets `status` to what etcd says of it. A snapshot ends with the SHA-256 of
# all before it (etcd, server/etcdserver/api/v3rpc/maintenance.go).
check_snapshot() {
  local file=$1 what=$2 size expected actual
  size=$(stat --format=%s "$file")
  expected=$(tail --bytes=32 "$file" | od -An -v -tx1 | tr -d ' \n')
  actual=$(head --bytes=-32 "$file" | sha256sum | cut -d ' ' -f 1)
  [[ $actual == "$expected" ]] ||
    fail "$what ($size bytes) is truncated, damaged or no snapshot: its content has the SHA-256 $actual, and its end says $expected"
  status=$(snapshot_tool --write-out=json snapshot status "$file" 2>/dev/null) ||
    fail "$what is no snapshot that etcd $version can read: $(snapshot_tool snapshot status "$file" 2>&1 | tail -n 1)"
}
