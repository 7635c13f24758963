# Makes the users and roles of a cluster's clients, takes away those of clients that are gone, and turns access control
# on or off. What is there already is left alone: each change of rights turns away the requests that are under way.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
state= # on or off
# shellcheck disable=SC2034 # where who may do what is others, it is another command, so that Pulumi runs it again
roles=
# shellcheck disable=SC2034 # so it is where the data is a snapshot's, whose users and roles are those of its time
restore=

# A user's own role: its name and what tells its rights from others. Whose role it is, has been made here.
readonly own_role='^([a-z0-9-]+)@[0-9a-f]{8}$'

# The files follow on standard input, as `scriptInput` makes them: `users` (`accessText` in access.ts), and the password
# of each user that has one, by the user's name.
access() {
  local enabled
  take_arguments "$@"
  lock "$service"
  check_identity
  receive_files
  enabled=$(is_enabled)
  [[ $state == on || $enabled == false ]] || turn_off
  make_users
  take_others_away
  [[ $state == off || $enabled == true ]] || change auth enable
  printf '{"access":"%s"}\n' "$state"
}

is_enabled() {
  local said
  said=$(ask auth status) || fail "whether access is controlled could not be asked: $(why_not). $needs_rights. Nothing was changed"
  if [[ $said == *"Authentication Status: true"* ]]; then echo true; else echo false; fi
}

# What somebody else has turned on is nobody's to turn off who never has.
turn_off() {
  local roles
  roles=$(ask role list) || fail "the roles could not be asked: $(why_not). $needs_rights. Nothing was changed"
  if [[ $'\n'$roles == *$'\noperator@'* ]]; then
    change auth disable
  else
    say "access is controlled, and not by this stack: it is left on. Set accessControl: true, or turn it off by hand (etcdctl auth disable)"
  fi
}

# ask WORDS...: etcdctl's answer; what it has against it is kept.
ask() { ctl "$client_url" "$@" 2>"$staging/why_not"; }

why_not() { tail -n 1 "$staging/why_not"; }

# change WORDS...: etcdctl with these; a password comes by its standard input. What an earlier try has left done is done.
change() {
  local input=/dev/null
  [[ $* != *--interactive=false* ]] || input=$staging/$3
  say "$*"
  ask "$@" <"$input" >/dev/null || [[ $(why_not) =~ (user|role)" name "(already exists|not found) ]] ||
    fail "etcdctl $* was refused: $(why_not). Run pulumi up again; what was done before it stays"
}

declare -A is_wanted

# A user has its own role only when all else of it is done: who has it is left alone.
make_users() {
  local words is_done=true
  while read -ra words; do
    if [[ ${words[0]} == have ]]; then
      is_wanted[${words[1]}]=true
      is_wanted[${words[2]}]=true
      is_done=$(has_role "${words[1]}" "${words[2]}")
    elif [[ $is_done == false ]]; then
      # An empty word is written as "".
      change "${words[@]/#'""'/}"
    fi
  done <"$staging/users"
}

# has_role USER ROLE
has_role() {
  local roles
  if ! roles=$(ask user get "$1"); then
    [[ $(why_not) == *"user name not found"* ]] || fail "the rights of $1 could not be asked: $(why_not). $needs_rights. Run pulumi up again"
  fi
  if [[ " ${roles##*Roles:} " == *" $2 "* ]]; then echo true; else echo false; fi
}

take_others_away() {
  local roles role
  roles=$(ask role list) || fail "the roles could not be asked: $(why_not). $needs_rights. Run pulumi up again"
  for role in $roles; do
    [[ $role =~ $own_role && -z ${is_wanted[$role]:-} ]] || continue
    # Its role goes last: by it the next try knows whose user it was.
    [[ -n ${is_wanted[${BASH_REMATCH[1]}]:-} ]] || change user delete "${BASH_REMATCH[1]}"
    change role delete "$role"
  done
}
