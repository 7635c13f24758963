# Puts restored data, which waits beside the member's, in its place.
# shellcheck shell=bash

# take_restored ID: what was there is kept: somebody may find that the snapshot was the wrong one. The data that
# waits is there once, and what begins from it says so; so a member is never restored again by a later
# update. Ended anywhere, it goes on from there.
take_restored() {
  local waiting=$data/restored-$1 aside=$data/before-restore-$1
  find "$data" -mindepth 1 -maxdepth 1 -name 'restored-*' ! -path "$waiting" -exec rm -rf {} +
  if is_written_by_pulumi "$units/$service.service"; then
    say "stopping what runs, to begin from the snapshot"
    timeout 120 systemctl stop "$service" || fail "$service did not stop within 120 s: see 'systemctl status $service'"
    seen[MainPID]=0
  fi
  if [[ -d $waiting/member ]]; then
    if has_data; then
      [[ ! -e $aside ]] || aside+=-$(date -u +%Y%m%dT%H%M%SZ)
      as_etcd mv -T "$data/member" "$aside"
      say "the data from before is in $aside: remove it when nobody needs it"
    fi
    rm -rf "$data/member"
    # Before the data: what says not whose it is belongs to nobody.
    mark_data
    as_etcd mv -T "$waiting/member" "$data/member"
  fi
  mark restored "$1"
  rm -r "$waiting"
  say "begins from the snapshot"
}
