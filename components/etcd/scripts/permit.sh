# What has been decided for a member: the member's own script takes it, compares what it finds with what the
# decision rested on, and does that one thing. Without one it changes nothing.
# shellcheck shell=bash

# Arguments of the scripts that read this.
lifetime= # how long it can be used, in seconds, by this machine's clock

leave_permit() {
  check_permit "$staging/permit"
  printf '%s\nexpires=%s\n' "$(cat "$staging/permit")" "$(($(now) + lifetime))" >"$staging/whole"
  chmod 0600 "$staging/whole"
  mv "$staging/whole" "$config/permit"
}

# Whoever reads it trusts it, to the point of writing flags with it.
check_permit() {
  local line
  while read -r line || [[ -n $line ]]; do
    [[ $line =~ ^(update|cluster|member|action|unit|has_data|pid|via|remove|rename|add|lead|serve|initial|token|wait)=[A-Za-z0-9_./:=,+-]*$ ]] ||
      fail "a permit has the line '$(tr -cd '[:print:]' <<<"$line")', which is none of it. Nothing was changed"
  done <"$1"
  [[ $(sed -n 's/^cluster=//p' "$1") == "$cluster" ]] ||
    fail "the permit is for the cluster '$(sed -n 's/^cluster=//p' "$1" | word)', and this is $(ours). Nothing was changed"
  [[ $lifetime =~ ^[0-9]+$ ]] || fail "the permit's lifetime is '$lifetime', expected seconds. Nothing was changed"
}
