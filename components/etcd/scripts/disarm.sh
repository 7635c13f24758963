# Ends the alarm of a full database, so that the cluster takes writes again.
# shellcheck shell=bash

# Arguments are those of identity.sh and etcdctl.sh.
disarm() {
  take_arguments "$@"
  check_identity
  local others
  # etcdctl ends all alarms that there are.
  others=$(ctl "$client_url" alarm list | awk '!/alarm:NOSPACE/')
  [[ -z $others ]] || fail "another alarm is raised ($others): none was disarmed"
  ctl "$client_url" alarm disarm >/dev/null
}
