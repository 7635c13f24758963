# Ends the alarm of a full database, so that the cluster takes writes again.
# shellcheck shell=bash

# Arguments are those of identity.sh and etcdctl.sh.
disarm() {
  take_arguments "$@"
  check_identity
  local others
  # etcdctl ends all alarms that there are.
  others=$(ctl "$client_url" alarm list | awk '!/alarm:NOSPACE/') ||
    fail "the alarms could not be asked for (see above): none was disarmed. $needs_rights"
  [[ -z $others ]] || fail "another alarm is raised ($others): none was disarmed"
  ctl "$client_url" alarm disarm >/dev/null || fail "the alarm was not disarmed (see above). $needs_rights"
}
