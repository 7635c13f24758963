# The size at which etcd takes no more writes.
# shellcheck shell=bash

# The quota of the etcd that runs, in bytes: of a flag that is there twice, the last one counts.
running_quota() {
  local pid
  pid=$(systemctl show --property=MainPID --value "$service")
  tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n 's/^--quota-backend-bytes=//p' | tail -n 1
}
