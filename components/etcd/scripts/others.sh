# The other members, by the list that this one has: for what makes a member go for a while and is not a
# step of its own.
# shellcheck shell=bash

# list_members WHAT
list_members() {
  entries=$(ctl "$client_url" member list) || fail "$1, because its members could not be asked for (see above). $needs_rights"
}
entries=

# check_others WHAT: the others serve, so that they are a quorum without this one, and no alarm is raised.
check_others() {
  local alarms down
  list_members "$1"
  alarms=$(ctl "$client_url" alarm list) || fail "$1, because its alarms could not be asked for (see above). $needs_rights"
  [[ -z $alarms ]] || fail "$1, because the cluster has an alarm ($alarms). See npm run health"
  down=$(others_down)
  [[ -z $down ]] || fail "$1, because others do not answer: $down. See npm run health"
}

# Of the listed members those that do not serve, but this one, on one line.
others_down() {
  local others urls other url up down=()
  others=$(awk -F', ' -v url="$peer_url" '$4 != url { print ($3 ? $3 : $4), $5 }' <<<"$entries")
  [[ -n $others ]] || return 0
  mapfile -t urls < <(awk '$2 { print $2 }' <<<"$others")
  up=$(serving "${urls[@]}")
  while read -r other url; do
    # A member that has never started has no client URL.
    [[ -n $url && $'\n'$up$'\n' == *$'\n'$url$'\n'* ]] || down+=("$other")
  done <<<"$others"
  echo "${down[*]}"
}

# move_leadership_away WHAT: to another of the listed members that can lead, where this one does.
move_leadership_away() {
  local mine targets
  mine=$(awk -F', ' -v url="$peer_url" '$4 == url { print $1 }' <<<"$entries")
  [[ $mine == "$(leader_id "$client_url")" ]] || return 0
  mapfile -t targets < <(awk -F', ' -v url="$peer_url" '$4 != url && $5 && $6 == "false" { print $1 }' <<<"$entries")
  # A single member has nobody to hand over to.
  ((${#targets[@]} > 0)) || return 0
  move_leadership "$client_url" "${targets[@]}" ||
    fail "$1: it leads, and none of the others takes the leadership over: $said"
}
