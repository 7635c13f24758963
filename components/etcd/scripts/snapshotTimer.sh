# The timer that takes snapshots on a member's machine.
# shellcheck shell=bash

# Arguments of the scripts that read this.
scheduled= # true where snapshots are taken by the clock, and not on request only

# The files of the bundle: the script with its settings and credentials, and the two units.
place_snapshot_timer() {
  local folder=$config/snapshot units=/etc/systemd/system file changed=false
  install -d -m 0700 "$folder"
  for file in settings credentials run.sh; do
    place "$staging/snapshot-$file" "$folder/$file" 0600 || changed=true
  done
  for file in service timer; do
    place "$staging/snapshot.$file" "$units/$service-snapshot.$file" 0644 || changed=true
  done
  [[ $changed == true ]] || return 0
  systemctl daemon-reload
  if [[ $scheduled == true ]]; then
    systemctl enable --quiet "$service-snapshot.timer"
    systemctl restart "$service-snapshot.timer"
  else
    systemctl disable --quiet --now "$service-snapshot.timer" 2>/dev/null || true
  fi
}

# place FROM TO MODE: fails where that was another file.
place() {
  ! cmp --silent "$1" "$2" || return 0
  install -m "$3" "$1" "$2.new"
  mv "$2.new" "$2"
  return 1
}
