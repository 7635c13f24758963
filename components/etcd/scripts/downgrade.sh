# Tells a running cluster that it is to go down one minor version, or no longer; the members follow one
# by one.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
target= # the version to go to, or "" to stay

downgrade() {
  take_arguments "$@"
  check_identity
  local said
  if [[ -z $target ]]; then
    stay
  elif said=$(ctl "$client_url" downgrade enable "$target" 2>&1); then
    say "the cluster is going down to $target"
  elif [[ $said == *"downgrade job in progress"* ]]; then
    say "the cluster is on its way down already"
  else
    fail "the cluster cannot go down to $target: $said. Nothing was changed"
  fi
}

stay() {
  local said
  if said=$(ctl "$client_url" downgrade cancel 2>&1); then
    say "the cluster no longer goes down"
  elif [[ $said != *"no inflight downgrade job"* ]]; then
    fail "the cluster cannot be told to stay at its version: $said. Nothing was changed"
  fi
}
