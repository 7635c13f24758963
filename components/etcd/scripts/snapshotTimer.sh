# The timer that takes snapshots on a member's machine.
# shellcheck shell=bash

# Arguments of the scripts that read this.
scheduled= # true where snapshots are taken by the clock, and not on request only

# The files of the bundle: the script with its settings and credentials, and the two units.
place_snapshot_timer() {
  local folder=$config/snapshot timer=$service-snapshot.timer file changed=false
  install -d -m 0700 "$folder"
  for file in settings credentials run.sh; do
    place "$staging/snapshot-$file" "$folder/$file" 0600 || changed=true
  done
  for file in service timer; do
    place "$staging/snapshot.$file" "$units/$service-snapshot.$file" 0644 || changed=true
  done
  reload_changed "$service-snapshot.service" "$timer"
  if [[ $scheduled == true ]]; then
    enabled "$timer"
    if [[ $changed == true ]] || ! systemctl is-active --quiet "$timer"; then
      systemctl restart "$timer"
    fi
  elif systemctl is-enabled --quiet "$timer" || systemctl is-active --quiet "$timer"; then
    systemctl disable --quiet --now "$timer"
  fi
}

# place FROM TO MODE: fails where that was another file.
place() {
  ! cmp --silent "$1" "$2" || return 0
  install -m "$3" "$1" "$2.new"
  mv "$2.new" "$2"
  return 1
}
