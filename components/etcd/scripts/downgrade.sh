# Tells a running cluster that it is to go down one minor version; the members follow one by one.
# shellcheck shell=bash

# Arguments, all of them texts, and those of etcdctl.sh.
target= # the version to go to

downgrade() {
  take_arguments "$@"
  local said
  if said=$(ctl "$client_url" downgrade enable "$target" 2>&1); then
    say "the cluster is going down to $target"
  elif [[ $said == *"downgrade job in progress"* ]]; then
    say "the cluster is on its way down already"
  else
    fail "the cluster cannot go down to $target: $said. Nothing was changed"
  fi
}
