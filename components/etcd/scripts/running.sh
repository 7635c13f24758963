# What the etcd that runs was started with, whatever lies on the disk by now.
# shellcheck shell=bash

# Arguments of the scripts that read this.
service= # the systemd unit's name, without ".service"

# of_service PROPERTY: as systemd knows it.
of_service() { systemctl show --property="$1" --value "$service"; }

main_pid() { of_service MainPID; }

# see_service: sets `seen` to what systemd knows of it, all of one moment. To ask takes longer than all that
# follows from it, and a member's turn is a time in which others wait.
declare -A seen
see_service() {
  local said line
  said=$(systemctl show --property=MainPID,NRestarts,ActiveState,ExecMainStartTimestamp "$service") || return 1
  while IFS= read -r line; do
    [[ $line != *=* ]] || seen[${line%%=*}]=${line#*=}
  done <<<"$said"
  # systemd that is being updated can say nothing for a moment.
  [[ -n ${seen[MainPID]:-} && -n ${seen[NRestarts]:-} ]]
}

# of_running FILE: a file of the process below /proc, an entry a line; nothing where none runs.
of_running() {
  local pid=${seen[MainPID]:-}
  [[ -n $pid ]] || pid=$(main_pid)
  # It may have ended since.
  [[ $pid == 0 ]] || tr '\0' '\n' 2>/dev/null <"/proc/$pid/$1" || true
}

# value_of NAME LINES: of lines NAME=VALUE the last one's; "" where there is none.
value_of() {
  local line value=
  while IFS= read -r line; do
    [[ $line != "$1="* ]] || value=${line#*=}
  done <<<"$2"
  word <<<"$value"
}

# The digest of the unit that it was started with.
digest_of_running() { value_of UNIT_DIGEST "$(of_running environ)"; }

# Its quota in bytes: of a flag that is there twice, the last one counts.
running_quota() { value_of --quota-backend-bytes "$(of_running cmdline)"; }
