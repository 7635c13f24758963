# What the etcd that runs was started with, whatever lies on the disk by now.
# shellcheck shell=bash

# Arguments of the scripts that read this.
service= # the systemd unit's name, without ".service"

# of_service PROPERTY: as systemd knows it.
of_service() { systemctl show --property="$1" --value "$service"; }

main_pid() { of_service MainPID; }

# The process that is looked at, once that has been asked; else it is the one of now.
running_pid=

# of_running FILE: a file of the process below /proc, an entry a line; nothing where none runs.
of_running() {
  local pid=$running_pid
  [[ -n $pid ]] || pid=$(main_pid)
  [[ $pid == 0 ]] || tr '\0' '\n' 2>/dev/null <"/proc/$pid/$1"
}

# A variable of its environment, with its name.
running_variable() { of_running environ | grep "^$1=" || true; }

# The same without.
running_value() { running_variable "$1" | cut -d= -f2 | word; }

# The digest of the unit that it was started with.
digest_of_running() { running_value UNIT_DIGEST; }

# Its quota in bytes: of a flag that is there twice, the last one counts.
running_quota() { of_running cmdline | sed -n 's/^--quota-backend-bytes=//p' | tail -n 1; }
