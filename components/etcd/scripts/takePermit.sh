# What has been decided for this member, and whether what is found here is what that rested on.
# shellcheck shell=bash

# Arguments of the scripts that read this.
name=   # the member's
digest= # of the unit that is asked for

declare -A permit

# From so many starts on systemd is only trying again, and the process is another one each time.
readonly crash_loop=3

# Sets `permit`, once: what was decided is done or refused, and never done again.
take_permit() {
  local file=$config/permit line
  [[ -f $file ]] ||
    fail "no permit: nothing has been decided for $name in this update, or it was used already. Run pulumi up, without --target and with its hooks. Nothing was changed"
  while read -r line; do
    permit[${line%%=*}]=${line#*=}
  done <"$file"
  rm -f "$file"
  check_binding
  check_findings
}

# That it is for this cluster, member and unit, and for now.
check_binding() {
  local now staged
  now=$(now)
  staged=$(sed -n 's/^Environment=UNIT_DIGEST=//p' "$staging/unit")
  ((now <= ${permit[expires]:-0})) ||
    fail "the permit for $name has expired ($((now - ${permit[expires]:-0})) s ago): what it rests on was seen too long ago. Run pulumi up again. Nothing was changed"
  expect "cluster" "${permit[cluster]:-}" "$cluster"
  expect "member" "${permit[member]:-}" "$name"
  expect "unit" "${permit[unit]:-}" "$digest"
  expect "unit that arrived" "${permit[unit]:-}" "$staged"
}

# expect WHAT PERMITTED FOUND
expect() {
  [[ -n $3 && $2 == "$3" ]] ||
    fail "the permit is for the $1 '$2', and this is '$3'. Run pulumi up again, without --target. Nothing was changed"
}

# That the member is as it was when it was looked at.
check_findings() {
  local pid data_there=false
  try_for 10 "systemd to tell of $service" see_service
  pid=${seen[MainPID]}
  ! has_data || data_there=true
  [[ ${permit[has_data]:-} == "$data_there" ]] ||
    fail "$name was seen with has_data=${permit[has_data]:-}, and now it is $data_there: it has changed since. Run pulumi up again, which looks anew. Nothing was changed"
  [[ ${permit[pid]:-} == "$pid" ]] || is_ending_again_and_again ||
    fail "$name was seen with its etcd as process ${permit[pid]:-}, and now it is $pid (0: none): it has changed since. Run pulumi up again, which looks anew. Nothing was changed"
}

# One that systemd starts again and again is never the same; it was decided to start it as it is asked for.
is_ending_again_and_again() {
  [[ ${permit[action]:-} == start || ${permit[action]:-} == restore ]] && ((seen[NRestarts] >= crash_loop))
}
