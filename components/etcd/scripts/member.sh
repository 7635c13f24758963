# Does one thing to one member: what its permit says, once, and only where what is found here is what that
# was decided on. What is refused is left as it was, its unit too.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
version=      # of etcd
# shellcheck disable=SC2034 # with another machine it is another command, so that Pulumi runs it again
machine=
# shellcheck disable=SC2034 # so it is where what runs was found to be another than was left
repair=
# shellcheck disable=SC2034 # the restore that it begins from, or "": the unit does not tell it
restore=

# The files follow on standard input, as `scriptInput` makes them.
member() {
  take_arguments "$@"
  lock "$service"
  check_identity
  check_mounted
  receive_files
  check_flags
  take_permit
  act
  printf '{"member":"%s","version":"%s","%s":"%s"}\n' "$name" "$version" "$done_what" "$(started_at)"
}

# etcd reads all its flags before it tells its version: a value that it does not take is found while what
# runs, and the unit that a reboot would start, are still as they were.
check_flags() {
  ! cmp --silent "$staging/unit" "$units/$service.service" || return 0
  local flags said
  mapfile -t flags < <(sed -n 's/^ *\(--[^ ]*\).*/\1/p' "$staging/unit")
  said=$(as_etcd "$binaries/etcd" "${flags[@]}" --version 2>&1) ||
    fail "etcd $version refuses its flags: ${said%%$'\n'*}. Nothing was changed: correct extraFlags and run pulumi up again"
}

# When the process began that was seen last.
started_at() { echo "${seen[ExecMainStartTimestamp]:-}"; }
