# Puts restored data, which waits beside the member's, in its place.
# shellcheck shell=bash

# Arguments of the scripts that read this.
restore= # the restore's id, or ""

# What was there is kept: somebody may find that the snapshot was the wrong one. The data that waits is
# there once; so a member is never restored again by a later update.
take_restored() {
  local waiting=$data/restored-$restore aside=$data/before-restore-$restore
  find "$data" -mindepth 1 -maxdepth 1 -name 'restored-*' ! -path "$waiting" -exec rm -rf {} +
  [[ -n $restore && -d $waiting ]] || return 0
  if systemctl is-active --quiet "$service" || has_data; then
    say "stopping what runs, to begin from the snapshot"
    timeout 120 systemctl stop "$service" || fail "$service did not stop within 120 s: see 'systemctl status $service'"
  fi
  # It speaks of the data that goes.
  ! grep -qs '^# Written by Pulumi' "$unit" || rm -f "$unit"
  if has_data; then
    [[ ! -e $aside ]] || aside+=-$(date -u +%Y%m%dT%H%M%SZ)
    mv -T "$data/member" "$aside"
    say "the data from before is in $aside: remove it when nobody needs it"
  fi
  rm -rf "$data/member"
  mv -T "$waiting/member" "$data/member"
  rm -r "$waiting"
  say "begins from the snapshot"
}
