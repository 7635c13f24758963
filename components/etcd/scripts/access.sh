# Makes the users and roles of a cluster's clients, takes away those of clients that are gone, and turns access control
# on or off. What is there already is left alone: each change of rights turns away the requests that are under way.
# shellcheck shell=bash

# Arguments, all of them texts, and those of the parts that it is made of.
state= # on or off
# shellcheck disable=SC2034 # where who may do what is others, it is another command, so that Pulumi runs it again
roles=
# shellcheck disable=SC2034 # so it is where the data is a snapshot's, whose users and roles are those of its time
restore=
# shellcheck disable=SC2034 # so it is where somebody has turned it off
repair=

# A user's own role: its name and what tells its rights from others. Whose role it is, has been made here.
readonly own_role='^([a-z0-9-]+)@[0-9a-f]{8}$'

# A role that is there while access is controlled by a stack, and not by somebody's own doing.
readonly by_stack=etcd-by-pulumi-controls

# The files follow on standard input, as `scriptInput` makes them: `users` (`accessText` in access.ts), and the password
# of each user that has one.
access() {
  local enabled by_us
  take_arguments "$@"
  lock "$service"
  check_identity
  receive_files
  enabled=$(is_enabled)
  by_us=$(is_by_stack)
  if [[ $state == off && $enabled == true && $by_us == false ]]; then
    say "access is controlled, and not by this stack: all of it is left as it is. Set accessControl: true, or turn it off by hand (etcdctl auth disable)"
    printf '{"access":"not by this stack"}\n'
    return 0
  fi
  if [[ $state == off ]]; then
    [[ $enabled == false ]] || change auth disable
    [[ $by_us == false ]] || change role delete "$by_stack"
  fi
  make_users
  take_others_away
  if [[ $state == on ]]; then
    [[ $by_us == true ]] || change role add "$by_stack"
    [[ $enabled == true ]] || change auth enable
  fi
  printf '{"access":"%s"}\n' "$state"
}

is_enabled() {
  local said
  said=$(ask auth status) || fail "whether access is controlled could not be asked: $(why_not). $needs_rights. Nothing was changed"
  if [[ $said == *"Authentication Status: true"* ]]; then echo true; else echo false; fi
}

is_by_stack() {
  local all
  all=$(roles)
  if [[ $'\n'$all$'\n' == *$'\n'$by_stack$'\n'* ]]; then echo true; else echo false; fi
}

# A line each.
roles() { ask role list || fail "the roles could not be asked: $(why_not). $needs_rights. Run pulumi up again"; }

# ask WORDS...: etcdctl's answer; what it has against it is kept.
ask() { ctl "$client_url" "$@" 2>"$staging/why_not"; }

why_not() { tail -n 1 "$staging/why_not"; }

# change WORDS...: etcdctl with these; a password comes by its standard input. What an earlier try has left done is done.
change() {
  local input=/dev/null
  [[ $* != *--interactive=false* ]] || input=$staging/password_$3
  say "$*"
  ask "$@" <"$input" >/dev/null || [[ $(why_not) =~ ((user|role)" name "(already exists|not found)|"role is not granted to the user") ]] ||
    fail "etcdctl $* was refused: $(why_not). Run pulumi up again; what was done before it stays"
}

declare -A is_wanted

# A user has its own role only when all else of it is done: who has it is left alone.
make_users() {
  local words user is_done=true
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
  for user in root operator client; do
    [[ -n ${is_wanted[$user]:-} ]] || fail "the users that were asked for are without $user: nobody is taken away. Run pulumi up again"
  done
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
  local all role
  all=$(roles)
  for role in $all; do
    [[ $role =~ $own_role && -z ${is_wanted[$role]:-} ]] || continue
    # Its role goes last: by it the next try knows whose user it was.
    [[ -n ${is_wanted[${BASH_REMATCH[1]}]:-} ]] || change user delete "${BASH_REMATCH[1]}"
    change role delete "$role"
  done
}
