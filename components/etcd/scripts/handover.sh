# Prepares a member's machine for going down: the others are a quorum without it, and it does not lead.
# shellcheck shell=bash

# Arguments are those of identity.sh and etcdctl.sh.
handover() {
  take_arguments "$@"
  check_identity
  if serves "$client_url"; then
    check_others "this member's machine is left as it is"
    move_leadership_away "this member's machine is left as it is"
  else
    say "etcd takes no part in the cluster here: nobody will miss it"
  fi
}
