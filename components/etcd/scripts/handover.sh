# Prepares a member's machine for going down: the others are a quorum without it, and it does not lead.
# shellcheck shell=bash

handover() {
  take_arguments "$@"
  if serves "$client_url"; then
    check_others none
    move_leadership_away
  else
    say "etcd takes no part in the cluster here: nobody will miss it"
  fi
}
